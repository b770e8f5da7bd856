"""What the supervisor looks at, read from the URL and written back into it. Unknown values drop out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from core import clock
from core.i18n import N_
from crm.kpi.facts import Period
from crm.kpi.formulas import FORMULAS, THREE
from crm.kpi.queries import BRANCH

BY = {"line": N_("按线路"), "unit": N_("按单位"), "matter": N_("按事项"), "day": N_("按日")}
#: Units are compared inside one class.
CLASSES = {
    "district": N_("区"),
    "department": N_("市级部门"),
    "utility": N_("公用单位"),
    "agency": N_("市属机构"),
    "bureau": N_("区级部门"),
    "street": N_("街镇"),
}
LONGEST = timedelta(days=366)
EARLIEST = 2000


@dataclass(frozen=True)
class Filters:
    """`line` is a number, `unit` an id, `matter` two or four digits; `open`: units and branches that are unfolded.

    `rate` and `on` are what the drawer shows: a formula, and a row of the table (or "" for everything).
    """

    first: date
    last: date
    by: str = "unit"
    kind: str = "district"
    line: str = ""
    unit: int | None = None
    matter: str = ""
    open: frozenset[str] = frozenset()
    rate: str = ""
    on: str = ""

    def period(self, now: datetime) -> Period:
        return Period(self.first, self.last, now)

    def query(self, **more: str) -> str:
        """The URL's query; `more` is added to it."""
        values = {
            "from": self.first.isoformat(), "to": self.last.isoformat(), "by": self.by, "class": self.kind,
            "line": self.line, "unit": str(self.unit or ""), "matter": self.matter,
            "open": ".".join(sorted(self.open)), "rate": self.rate, "on": self.on, **more,
        }  # fmt: skip
        return urlencode({name: value for name, value in values.items() if value})

    def url(self, **changed: object) -> str:
        """The page with these fields changed."""
        return f"/supervise?{replace(self, **changed).query()}"  # type: ignore[arg-type]

    def rows_url(self, rate: str, of: str, on: str | None = None) -> str:
        """The facts behind a number: `of` is numerator, denominator, missed, excluded or a verdict."""
        there = replace(self, rate=rate, on=self.on if on is None else on)
        return f"/supervise/rows?{there.query(of=of)}"


def read(params: Mapping[str, str], *, today: date) -> Filters:
    """From the URL's query; without dates it is this month up to today."""
    first = _day(params.get("from", "")) or today.replace(day=1)
    last = min(_day(params.get("to", "")) or today, today)
    if first > last:
        first = last.replace(day=1)
    first = max(first, last - LONGEST)
    matter, unit = params.get("matter", ""), params.get("unit", "")
    by, kind, rate = params.get("by", ""), params.get("class", ""), params.get("rate", "")
    return Filters(
        first,
        last,
        by if by in BY else "unit",
        kind if kind in CLASSES else "district",
        params.get("line", "")[:20],
        _id(unit),
        matter if matter.isascii() and matter.isdecimal() and len(matter) in (2, BRANCH) else "",
        frozenset(
            part for part in params.get("open", "").split(".")[:200] if part.isascii() and part.isalnum()
        ),
        rate if rate in FORMULAS else "",
        params.get("on", "")[:20],
    )


def spans(today: date) -> dict[str, tuple[date, date]]:
    """Periods that one asks for most, by their words."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        N_("今天"): (today, today),
        N_("昨天"): (today - timedelta(days=1), today - timedelta(days=1)),
        N_("近七天"): (today - timedelta(days=6), today),
        N_("本月"): (month, today),
        N_("上月"): (before.replace(day=1), before),
    }


def columns(by: str) -> tuple[str, ...]:
    """The rates of the table: calls belong to lines and days, the rest to units and matters."""
    return THREE if by in ("line", "day") else ("on_time_sign", "on_time_closure", "follow_up")


def today() -> date:
    return clock.local(clock.now()).date()


def _day(text: str) -> date | None:
    """None: no date, or one no hotline was there on (a year earlier must still be a date)."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= EARLIEST else None


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
