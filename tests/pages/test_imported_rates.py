"""The closure rates that the supervisor's page shows of an imported file, worked out from the file itself.

Nothing of ours is used for the sum but the tables of limits and days off: 办结率 = closed by the cut-off ÷ due by it.
`HOTLINE_REAL_MESSAGES` names a file of real messages to do the same with (docs/import.md).
"""

from __future__ import annotations

import csv
import gzip
import os
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core import clock, db, runs
from core.settings import ROOT
from crm.importing import files, mapping, messages
from crm.kpi import snapshots
from crm.kpi.rules import rules
from tests.people import Hire

OURS = Path(__file__).parent.parent / "crm" / "importing" / "messages.csv"
ZONE = ZoneInfo("Asia/Shanghai")
SEED = ROOT / "routing" / "seed"


def table(path: Path) -> list[dict[str, str]]:
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8-sig", newline="") as text
    ):
        return list(csv.DictReader(text))


def moment(text: str) -> datetime | None:
    for shape in ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d"):
        try:
            found = datetime.strptime(text, shape).replace(tzinfo=ZONE)
        except ValueError:
            continue
        return found if " " in shape else found + timedelta(days=1, seconds=-1)
    return None


def due(received: datetime, kind: str) -> datetime:
    """18:00 of the n-th working day after the day of receipt, n from the table of limits for P3."""
    limits = {(r["kind"], r["urgency"], r["clock"]): r for r in table(SEED / "limits.csv")}
    limit = limits.get((kind, "3", "close")) or limits["*", "3", "close"]
    assert limit["unit"] == "workday"
    days = {r["date"]: r["kind"] for r in table(SEED / "calendar.csv")}
    day, left = received.date(), int(limit["amount"])
    while left:
        day += timedelta(days=1)
        kind_of_day = days.get(day.isoformat(), "off" if day.weekday() >= 5 else "work")
        left -= kind_of_day == "work"
    return datetime.combine(day, time(18), ZONE)


async def recomputed(path: Path, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Formula → (numerator, denominator), from the file; only the kind each message was given is ours."""
    kinds = {
        row["source_id"]: row["kind"]
        for row in await db.fetch(
            """SELECT c.source_id, t.kind FROM idempotency_claim c JOIN ticket t ON t.id = (c.answer ->> 'ticket')::bigint
               WHERE c.source = 'import:board'"""
        )
    }
    now, closed, on_time, total = clock.now(), 0, 0, 0
    seen: set[str] = set()
    for row in table(path):
        number = row.get("编号") or row["id"]
        received = moment(row.get("留言时间", row.get("time", "")))
        replied = moment(row.get("答复时间", row.get("reply_time", "")))
        if number in seen or received is None or replied is None or replied < received:
            continue
        seen.add(number)
        ends = due(received, kinds[number])
        if first <= ends.date() <= last and ends <= now:
            total += 1
            closed += replied <= now
            on_time += replied <= ends
    return {"办结率": (closed, total), "按时办结率": (on_time, total)}


async def shown(officer: Hire, first: date, last: date) -> dict[str, tuple[int, int, str]]:
    """The same as the page says it, with the percentage."""
    for row in await db.fetch("SELECT DISTINCT close_due_at FROM work_order"):
        day = clock.local(row["close_due_at"]).date()
        if first <= day <= last:
            await snapshots.take(day, rules(), now=clock.now(), keys=("closure", "on_time_closure"))
    supervisor = await officer("supervisor")
    body = (await supervisor.get(f"/supervise?from={first}&to={last}")).text
    row_of = r'#drawer">{}</a></th><td class="num">([\d.]+)</td><td class="num"><a[^>]*>([\d,]+)</a> ÷ <a[^>]*>([\d,]+)</a>'
    found = {}
    for title in ("办结率", "按时办结率"):
        match = re.search(row_of.format(title), body)
        assert match, title
        found[title] = (*(int(n.replace(",", "")) for n in match.groups()[1:]), match[1])
    return found  # type: ignore[return-value]  # two numbers and a text


async def imported(path: Path) -> None:
    chosen = mapping.guess(files.opened(path).columns)
    async with runs.resume(await messages.start(path, path.name, chosen, source="board", by=None)) as run:
        await messages.work(run, now=clock.now())


async def compare(officer: Hire, path: Path, first: date, last: date) -> tuple[int, int]:
    await imported(path)
    mine, theirs = await recomputed(path, first, last), await shown(officer, first, last)
    for title, (above, below) in mine.items():
        assert theirs[title][:2] == (above, below)
        assert theirs[title][2] == f"{100 * above / below:.{len(theirs[title][2].partition('.')[2])}f}"
    return mine["按时办结率"]


async def test_the_page_shows_what_the_file_says(officer: Hire) -> None:
    assert await compare(officer, OURS, date(2018, 5, 1), date(2018, 7, 31)) == (2, 4)


async def test_the_page_shows_what_a_real_file_says(officer: Hire) -> None:
    given = os.environ.get("HOTLINE_REAL_MESSAGES", "")
    if not given:
        pytest.skip("HOTLINE_REAL_MESSAGES names no file of real messages")
    on_time, total = await compare(officer, Path(given), date(2018, 1, 1), date(2018, 12, 31))
    assert 0 < on_time < total
    print(f"2018: {on_time} of {total} on time")
