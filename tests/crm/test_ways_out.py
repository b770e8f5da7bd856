"""紧急转接, 异议 and triage, 不予重办, 撤诉 with its code, the redo's shorter limit, what an agent registers as emergency."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import db
from core.errors import Invalid, Refused
from crm.tickets import appealing, closing, dispatch, emergency, merging, register, replay, replies
from crm.tickets.dispatch import Dispatch
from tests.crm import cast
from tests.crm.cast import ALICE, BOB, NOW, RUTH, form, registered, replied, status, unit_named

pytestmark = pytest.mark.usefixtures("database")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OVER = emergency.HandOver("119", "复述地址林苑西里6号楼，119 回应已出车。")


async def closed() -> int:
    number, _order = await replied()
    await replies.accept(RUTH, number, follow_up="none", ground="匿名，无法回访", now=NOW + 3 * HOUR)
    return number


async def test_an_emergency_is_handed_over_from_the_desk_and_no_unit_is_timed() -> None:
    done = await register.hand_over(ALICE, await form(), to=OVER, now=NOW)
    assert await status(done.number) == "emergency"
    assert await db.fetchval("SELECT count(*) FROM work_order") == 0
    await emergency.over(ALICE, done.number, emergency.Over("119 回告火已扑灭，无人受伤。"), now=NOW + HOUR)
    assert await status(done.number) == "closed"
    assert [found async for found in replay.check()] == []


async def test_what_is_not_theirs_comes_back_to_the_queue() -> None:
    number = await registered()
    await emergency.hand_over(ALICE, number, OVER, now=NOW)
    await emergency.back(ALICE, number, emergency.Back("110 认定为物业纠纷，不属警情。"), now=NOW + HOUR)
    row = await db.fetchrow("SELECT status, queued_at, dispatch_due_at FROM ticket WHERE id = $1", number)
    assert (row["status"], row["queued_at"]) == ("received", NOW + HOUR)
    assert row["dispatch_due_at"] > NOW + HOUR


async def test_an_appeal_waits_for_a_dispatcher_and_the_ticket_rests() -> None:
    number = await closed()
    await appealing.appeal(ALICE, number, appealing.Appeal("答复说已修好，今天又停暖了。"), now=NOW + DAY)
    assert await status(number) == "closed"
    assert await db.fetchval("SELECT triage_at FROM ticket WHERE id = $1", number) == NOW + DAY
    await appealing.keep_closed(BOB, number, appealing.Keep("没有新的事实，上次已说明。"), now=NOW + DAY)
    assert await db.fetchval("SELECT triage_at FROM ticket WHERE id = $1", number) is None
    with pytest.raises(Refused, match="没有待研判"):
        await appealing.keep_closed(BOB, number, appealing.Keep("没有新的事实，上次已说明。"), now=NOW + DAY)


async def test_words_added_to_a_closed_ticket_are_triage_and_reopening_settles_it() -> None:
    number = await closed()
    await closing.append(ALICE, number, content="昨晚又停了", call=None, now=NOW + DAY)
    assert await db.fetchval("SELECT triage_at FROM ticket WHERE id = $1", number) == NOW + DAY
    await closing.reopen(BOB, number, facts="昨晚又停了，重新受理", now=NOW + DAY)
    row = await db.fetchrow("SELECT status, triage_at, round FROM ticket WHERE id = $1", number)
    assert tuple(row) == ("received", None, 2)


async def test_a_redo_has_its_own_shorter_limit() -> None:
    number, order = await replied(urgency=3)
    first = await db.fetchrow("SELECT dispatched_at, close_due_at FROM work_order WHERE id = $1", order)
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 3 * HOUR)
    await closing.redo(RUTH, number, cause="只修了一个房间，卧室仍不热。", now=NOW + 4 * HOUR)
    lead = await unit_named("南开区供热办")
    await dispatch.dispatch(BOB, number, Dispatch(lead, "派单目录 0301 × 南开区"), now=NOW + 5 * HOUR)
    again = await db.fetchrow(
        "SELECT dispatched_at, close_due_at FROM work_order WHERE ticket = $1 AND round = 2", number
    )
    assert again["close_due_at"] - again["dispatched_at"] < first["close_due_at"] - first["dispatched_at"]


async def test_a_dispatcher_may_refuse_a_redo() -> None:
    number, _order = await replied()
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 3 * HOUR)
    await closing.redo(RUTH, number, cause="市民要求另修阳台窗户", now=NOW + 4 * HOUR)
    await appealing.refuse_redo(
        BOB, number, appealing.RefuseRedo("诉求超出原单范围，已另立新单。"), now=NOW + 5 * HOUR
    )
    assert await status(number) == "closed"
    assert [found async for found in replay.check()] == []


async def test_a_withdrawal_has_a_code() -> None:
    number = await registered()
    with pytest.raises(Invalid):
        await closing.withdraw(ALICE, number, ground="市民来电说已经解决", code="no such", now=NOW)
    await closing.withdraw(ALICE, number, ground="市民来电说已经解决", code="settled", now=NOW)
    assert await db.fetchval("SELECT withdrawal FROM ticket WHERE id = $1", number) == "settled"


async def test_a_merged_citizen_withdraws_alone() -> None:
    child, master = await registered(), await registered()
    await merging.merge(BOB, child, merging.Merge(str(master), "同一小区同一条管道"), now=NOW)
    await closing.withdraw(ALICE, child, ground="市民来电说已经解决", code="settled", now=NOW + HOUR)
    assert (await status(child), await status(master)) == ("withdrawn", "received")
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", master) == 0
    assert await cast.status(child) == "withdrawn"
    assert [found async for found in replay.check()] == []
