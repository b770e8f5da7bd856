"""The seeded calendar as a value, and moments as people write them."""

import csv
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from core.settings import ROOT
from routing.calendar import Calendar, Day

ZONE = ZoneInfo("Asia/Shanghai")


@cache
def rows() -> tuple[Day, ...]:
    with (ROOT / "routing/seed/calendar.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Day(date.fromisoformat(row.pop("date")), **row) for row in csv.DictReader(file))


SEED = Calendar.of(rows())


def at(text: str) -> datetime:
    """`11-06 15:20` of 2026, or with the year before it, in the business zone."""
    return datetime.fromisoformat(text if len(text) > 11 else f"2026-{text}").replace(tzinfo=ZONE)


def shown(moment: datetime | None) -> str | None:
    """The way back: `11-06 15:20`, with the year unless it is 2026."""
    if moment is None:
        return None
    there = moment.astimezone(ZONE)
    return f"{there:%m-%d %H:%M}" if there.year == 2026 else f"{there:%Y-%m-%d %H:%M}"
