"""Around Spring Festival and National Day 2026, worked out by hand from the year's notice: `calendar_cases.csv`.

A limit is `5d` (working days), `24h`, `15m`; `/assist` is the assist's share of it. What happened: `hold A to B`
(B left out: not ended), `extend 5d`, `rerate 24h`.
"""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from crm.tickets.clocks import Entry, Kind, due, explain
from routing.limits import Limit
from tests.routing.calendars import SEED, at, rows, shown

_UNITS = {"d": "workday", "h": "hour", "m": "min"}


def _limit(text: str) -> Limit:
    amount, _, share = text.partition("/")
    limit = Limit(int(amount[:-1]), _UNITS[amount[-1]], "2026-1")
    return limit.for_assist() if share else limit


def _ledger(dispatched: str, limit: str, happened: str) -> list[Entry]:
    found = [Entry.to(Kind.START, at(dispatched), _limit(limit))]
    for what in filter(None, happened.split("; ")):
        verb, rest = what.split(" ", 1)
        if verb == "hold":
            begin, _, end = rest.partition(" to")
            found.append(Entry(Kind.PAUSE, at(begin)))
            found += [Entry(Kind.RESUME, at(end.strip()))] if end.strip() else []
        else:
            found.append(Entry.to(Kind(verb), at(dispatched) + timedelta(minutes=1), _limit(rest)))
    return found


def _cases() -> list[dict[str, str]]:
    with Path(__file__).with_name("calendar_cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", _cases(), ids=lambda c: f"{c['dispatched']} {c['limit']} {c['why']}")
def test_what_is_due_around_the_feasts(case: dict[str, str]) -> None:
    ledger = _ledger(case["dispatched"], case["limit"], case["happened"])
    assert shown(due(ledger, SEED)) == (case["due"] or None)
    assert shown(explain(ledger, SEED)[-1].due_after) == (case["due"] or None)


@pytest.mark.parametrize(
    ("name", "first", "last", "worked"),
    [
        ("春节", date(2026, 2, 15), date(2026, 2, 23), [date(2026, 2, 14), date(2026, 2, 28)]),
        ("中秋节", date(2026, 9, 25), date(2026, 9, 27), []),
        ("国庆节", date(2026, 10, 1), date(2026, 10, 7), [date(2026, 9, 20), date(2026, 10, 10)]),
    ],
)
def test_the_seed_says_what_the_notice_of_2026_says(
    name: str, first: date, last: date, worked: list[date]
) -> None:
    """国务院办公厅关于 2026 年部分节假日安排的通知."""
    ours = [row for row in rows() if row.day.year == 2026 and row.name.startswith(name)]
    off = [row.day for row in ours if row.kind == "off"]
    assert off == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert [row.day for row in ours if row.kind == "work"] == worked
