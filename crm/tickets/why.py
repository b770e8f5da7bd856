"""为什么这时到期: each clock of a work order with its ledger, line by line, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.i18n import N_, _
from crm.tickets import clock_words
from crm.tickets.clocks import Entry, explain, standing
from crm.tickets.lights import Light, ticket_light
from routing.rulebook import Rulebook

NAMES = {"sign": N_("签收"), "contact": N_("首次联系"), "close": N_("办结")}


@dataclass(frozen=True)
class Sum:
    """One line of the ledger: when, what, how so, and the due moment it leads to."""

    at: datetime
    title: str
    detail: str
    due: datetime | None


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
            found.append(_clock(name, ledger, done[name] or order["ended_at"], book, now=now, today=today))
    return found


def _clock(
    name: str, ledger: list[Entry], done_at: datetime | None, book: Rulebook, *, now: datetime, today: date
) -> Clock:
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
    sums = tuple(
        Sum(
            line.at,
            clock_words.line_title(line),
            clock_words.line_detail(line, today=today, clock=name),
            line.due_after,
        )
        for line in explain(ledger, book.calendar)
    )
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
