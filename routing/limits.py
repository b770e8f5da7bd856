"""How long something may take: kind × urgency × clock → an amount and a unit, by version (`docs/domain.md`).

Pure. The rows are the table `time_limit`; a city edits them, nothing here knows a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from core.errors import Refused
from core.i18n import _

ANY_KIND: Final = "*"
MINUTES: Final = {"min": 1, "hour": 60}
UNITS: Final = frozenset({*MINUTES, "workday", "times"})


class LimitMissing(Refused):
    """The table has no row; the message names the cell that is empty."""

    code = "limit_missing"

    def __init__(self, kind: str, urgency: int, clock: str, on: date) -> None:
        super().__init__(
            _("时限表里没有“{clock}”在 {kind} × P{urgency} 下于 {on} 有效的一行，请管理员补上。").format(
                clock=clock, kind=kind, urgency=urgency, on=on.isoformat()
            )
        )
        self.cell = (kind, urgency, clock)


@dataclass(frozen=True)
class Limit:
    """An amount of `unit` (min, hour: wall time, day and night; workday; times: how often). 0 = none at all."""

    amount: int
    unit: str
    version: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"a limit is in {', '.join(sorted(UNITS))}, not {self.unit!r}")
        if self.amount < 0:
            raise ValueError(f"a limit is not negative: {self.amount}")

    def __bool__(self) -> bool:
        return self.amount > 0

    @property
    def in_workdays(self) -> bool:
        return self.unit == "workday"

    @property
    def workdays(self) -> int:
        """The limit in working days, 0 when it runs in wall time."""
        return self.amount if self.in_workdays else 0

    @property
    def wall(self) -> timedelta:
        """A limit in wall time as a span. ValueError for any other."""
        if self.unit not in MINUTES:
            raise ValueError(f"{self.amount} {self.unit} is not wall time")
        return timedelta(minutes=self.amount * MINUTES[self.unit])

    def for_assist(self) -> Limit:
        """What an assist has: the lead's limit less a third (`docs/domain.md`), at least one working day."""
        if self.in_workdays:
            return Limit(self.amount - self.amount // 3, "workday", self.version)
        minutes = int(self.wall.total_seconds()) // 60
        return Limit(minutes - minutes // 3, "min", self.version)


@dataclass(frozen=True)
class Row:
    """One cell of the table for a time. `valid_to` is the last day."""

    kind: str
    urgency: int
    clock: str
    limit: Limit
    valid_from: date | None = None
    valid_to: date | None = None

    def counts_on(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class LimitTable:
    """An immutable value; share one."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> LimitTable:
        return cls(tuple(rows))

    def resolve(self, kind: str, urgency: int, clock: str, on: date) -> Limit:
        """The limit that counts on that day: the kind's own row before `*`, the newest before older ones.

        Raises LimitMissing.
        """
        for wanted in (kind, ANY_KIND):
            found = [row for row in self._cells.get((wanted, urgency, clock), ()) if row.counts_on(on)]
            if found:
                return max(found, key=lambda row: (row.valid_from or date.min, row.limit.version)).limit
        raise LimitMissing(kind, urgency, clock, on)

    def ever(self, on: date) -> LimitTable:
        """What counts on that day, as if it had always counted: for records older than the table."""
        return LimitTable(
            tuple(replace(r, valid_from=None, valid_to=None) for r in self.rows if r.counts_on(on))
        )

    @cached_property
    def _cells(self) -> dict[tuple[str, int, str], list[Row]]:
        cells: dict[tuple[str, int, str], list[Row]] = {}
        for row in self.rows:
            cells.setdefault((row.kind, row.urgency, row.clock), []).append(row)
        return cells
