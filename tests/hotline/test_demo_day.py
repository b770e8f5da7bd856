"""A demo day: lived through the verbs, seen in the three rates, ended at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from core import clock, db, installation
from core.errors import Refused
from crm.kpi import queries
from crm.kpi.facts import Period
from crm.kpi.rules import rules
from crm.tickets import replay
from hotline.demo import day, day_clock, people
from hotline.demo.day_script import Chance
from routing.rulebook import rulebook

HOUR = timedelta(hours=1)


@pytest.fixture
async def playground(database: str) -> AsyncIterator[None]:
    """A demo database with its people and nothing done yet."""
    await installation.keep("purpose", "demo")
    book = await rulebook()
    await people.add(clock.today(), {unit.code: unit.id for unit in book.units.values()})
    yield
    clock.run_at(None)


@pytest.mark.usefixtures("playground")
async def test_a_day_moves_calls_tickets_and_rates() -> None:
    told: list[str] = []
    did = await day.play(minutes=0.15, many=90, told=told.append, seed=7)
    assert min(did[name] for name in ("talk", "sign", "contact", "reply", "review", "follow up")) > 0
    assert len(told) == day.HOURS
    assert await db.fetchval("SELECT count(*) FROM call WHERE status <> 'ended' OR disposition = ''") == 0
    assert [found async for found in replay.check()] == []
    today, now = clock.today(), clock.now()
    counts = {
        key: await queries.counted_now(key, Period(today, today, now + HOUR), queries.Scope(), rules())
        for key in ("connection", "on_time_sign", "reach")
    }
    assert sum(counts["connection"].values()) == await db.fetchval("SELECT count(*) FROM call") > 80
    assert counts["on_time_sign"]["yes"] > 0
    assert counts["reach"]["yes"] > 0
    row = await db.fetchrow("SELECT state, done, total FROM run WHERE kind = 'demo day'")
    assert tuple(row) == ("done", day.STEPS, day.STEPS)
    assert clock.rate() == 1.0


@pytest.mark.usefixtures("playground")
async def test_stopped_in_the_middle_the_clock_rests_and_nobody_hangs_on_the_line() -> None:
    playing = asyncio.create_task(day.play(minutes=2, many=400, told=lambda _line: None, seed=7))
    for _try in range(200):
        if await db.fetchval("SELECT count(*) FROM call"):
            break
        await asyncio.sleep(0.1)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert clock.rate() == 1.0
    assert await db.fetchval("SELECT count(*) FROM call WHERE status <> 'ended'") == 0
    assert await db.fetchval("SELECT state FROM run WHERE kind = 'demo day'") == "cancelled"


@pytest.mark.usefixtures("database")
async def test_no_clock_is_turned_where_people_work() -> None:
    before = clock.now()
    with pytest.raises(Refused):
        await day.play(minutes=0.1, many=10)
    assert await db.fetchval("SELECT count(*) FROM business_clock") == 0
    assert clock.now() - before < HOUR


async def test_time_never_runs_back(database: str) -> None:
    calendar = (await rulebook()).calendar
    for now, opens in (
        (
            datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
            datetime(2026, 11, 24, 0, tzinfo=UTC),
        ),  # 07:30 on Tuesday
        (datetime(2026, 11, 24, 1, tzinfo=UTC), datetime(2026, 11, 25, 0, tzinfo=UTC)),
        (datetime(2026, 11, 27, 12, tzinfo=UTC), datetime(2026, 11, 30, 0, tzinfo=UTC)),  # over a weekend
    ):
        assert day_clock.next_opening(now, calendar) == opens


def test_the_same_seed_is_the_same_day() -> None:
    start = datetime(2026, 11, 24, tzinfo=UTC)
    messages = [{"line": "12345"}, {"line": "12319"}]
    first, second = (list(Chance(3).callers(start, 300, messages)) for _n in range(2))
    assert first == second
    assert len(first) == pytest.approx(300, abs=12)
    assert [caller.at for caller in first] == sorted(caller.at for caller in first)
    assert first[-1].at < start + 12 * HOUR
