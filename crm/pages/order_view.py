"""What the unit's templates need of a work order, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock, i18n
from core.i18n import _
from crm.pages.names import Names, names
from crm.tickets.words import URGENCY, kind_word, order_word
from routing.limits import LimitMissing
from routing.rulebook import Rulebook


@dataclass(frozen=True)
class Face:
    """One clock as the strip shows it: `done` is on_time or late once stopped; `due` None runs not."""

    name: str
    due: datetime | None = None
    since: datetime | None = None
    days: int | None = None
    done: str | None = None
    below: str = ""


def iso(moment: datetime | None) -> str | None:
    """For `data-due` and its like: the browser turns lights from it."""
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def return_days(book: Rulebook, row: Mapping[str, Any]) -> int | None:
    """The return window in working days, where that is its unit."""
    try:
        on = clock.local(row["dispatched_at"]).date()
        limit = book.limits.resolve(row["kind"], row["urgency"], "return", on)
    except LimitMissing:
        return None
    return limit.amount if limit.in_workdays else None


def calendar_days(book: Rulebook, today: date) -> dict[str, list[str]]:
    """The days that differ from their weekday, for the browser's own counting."""
    off, on = book.calendar.unlike_weekdays(today - timedelta(days=40), today + timedelta(days=200))
    return {"off": [day.isoformat() for day in off], "on": [day.isoformat() for day in on]}


def faces(row: Mapping[str, Any], *, reachable: bool) -> list[Face]:
    """签收, 首次联系 (where there is somebody to reach), 办结."""
    found = [_sign(row)]
    if row["part"] == "lead":
        found.append(_contact(row, reachable=reachable))
    return [*found, _close(row)]


def _sign(row: Mapping[str, Any]) -> Face:
    name = _("签收")
    if row["signed_at"]:
        below = f"{i18n.moment(row['signed_at'])} {row['signed_by_name']}"
        return Face(name, done=_kept(row["signed_at"], row["sign_due_at"]), below=below)
    return _running(name, row, "sign") if row["status"] == "dispatched" else Face(name)


def _contact(row: Mapping[str, Any], *, reachable: bool) -> Face:
    name = _("首次联系")
    if row["contacted_at"]:
        done = _kept(row["contacted_at"], row["contact_due_at"])
        return Face(name, done=done, below=i18n.moment(row["contacted_at"]))
    if not reachable:
        return Face(name, below=_("无须联系"))
    return _running(name, row, "contact") if row["status"] in ("dispatched", "handling") else Face(name)


def _close(row: Mapping[str, Any]) -> Face:
    name = _("办结")
    if row["replied_at"] and row["status"] in ("replied", "accepted"):
        waits = _("待审核") if row["status"] == "replied" else _("已通过")
        below = f"{i18n.moment(row['replied_at'])} {waits}"
        return Face(name, done=_kept(row["replied_at"], row["close_due_at"]), below=below)
    if row["status"] in ("dispatched", "handling", "return_review"):
        return _running(name, row, "close")
    return Face(name, below=order_word(row["status"]))


def _running(name: str, row: Mapping[str, Any], key: str) -> Face:
    due = row[f"{key}_due_at"]
    below = _("{moment} 前").format(moment=day_and_hour(due)) if due else ""
    return Face(name, due, row["dispatched_at"], row[f"{key}_days"], below=below)


def day_and_hour(moment: datetime) -> str:
    """`14:45`, `明日 10:45`, `11-27 18:00`."""
    tomorrow = clock.local(clock.now()).date() + timedelta(days=1)
    if clock.local(moment).date() == tomorrow:
        return _("明日 {hour}").format(hour=i18n.hour(moment))
    return i18n.moment(moment)


def stamp(moment: datetime) -> str:
    """For paper, which is read on another day: `11-24 10:45`."""
    return f"{i18n.day(moment)} {i18n.hour(moment)}"


def _kept(done: datetime, due: datetime | None) -> str:
    return "on_time" if due is None or done <= due else "late"


def next_step(row: Mapping[str, Any], *, reachable: bool) -> str:
    """Which panel the page shows: sign, contact, reply, opinion, wait_return, wait_review, or done."""
    match row["status"]:
        case "dispatched":
            return "sign"
        case "handling" if row["part"] == "assist":
            return "opinion"
        case "handling":
            return "contact" if reachable and row["contacted_at"] is None else "reply"
        case "return_review":
            return "wait_return"
        case "replied":
            return "wait_review"
    return "done"


async def words() -> dict[str, Any]:
    """What every template of this desk may call."""
    found: Names = await names()
    today = clock.local(clock.now()).date()
    return {
        "names": found, "iso": iso, "order_word": order_word, "kind_word": kind_word,
        "urgency_name": lambda level: _(URGENCY[level]), "desk": "orders", "now": clock.now(),
        "return_days": lambda row: return_days(found.book, row), "day_and_hour": day_and_hour,
        "stamp": stamp,
        "calendar_days": calendar_days(found.book, today),
    }  # fmt: skip
