"""A clock is a ledger; the due moment is a pure function of the ledger and the calendar.

Pure. One ledger is one clock (sign, contact, close, follow_up) of one work order or round: its rows of
`clock_entry`. The order in which holds, extensions and ratings were *approved* never matters:

- the limit that counts is the last one set (start, rerate), always from the start;
- extensions are added to it, whenever they were approved;
- pauses then move the due moment in the order of time. In wall time by their length; in working days by
  as many as **end** (18:00) during the pause, of those that count at all (from day 1 on).
  A pause that begins after the due moment moves nothing: what is late stays late.

Hence a clock that is not late when it is paused is not late when it goes on, and no pause shortens.
An extension in the other unit (24 h on a limit in working days) runs on from where the limit ends.
Worked example: `docs/clocks.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from routing.calendar import Calendar, Skipped
from routing.limits import Limit


class Kind(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    RERATE = "rerate"
    STOP = "stop"
    UNSTOP = "unstop"  # the reply was sent back: it never stopped the clock


_Pauses = Sequence[tuple[datetime, datetime | None]]


class BrokenLedger(Exception):
    """The entries cannot have happened in this order; says which."""


@dataclass(frozen=True)
class Entry:
    """A row of `clock_entry`, without the keys that say whose clock it is."""

    entry: Kind
    at: datetime
    amount: int | None = None
    unit: str = ""
    rule_version: str = ""
    note: str = ""
    actor_name: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Entry:
        return cls(
            Kind(row["entry"]), row["at"], row["amount"], row["unit"], row["rule_version"], row["note"],
            row["actor_name"],
        )  # fmt: skip

    @classmethod
    def to(cls, entry: Kind, at: datetime, limit: Limit, *, note: str = "", actor_name: str = "") -> Entry:
        """A start, rerate or extend to (by) `limit`."""
        return cls(entry, at, limit.amount, limit.unit, limit.version, note, actor_name)

    @property
    def limit(self) -> Limit:
        if self.amount is None:
            raise BrokenLedger(f"{self.entry} at {self.at.isoformat()} has no limit")
        return Limit(self.amount, self.unit, self.rule_version)


@dataclass(frozen=True)
class Standing:
    """What a ledger comes to."""

    started_at: datetime
    limit: Limit
    due: datetime | None
    """None while paused: nobody knows yet."""
    due_without_extensions: datetime | None
    """The second figure of the reports."""
    paused_since: datetime | None
    stopped_at: datetime | None
    extensions: int

    @property
    def on_time(self) -> bool | None:
        """Of a clock that has stopped; None while it has not."""
        if self.stopped_at is None:
            return None
        return self.due is None or self.stopped_at <= self.due


@dataclass(frozen=True)
class Line:
    """A line of "why is it due then?".

    `key`: start, limit, rerate, extend, pause (over), paused (open), rejected, stop; worded by `clock_words`.
    """

    at: datetime
    key: str
    entry: Entry
    until: datetime | None
    """When a pause ended, a rejected reply came back."""
    moved_workdays: int
    moved: timedelta
    """How far the line moved the due moment."""
    due_after: datetime | None
    """None where nothing is due yet: the start itself, an open pause."""
    skipped: tuple[Skipped, ...] = ()


def due(ledger: Sequence[Entry], calendar: Calendar) -> datetime | None:
    """The due moment in UTC; None for an empty ledger, and while paused. Of a stopped clock: what it was due."""
    found = standing(ledger, calendar)
    return found.due if found else None


def standing(ledger: Sequence[Entry], calendar: Calendar) -> Standing | None:
    """What the ledger comes to; None when it is empty. Raises BrokenLedger."""
    if not ledger:
        return None
    sums = _read(ledger)
    moment = _run(sums, sums.extensions, calendar)
    return Standing(
        started_at=sums.start,
        limit=sums.limit,
        due=moment,
        due_without_extensions=_run(sums, (), calendar) if sums.extensions else moment,
        paused_since=sums.paused_since if moment is None else None,
        stopped_at=sums.stopped_at,
        extensions=len(sums.extensions),
    )


def measure(ledger: Sequence[Entry]) -> Limit:
    """What a clock's light is a share of: the limit that counts with its extensions, in working days where any
    part of it is, else the limit itself. Raises BrokenLedger, also for an empty ledger.
    """
    if not ledger:
        raise BrokenLedger("no entry, so no limit")
    sums = _read(ledger)
    days = [part for part in (sums.limit, *sums.extensions) if part.in_workdays]
    return Limit(sum(part.amount for part in days), "workday", sums.limit.version) if days else sums.limit


def last_of(ledger: Sequence[Entry], *kinds: Kind) -> Kind | None:
    """Which of these kinds came last; at the same moment, what was written later."""
    return next((e.entry for e in reversed(_in_time(ledger)) if e.entry in kinds), None)


def is_over(ledger: Sequence[Entry]) -> bool:
    """Whether the clock has stopped for now."""
    return last_of(ledger, Kind.STOP, Kind.UNSTOP) is Kind.STOP


def explain(ledger: Sequence[Entry], calendar: Calendar) -> list[Line]:
    """Each thing that happened to the clock with the due moment it leads to; the last one's is `due()`."""
    if not ledger:
        return []
    entries = _in_time(ledger)
    first = entries[0]
    lines = [Line(first.at, "start", first, None, 0, timedelta(), None)]
    told: set[int] = set()
    before: datetime | None = None
    for members in _matters(entries):
        told.update(members)
        so_far = standing([entries[i] for i in sorted(told)], calendar)
        assert so_far is not None
        lines.append(_line([entries[i] for i in members], so_far, before or first.at, calendar))
        before = so_far.due or before
    return lines


# --- the sum ---


@dataclass
class _Sums:
    start: datetime
    limit: Limit
    extensions: list[Limit] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    paused_since: datetime | None = None
    stopped_at: datetime | None = None

    def take(self, entry: Entry) -> None:
        match entry.entry:
            case Kind.EXTEND:
                self.extensions.append(entry.limit)
            case Kind.RERATE:
                self.limit = entry.limit
            case Kind.PAUSE if self.paused_since is None:
                self.paused_since = entry.at
            case Kind.RESUME if self.paused_since is not None:
                self.pauses.append((self.paused_since, entry.at))
                self.paused_since = None
            case Kind.STOP if self.stopped_at is None:
                self.stopped_at = entry.at
            case Kind.UNSTOP if self.stopped_at is not None:
                self.stopped_at = None
            case _:
                raise BrokenLedger(
                    f"{entry.entry} at {entry.at.isoformat()} does not follow from what was before"
                )


def _read(ledger: Sequence[Entry]) -> _Sums:
    first, *rest = _in_time(ledger)
    if first.entry is not Kind.START:
        raise BrokenLedger(f"begins with {first.entry}, not with a start")
    sums = _Sums(first.at, first.limit)
    for entry in rest:
        sums.take(entry)
    if sums.paused_since is not None:
        sums.pauses.append((sums.paused_since, sums.stopped_at))
    return sums


def _in_time(ledger: Iterable[Entry]) -> list[Entry]:
    """By moment; what happened at the same one stays in the order it was written."""
    return sorted(ledger, key=lambda entry: entry.at)


def _run(sums: _Sums, extensions: Sequence[Limit], calendar: Calendar) -> datetime | None:
    own = sums.limit.in_workdays
    alike = [sums.limit, *(e for e in extensions if e.in_workdays is own)]
    other = [e for e in extensions if e.in_workdays is not own]
    moment: datetime | None = sums.start.astimezone(UTC)
    pauses: _Pauses = sums.pauses
    for in_workdays, limits in ((own, alike), (not own, other)):
        if moment is None or not any(limits):
            continue
        if in_workdays:
            moment, pauses = _in_workdays(moment, sum(x.amount for x in limits), pauses, calendar)
        else:
            moment, pauses = _in_wall_time(moment, sum((x.wall for x in limits), timedelta()), pauses)
    return moment


def _in_workdays(
    start: datetime, n: int, pauses: _Pauses, calendar: Calendar
) -> tuple[datetime | None, _Pauses]:
    """The due moment, or None in an open pause; and the pauses that begin after it."""
    counted_from = calendar.end_of(calendar.date_of(start))
    moment = calendar.add_workdays(start, n)
    for i, (begin, end) in enumerate(pauses):
        if begin >= moment:
            return moment, pauses[i:]
        if end is None:
            return None, ()
        n += calendar.ends_between(max(begin, counted_from), max(end, counted_from))
        moment = calendar.add_workdays(start, n)
    return moment, ()


def _in_wall_time(start: datetime, span: timedelta, pauses: _Pauses) -> tuple[datetime | None, _Pauses]:
    moment = start + span
    for i, (begin, end) in enumerate(pauses):
        if begin >= moment:
            return moment, pauses[i:]
        if end is None:
            return None, ()
        moment += end - begin
    return moment, ()


# --- the lines ---

_CLOSES = {Kind.PAUSE: Kind.RESUME, Kind.STOP: Kind.UNSTOP}
_KEYS = {Kind.START: "limit", Kind.PAUSE: "paused", Kind.RESUME: "pause", Kind.UNSTOP: "rejected"}


def _matters(entries: Sequence[Entry]) -> list[list[int]]:
    """The entries' positions, a pause with its resume and a stop with its unstop as one matter."""
    found: list[list[int]] = []
    for i, entry in enumerate(entries):
        opener = next(
            (m for m in found if len(m) == 1 and _CLOSES.get(entries[m[0]].entry) is entry.entry), None
        )
        if opener:
            opener.append(i)
        else:
            found.append([i])
    return found


def _line(members: Sequence[Entry], so_far: Standing, since: datetime, calendar: Calendar) -> Line:
    first, last, after = members[0], members[-1], so_far.due
    counts = so_far.limit if first.amount is None else first.limit
    workdays, skipped = 0, tuple[Skipped, ...]()
    if counts.in_workdays and after is not None and after != since:
        days = calendar.date_of(since), calendar.date_of(after)
        workdays, skipped = calendar.workdays_between(*days), calendar.skipped(*days)
    return Line(
        at=first.at,
        key=_KEYS.get(last.entry, last.entry.value),
        entry=first,
        until=last.at if len(members) > 1 else None,
        moved_workdays=workdays,
        moved=after - since if after else timedelta(),
        due_after=after,
        skipped=skipped,
    )
