"""Working days: which they are, how many lie between two moments, when the n-th of them ends.

Pure. The table (`calendar_day`, seeded from `seed/calendar.csv`) names only days that differ from their
weekday: days off, and weekends worked to make up for them. Rules and an example: `docs/clocks.md`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.i18n import _

DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
#: A year counts as known from so many days off: one stray day, carried over from a neighbour's
#: notice, does not make a calendar of a year.
KNOWN_FROM: Final = 5
#: What `source` says of a year whose official notice was not out yet: statutory days without make-up weekends.
PROVISIONAL: Final = "provisional"

Block = tuple[time, time]
ZONE: Final = ZoneInfo("Asia/Shanghai")
BLOCKS: Final[tuple[Block, ...]] = ((time(9), time(12)), (time(13, 30), time(18)))


class CalendarMissing(Refused):
    """The table does not reach so far; `year` is what has to be entered first."""

    code = "calendar_missing"

    def __init__(self, year: int) -> None:
        super().__init__(_("工作日历里没有 {year} 年，请管理员先补上这一年的放假安排。").format(year=year))
        self.year = year


@dataclass(frozen=True)
class Day:
    """A row of the table. `kind`: off, or work for a weekend that is worked."""

    day: date
    kind: str
    name: str = ""
    name_en: str = ""
    source: str = ""
    version: str = ""


@dataclass(frozen=True)
class Skipped:
    """Neighbouring days alike: `off` and `weekend` were skipped, a `work` weekend was counted."""

    kind: Literal["off", "weekend", "work"]
    first: date
    last: date
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Calendar:
    """An immutable value; share one. Equal days give equal answers, in any process.

    `blocks` are the office hours of a working day; the last one's end is when a limit in working days ends.
    """

    days: tuple[Day, ...]
    zone: ZoneInfo = ZONE
    blocks: tuple[Block, ...] = BLOCKS

    @classmethod
    def of(
        cls, days: Iterable[Day], *, zone: str = "Asia/Shanghai", blocks: tuple[Block, ...] = BLOCKS
    ) -> Calendar:
        return cls(tuple(sorted(days, key=lambda row: row.day)), ZoneInfo(zone), blocks)

    # --- what is asked ---

    def is_workday(self, day: date) -> bool:
        return self._before(day + DAY) > self._before(day)

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        return self._nth(self._before(day + DAY), since=day)

    def nth_last_workday(self, until: date, n: int) -> date:
        """The `n`-th last working day up to and with `until`."""
        return self._nth(self._before(until + DAY) - n, since=until)

    def workdays_between(self, after: date, until: date) -> int:
        """How many working days lie after `after` up to and with `until`; negative the other way round."""
        self._known(after, until)
        return self._before(until + DAY) - self._before(after + DAY)

    def add_workdays(self, start: datetime, n: int) -> datetime:
        """The end of the `n`-th working day after the day of `start`: day 1 is the next working day."""
        if n < 1:
            raise ValueError(f"a limit in working days is at least 1, not {n}")
        day = self.date_of(start)
        return self.end_of(self._nth(self._before(day + DAY) + n - 1, since=day))

    def ends_between(self, first: datetime, until: datetime) -> int:
        """How many working days end (18:00) after `first`, and at `until` or before."""
        self._known(self.date_of(first), self.date_of(until))
        return self._before(self._day_to_end(until)) - self._before(self._day_to_end(first))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of the span lies in working days, each of them 24 hours; for the share of a limit used up."""
        return self._position(end) - self._position(start)

    def back(self, end: datetime, span: timedelta) -> datetime:
        """The earliest moment from which `span` of working days' time is left to `end`."""
        whole, rest = divmod(self._position(end) - span, DAY)
        if not rest:
            whole, rest = whole - 1, DAY
        day = self._nth(whole, since=self.date_of(end))
        return self.begin_of(day) + rest

    def is_open(self, moment: datetime) -> bool:
        """Whether the offices are open then."""
        there = moment.astimezone(self.zone)
        return self.is_workday(there.date()) and any(a <= there.time() < b for a, b in self.blocks)

    def skipped(self, after: date, until: date) -> tuple[Skipped, ...]:
        """What is unlike a plain week between two dates (`after` excluded): days off, weekends, worked weekends."""
        runs: list[Skipped] = []
        for found in self._unlike(after, until):
            last = runs[-1] if runs else None
            if last and last.last + DAY == found.first and (last.kind, last.name) == (found.kind, found.name):
                runs[-1] = Skipped(last.kind, last.first, found.last, last.name, last.name_en)
            else:
                runs.append(found)
        return tuple(runs)

    def unlike_weekdays(self, first: date, last: date) -> tuple[list[date], list[date]]:
        """Weekdays off and weekends worked, for the browser's own counting."""
        inside = [row for row in self.days if first <= row.day <= last]
        off = [row.day for row in inside if row.kind == "off" and row.day.weekday() < SATURDAY]
        return off, [row.day for row in inside if row.kind == "work" and row.day.weekday() >= SATURDAY]

    # --- the table itself ---

    @property
    def day_end(self) -> time:
        return self.blocks[-1][1]

    @cached_property
    def years(self) -> frozenset[int]:
        """The years the table knows."""
        off = Counter(row.day.year for row in self.days if row.kind == "off")
        return frozenset(year for year, n in off.items() if n >= KNOWN_FROM)

    def version(self, year: int) -> str:
        """Which edition of the year's notice counts: the newest its rows name."""
        return max((row.version for row in self.days if row.day.year == year), default="")

    def is_provisional(self, year: int) -> bool:
        """Whether the year's official notice is still missing."""
        return any(row.source == PROVISIONAL for row in self.days if row.day.year == year)

    def date_of(self, moment: datetime) -> date:
        """The date of `moment` in the business zone."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return moment.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """When limits that end on `day` end, in UTC."""
        return datetime.combine(day, self.day_end, self.zone).astimezone(UTC)

    def begin_of(self, day: date) -> datetime:
        """Midnight in the business zone, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    # --- one running count of working days, made once ---

    @cached_property
    def _rows(self) -> dict[date, Day]:
        return {row.day: row for row in self.days}

    @cached_property
    def _count(self) -> tuple[int, array[int], list[date]]:
        """The first day's ordinal; working days before each day from there on; the working days."""
        first, end = date(min(self.years), 1, 1).toordinal(), date(max(self.years) + 1, 1, 1).toordinal()
        before, workdays = array("i"), list[date]()
        for ordinal in range(first, end):
            before.append(len(workdays))
            day = date.fromordinal(ordinal)
            row = self._rows.get(day)
            if row.kind == "work" if row else day.weekday() < SATURDAY:
                workdays.append(day)
        before.append(len(workdays))
        return first, before, workdays

    def _before(self, day: date) -> int:
        """Working days before `day`, which may be the day after a known year."""
        if day.year not in self.years and (day - DAY).year not in self.years:
            raise CalendarMissing(day.year)
        first, before, _workdays = self._count
        return before[day.toordinal() - first]

    def _nth(self, index: int, *, since: date) -> date:
        """The working day of that index. Raises CalendarMissing when the way there from `since` is not known."""
        workdays = self._count[2]
        if index < 0:
            raise CalendarMissing(min(self.years) - 1)
        if index >= len(workdays):
            raise CalendarMissing(max(self.years) + 1)
        found = workdays[index]
        self._known(since, found)
        return found

    def _known(self, one: date, other: date) -> None:
        for year in range(min(one.year, other.year), max(one.year, other.year) + 1):
            if year not in self.years:
                raise CalendarMissing(year)

    def _day_to_end(self, moment: datetime) -> date:
        """The day whose end is the next to come: from 18:00 on it is tomorrow."""
        there = moment.astimezone(self.zone)
        return there.date() if there.time() < self.day_end else there.date() + DAY

    def _position(self, moment: datetime) -> timedelta:
        there = moment.astimezone(self.zone)
        whole = self._before(there.date()) * DAY
        if not self.is_workday(there.date()):
            return whole
        return whole + (there.replace(tzinfo=None) - datetime.combine(there.date(), time()))

    def _unlike(self, after: date, until: date) -> Iterator[Skipped]:
        for ordinal in range(after.toordinal() + 1, until.toordinal() + 1):
            day = date.fromordinal(ordinal)
            row, weekend = self._rows.get(day), day.weekday() >= SATURDAY
            if row and row.kind == "off":
                yield Skipped("off", day, day, row.name, row.name_en)
            elif row and weekend:
                yield Skipped("work", day, day, row.name, row.name_en)
            elif weekend:
                yield Skipped("weekend", day, day)
