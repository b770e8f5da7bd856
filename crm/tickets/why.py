"""为什么这时到期: each clock of a work order with its ledger, line by line, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from core.i18n import N_, _
from crm.tickets import clock_words, extensions, holds
from crm.tickets.clocks import Entry, Line, explain, standing
from crm.tickets.lights import Light, ticket_light
from crm.tickets.words import say
from routing.rulebook import Rulebook

NAMES = {"sign": N_("签收"), "contact": N_("首次联系"), "close": N_("办结")}


@dataclass(frozen=True)
class Sum:
    """One line of the ledger: when, what, how so, and the due moment it leads to."""

    at: datetime
    title: str
    detail: str
    due: datetime | None
    skipped: str
    """The days off on the way, by name; the worked weekends."""


@dataclass(frozen=True)
class Clock:
    """A clock as the page explains it. `done_at` set: it was stopped, `on_time` or late."""

    name: str
    label: str
    due: datetime | None
    started: datetime
    done_at: datetime | None
    on_time: bool | None
    light: Light
    left: str
    sums: tuple[Sum, ...]
    days: int


def clocks_of_order(
    entries: Sequence[Mapping[str, Any]],
    order: Mapping[str, Any],
    book: Rulebook,
    *,
    now: datetime,
    today: date,
) -> list[Clock]:
    """The clocks that were started for an order, from its `clock_entry` rows in order of writing."""
    done = {"sign": order["signed_at"], "contact": order["contacted_at"], "close": order["replied_at"]}
    found = []
    for name in NAMES:
        ledger = [Entry.of(row) for row in entries if row["clock"] == name]
        if ledger:
            done_at = done[name] or order["ended_at"]
            basis = _basis(name, order)
            found.append(_clock(name, ledger, done_at, book, now=now, today=today, basis=basis))
    return found


def _basis(name: str, order: Mapping[str, Any]) -> str:
    """Where the limit itself comes from, when it is not the kind's own."""
    if name != "close":
        return ""
    if order["part"] == "assist":
        return _("协办：主办时限减三分之一")
    return _("重办时限") if order["round"] > 1 else ""


def _clock(
    name: str, ledger: list[Entry], done_at: datetime | None, book: Rulebook, *, now: datetime, today: date,
    basis: str = "",
) -> Clock:  # fmt: skip
    stands = standing(ledger, book.calendar)
    assert stands is not None
    light = ticket_light(
        stands.started_at, stands.due, now, limit=stands.limit, calendar=book.calendar,
        paused=stands.paused_since is not None, done=done_at is not None,
    )  # fmt: skip
    on_time = None if done_at is None or stands.due is None else done_at <= stands.due
    if on_time is not None:
        left = clock_words.done_word(on_time=on_time)
    else:
        left = (
            clock_words.left(now, stands.due, limit=stands.limit, calendar=book.calendar)
            if stands.due
            else ""
        )
    sums = tuple(_sum(line, name, today, basis) for line in explain(ledger, book.calendar))
    return Clock(
        name,
        _(NAMES[name]),
        stands.due,
        stands.started_at,
        done_at,
        on_time,
        light,
        left,
        sums,
        stands.limit.workdays,
    )


def _sum(line: Line, name: str, today: date, basis: str) -> Sum:
    worded = replace(line, entry=replace(line.entry, note=_note(line.entry.note)))
    detail = clock_words.line_detail(worded, today=today, clock=name)
    parts = (basis if line.key == "limit" else "", detail, line.entry.actor_name)
    return Sum(
        line.at, clock_words.line_title(line), _("；").join(filter(None, parts)), line.due_after,
        clock_words.skipped(line.skipped, today=today),
    )  # fmt: skip


def _note(note: str) -> str:
    """The word of a ground, where the note is its code."""
    return say(extensions.GROUND, note) or say(holds.GROUND, note) or note
