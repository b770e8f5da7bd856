"""The formulas over a small day, counted by hand; the day counts say the same, whichever way one looks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import db
from crm.kpi import queries, snapshots
from crm.kpi.facts import Period
from crm.kpi.formulas import FORMULAS
from crm.kpi.queries import Counts, Scope
from crm.kpi.rates import COUNTED, Rules
from crm.lines import line_id
from tests.crm.cast import NOW, SIMON, unit_named
from tests.crm.kpi import days

pytestmark = pytest.mark.usefixtures("database")
RULES, EVERYTHING = Rules(), Scope()
FIRST, LAST = date(2026, 11, 24), date(2026, 11, 26)
PERIOD = Period(FIRST, LAST, days.LATER)


async def now(key: str, scope: Scope = EVERYTHING, period: Period = PERIOD) -> Counts:
    return await queries.counted_now(key, period, scope, RULES)


async def test_calls_are_counted_as_by_hand() -> None:
    await days.some_calls()
    assert await now("connection") == {"yes": 3, "no": 1, "short": 1, "test": 1, "waiting": 1}
    assert await now("abandoned") == {"yes": 1, "no": 3, "short": 1, "test": 1, "waiting": 1}
    assert await now("service_level") == {"yes": 2, "no": 2, "short": 1, "test": 1, "waiting": 1}
    assert await now("service_level_answered") == {"yes": 2, "no": 1, "test": 1}
    assert await now("connection", Scope(line=await line_id("12319"))) == {"yes": 1}


async def test_orders_are_counted_as_by_hand() -> None:
    await days.some_tickets()
    assert await now("on_time_closure") == {"yes": 3, "no": 2, "in_review": 1, "withdrawn": 1}
    assert await now("closure") == {"yes": 4, "no": 1, "in_review": 1, "withdrawn": 1}
    assert await now("on_time_closure_plain") == {"yes": 3, "no": 2, "in_review": 1, "withdrawn": 1}
    assert await now("on_time_sign") == {"yes": 5, "no": 1, "withdrawn": 1}
    assert await now("on_time_contact") == {"yes": 4, "no": 1, "anonymous": 1, "withdrawn": 1}


async def test_follow_ups_are_counted_as_by_hand() -> None:
    await days.some_tickets()
    assert await now("follow_up") == {"yes": 1, "no": 2, "anonymous": 1}
    assert await now("satisfaction") == {"yes": 1}
    assert await now("resolution") == {"yes": 1}


async def test_what_is_not_yet_due_is_not_yet_counted() -> None:
    await days.some_tickets()
    soon = Period(FIRST, LAST, NOW + timedelta(hours=5))
    assert await now("on_time_closure", period=soon) == {}
    assert await now("follow_up", period=soon) == {"anonymous": 1}


async def test_a_rejected_reply_never_stopped_the_clock() -> None:
    from crm.tickets import replies
    from tests.crm import cast

    number, _order = await cast.replied()
    await replies.send_back(
        cast.RUTH, number, defect="D6", note="请补修复后的照片", now=NOW + timedelta(hours=3)
    )
    assert await now("on_time_closure") == {"no": 1}


async def test_an_extension_counts_in_the_first_figure_only() -> None:
    made = await days.some_tickets()
    await db.execute(
        """UPDATE work_order SET first_due_at = replied_at - interval '1 minute'
           WHERE ticket = $1 AND status = 'accepted'""",
        made["on_time"],
    )
    assert (await now("on_time_closure"))["yes"] == 3
    assert (await now("on_time_closure_plain"))["yes"] == 2


@pytest.mark.parametrize("key", FORMULAS)
async def test_day_counts_facts_and_rows_say_the_same_whichever_way_one_looks(key: str) -> None:
    await days.some_calls()
    await days.some_tickets()
    for back in range(3):
        await snapshots.take(LAST - timedelta(days=back), RULES, now=days.LATER)
    facts = await now(key)
    for by in ("day", "line", "unit", "matter"):
        found = await queries.counts([key], PERIOD, EVERYTHING, by=by)
        total: Counts = {}
        for formulas in found.values():
            for verdict, n in formulas[key].items():
                total[verdict] = total.get(verdict, 0) + n
        assert total == facts
    for verdict, n in facts.items():
        assert len(await queries.rows(SIMON, key, [verdict], PERIOD, EVERYTHING, RULES)) == n
    assert set(facts) <= {*COUNTED, *FORMULAS[key].excludes}


async def test_every_way_to_narrow_agrees_with_the_facts() -> None:
    await days.some_tickets()
    await snapshots.take(FIRST, RULES, now=days.LATER)
    await snapshots.take(LAST - timedelta(days=1), RULES, now=days.LATER)
    unit = await unit_named("南开区供热办")
    for scope in (
        Scope(line=await line_id("12345")),
        Scope(units=frozenset({unit})),
        Scope(matter="03"),
        Scope(await line_id("12345"), frozenset({unit}), "0301"),
        Scope(matter="99"),
    ):
        found = await queries.counts(["on_time_closure"], PERIOD, scope)
        total: Counts = {}
        for formulas in found.values():
            for verdict, n in formulas["on_time_closure"].items():
                total[verdict] = total.get(verdict, 0) + n
        assert total == await now("on_time_closure", scope)


async def test_counting_again_writes_nothing_and_late_work_shows() -> None:
    made = await days.some_tickets()
    day = FIRST + timedelta(days=1)
    await snapshots.take(day, RULES, now=days.LATER)
    before = await db.fetch("SELECT id, n, xmin::text FROM rate_day ORDER BY id")
    await snapshots.take(day, RULES, now=days.LATER)
    assert await db.fetch("SELECT id, n, xmin::text FROM rate_day ORDER BY id") == before
    from crm.tickets import replies
    from tests.crm.cast import RUTH

    await replies.accept(RUTH, made["waits"], follow_up="must", ground="", now=days.LATER)
    await snapshots.take(day, RULES, now=days.LATER)
    found = await queries.counts(["on_time_closure"], Period(day, day, days.LATER), EVERYTHING)
    assert found[day]["on_time_closure"] == {"yes": 4, "no": 2, "withdrawn": 1}


async def test_the_worker_fills_the_window_and_then_goes_round() -> None:
    snapshots._rest_until = 0
    assert await snapshots.refresh(RULES, now=days.LATER) == snapshots.WINDOW
    assert await snapshots.refresh(RULES, now=days.LATER) == 0  # rests after hard work
    snapshots._rest_until = 0
    assert await snapshots.refresh(RULES, now=days.LATER) == 3
    assert await db.fetchval("SELECT count(*) FROM rate_snapshot") == snapshots.WINDOW


async def test_rows_are_paged_and_keep_to_the_policy() -> None:
    made = await days.some_tickets()
    await db.execute("UPDATE ticket SET confidential = true WHERE id = $1", made["late"])
    first = await queries.rows(SIMON, "on_time_closure", ["yes", "no"], PERIOD, EVERYTHING, RULES, limit=3)
    assert len(first) == 4
    key = (first[2]["at"], first[2]["fact"])
    rest = await queries.rows(
        SIMON, "on_time_closure", ["yes", "no"], PERIOD, EVERYTHING, RULES, after=key, limit=3
    )
    assert len({row["fact"] for row in first[:3]} | {row["fact"] for row in rest}) == 5
    from tests.crm.cast import RUTH

    seen = await queries.rows(RUTH, "on_time_closure", ["yes", "no"], PERIOD, EVERYTHING, RULES)
    assert made["late"] not in {row["id"] for row in seen}
