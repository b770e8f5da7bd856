"""A changed calendar or limit moves the open orders: told before, done by a run, one event a ticket."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core import db, runs
from core.admin import changes
from core.admin.writing import RowChange
from core.officers import Officer
from crm.pages.effects import OnOpenOrders
from crm.tickets import recompute_plans, recomputing, replay, replies, story
from routing import effects, rulebook
from routing.admin.calendar import CALENDAR
from routing.admin.limits import LIMITS
from tests.crm.cast import NOW, RUTH, dispatched, registered, replied
from tests.pages.counting import counted
from tests.routing.calendars import shown

pytestmark = pytest.mark.usefixtures("database")
ADMIN = Officer(77, "admin", "管理员", permissions=frozenset({"admin.*"}))
#: Wednesday 25 November.
OFF = {"day": date(2026, 11, 25), "kind": "off", "name": "临时放假", "name_en": "", "source": "市府通知", "version": "2026-2"}  # fmt: skip


@pytest.fixture(autouse=True)
async def upstairs(database: str) -> AsyncIterator[None]:
    rulebook.forget()
    effects.use(OnOpenOrders())
    yield
    effects.use(None)
    rulebook.forget()


async def a_day_off() -> changes.Done:
    done = await changes.apply(
        CALENDAR, [RowChange(-1, None, OFF)], by=ADMIN, reason="暴雪停工", now=NOW, kind="create"
    )
    assert done is not None
    return done


async def work_off() -> int:
    """Every run that waits; how many tickets moved."""
    moved = 0
    later = datetime.max.replace(tzinfo=NOW.tzinfo) - timedelta(days=2)
    while (number := await recompute_plans.next_run(settled_before=later)) is not None:
        moved += await recompute_plans.work(number, now=NOW)
    return moved


async def order(number: int) -> Any:
    return await db.fetchrow(
        """SELECT w.*, t.due_at, t.version AS ticket_version FROM work_order w JOIN ticket t ON t.id = w.ticket
           WHERE w.ticket = $1 AND w.part = 'lead'""",
        number,
    )


async def plan_for(rows: list[RowChange]) -> recomputing.Preview:
    rules = await recompute_plans.rulebook_afresh()
    plan = recompute_plans.of_calendar(rules.calendar, rows, rules.limits, NOW.date())
    return await recomputing.preview(plan.proposal, plan.scope, now=NOW)


async def test_the_preview_says_what_would_move_and_writes_nothing() -> None:
    number, _order = await dispatched(urgency=3)
    await dispatched(urgency=2)
    found = await plan_for([RowChange(-1, None, OFF)])
    assert (found.moved, found.later, found.earlier, found.overdue) == (1, 1, 0, 0)
    assert {row.ticket for row in found.rows} == {number}
    close = next(row for row in found.rows if row.clock == "close")
    assert (shown(close.old), shown(close.new)) == ("12-01 18:00", "12-02 18:00")
    assert shown((await order(number))["close_due_at"]) == "12-01 18:00"


async def test_a_confidential_ticket_is_counted_and_not_listed() -> None:
    number, _order = await dispatched(urgency=3)
    await db.execute("UPDATE ticket SET confidential = true WHERE id = $1", number)
    found = await plan_for([RowChange(-1, None, OFF)])
    assert (found.moved, found.hidden, found.rows) == (1, 1, [])


async def test_a_day_off_moves_clocks_light_ticket_and_leaves_one_event() -> None:
    number, _order = await dispatched(urgency=3)
    before = await order(number)
    await a_day_off()
    assert await work_off() == 1
    after = await order(number)
    assert [shown(after[c]) for c in ("sign_due_at", "close_due_at", "due_at", "clock_due_at", "return_until")] == [
        "11-26 18:00", "12-02 18:00", "12-02 18:00", "11-26 18:00", "11-26 18:00",
    ]  # fmt: skip
    assert after["yellow_at"] > before["yellow_at"]
    event = await db.fetchrow(
        "SELECT * FROM ticket_event WHERE ticket = $1 ORDER BY version DESC LIMIT 1", number
    )
    told = json.loads(event["data"])
    assert (event["verb"], event["actor_name"], told["reason"], told["rule_version"]) == (
        "recompute", "管理员", "暴雪停工", "2026-2",
    )  # fmt: skip
    assert {line["clock"] for line in told["moved"]} == {"sign", "contact", "close", "return"}
    line = story.tell([event], story.Reader())[0]
    assert line.detail.startswith("暴雪停工 · 签收 11-25 18:00 → 11-26 18:00")
    assert "办结 12-01 18:00 → 12-02 18:00" in line.detail
    assert [found async for found in replay.check()] == []


async def test_a_follow_up_moves_with_its_ticket() -> None:
    number, _order = await replied(urgency=3)
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + timedelta(hours=3))
    await a_day_off()
    await work_off()
    row = await db.fetchrow(
        "SELECT follow_up_due_at, due_at FROM round r JOIN ticket t ON t.id = r.ticket WHERE t.id = $1",
        number,
    )
    assert [shown(row[0]), shown(row[1])] == ["11-30 18:00", "11-30 18:00"]


async def test_undoing_the_day_brings_every_moment_back() -> None:
    from core.admin import history

    number, _order = await dispatched(urgency=3)
    before = dict(await order(number))
    done = await a_day_off()
    await work_off()
    await history.undo(CALENDAR, done.id, by=ADMIN, reason="照常上班", now=NOW)
    await work_off()
    after = dict(await order(number))
    assert after.pop("ticket_version") == before.pop("ticket_version") + 2
    assert after == before


async def test_a_run_that_was_done_once_moves_nothing_the_second_time() -> None:
    await dispatched(urgency=3)
    done = await a_day_off()
    assert await work_off() == 1
    await recompute_plans.order_run(done.id, follow=True, title="again", by=ADMIN)
    assert await work_off() == 0


async def test_a_run_goes_on_behind_the_last_ticket_it_moved() -> None:
    first, _order = await dispatched(urgency=3)
    second, _order = await dispatched(urgency=3, phone="13800225678")
    await a_day_off()
    number = await db.fetchval(
        "UPDATE run SET cursor = $1, state = 'failed' WHERE kind = 'recompute' RETURNING id",
        json.dumps({"after": min(first, second), "done": 1, "moved": 1}),
    )
    assert await recompute_plans.work(number, now=NOW) == 2
    assert shown((await order(min(first, second)))["close_due_at"]) == "12-01 18:00"
    assert shown((await order(max(first, second)))["close_due_at"]) == "12-02 18:00"


async def _new_limit(*, follow: bool) -> int:
    world = await changes.world_of(LIMITS)
    old = next(
        (row, values) for row, values in world.items()
        if (values["kind"], values["urgency"], values["clock"]) == ("help", 3, "close")
    )  # fmt: skip
    row, values = old
    today = date(2026, 11, 24)
    rows = [
        RowChange(row, values, {**values, "valid_to": today - timedelta(days=1)}),
        RowChange(-1, None, {**values, "amount": 3, "version": "2026-2", "valid_from": today}),
    ]
    done = await changes.apply(LIMITS, rows, by=ADMIN, reason="提速", now=NOW)
    assert done is not None
    if follow:
        await recompute_plans.order_run(done.id, follow=True, title="x", by=ADMIN)
    return done.id


async def test_open_orders_keep_their_limit_unless_told_to_follow() -> None:
    number, _order = await dispatched(urgency=3)
    await _new_limit(follow=False)
    assert await work_off() == 0
    assert shown((await order(number))["close_due_at"]) == "12-01 18:00"


async def test_a_followed_limit_is_a_line_on_the_ledger_with_its_version() -> None:
    number, lead = await dispatched(urgency=3)
    await _new_limit(follow=True)
    assert await work_off() == 1
    assert shown((await order(number))["close_due_at"]) == "11-27 18:00"
    line = await db.fetchrow("SELECT * FROM clock_entry WHERE work_order = $1 AND entry = 'rerate'", lead)
    assert (line["clock"], line["amount"], line["unit"], line["rule_version"], line["note"]) == (
        "close", 3, "workday", "2026-2", "提速",
    )  # fmt: skip


async def test_a_queued_ticket_follows_the_hotlines_own_limit() -> None:
    number = await registered(urgency=3)
    world = await changes.world_of(LIMITS)
    row, values = next(
        (row, v) for row, v in world.items() if (v["kind"], v["urgency"], v["clock"]) == ("*", 3, "dispatch")
    )
    done = await changes.apply(
        LIMITS, [RowChange(row, values, {**values, "amount": 2})], by=ADMIN, reason="提速", now=NOW
    )
    assert done is not None
    rules = await recompute_plans.rulebook_afresh()
    plan = recompute_plans.of_limits(rules.calendar, rules.limits, done.rows, today=NOW.date())
    found = await recomputing.preview(plan.proposal, plan.scope, now=NOW)
    assert [(r.ticket, r.clock, r.new - r.old) for r in found.rows] == [
        (number, "dispatch", timedelta(hours=-2))
    ]


async def test_the_number_of_queries_does_not_grow_with_the_orders() -> None:
    await dispatched(urgency=3)
    await plan_for([RowChange(-1, None, OFF)])  # the driver asks about types once
    async with counted() as one:
        await plan_for([RowChange(-1, None, OFF)])
    for n in range(6):
        await dispatched(urgency=3, phone=f"1380022{n:04}")
    async with counted() as seven:
        await plan_for([RowChange(-1, None, OFF)])
    assert seven.statements == one.statements


async def test_a_run_can_be_cancelled_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    await dispatched(urgency=3)
    await a_day_off()
    number = await db.fetchval("SELECT id FROM run WHERE kind = 'recompute'")
    assert await runs.ask_to_cancel(number)
    assert await work_off() == 0
