"""Merged citizens hear by their own number how the master stands; those we wait for are asked, reminded and heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callbacks import jobs
from core import clock, db, privacy
from core.errors import Invalid
from crm import jobs as crm_jobs
from crm.tickets import closing, dispatch, extensions, holds, merging, replay, replies, signing, urging
from crm.tickets.merging import Announce, Incident, Merge, Unmerge
from tests.callbacks.conftest import MORNING, Carrier, SetClocks, Texter, outcomes, work
from tests.crm import cast
from tests.crm.cast import BOB, RUTH, at_unit, status, unit_named

pytestmark = pytest.mark.usefixtures("database", "at")
CHILD_PHONE = "13900001111"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def tail(number: int) -> str:
    return f"工单尾号{number % 100000:05d}"


def told(carrier: Carrier, phone: str = CHILD_PHONE) -> list[str]:
    return [m.body for m in carrier.got if m.phone == f"+86{phone}"]


async def merged(master: int | None = None) -> tuple[int, int]:
    """(child, master): the child's citizen has another phone; the master is with the heating office."""
    child = await cast.registered(phone=CHILD_PHONE)
    if master is None:
        master, _order = await cast.dispatched()
    await work()
    await merging.merge(BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=clock.now())
    return child, master


async def test_a_merged_citizen_is_told_who_works_on_it_and_that_the_number_stays(carrier: Carrier) -> None:
    child, master = await merged()
    await work()
    said = told(carrier)[-1]
    assert said.startswith(f"【12345】{tail(child)}与同一事项一起办理，南开区供热办承办，")
    assert "单号不变" in said
    assert f"{master % 100000:05d}" not in said


async def test_the_masters_answer_reaches_each_by_their_own_number(carrier: Carrier) -> None:
    master, _order = await cast.replied()
    child, _master = await merged(master)
    await replies.accept(RUTH, master, follow_up="must", ground="", now=clock.now())
    await work()
    assert told(carrier)[-1] == f"【12345】{tail(child)}已答复，结果：已解决。我们会回访您，听听您的评价"
    assert (await outcomes(child))[-1] == ("accept", "citizen", "message")
    await closing.close(RUTH, master, solved="yes", satisfied=1, by_way="call", now=clock.now())
    await work()
    assert (await outcomes(child))[-1] == ("close", "citizen", "nothing to say")


async def test_one_word_of_an_incident_reaches_all_and_none_from_inside(carrier: Carrier) -> None:
    master, _order = await cast.dispatched()
    await merging.declare(BOB, master, Incident("华苑片区停暖"), now=clock.now())
    child, _master = await merged(master)
    await merging.announce(BOB, master, Announce("抢修中，预计今天22时前恢复"), now=clock.now())
    await work()
    assert told(carrier)[-1] == f"【12345】{tail(child)}进展：抢修中，预计今天22时前恢复"
    for text in ("正在督办，请耐心等候", "请拨打13800221234找张女士"):
        with pytest.raises(Invalid):
            await merging.announce(BOB, master, Announce(text), now=clock.now())


async def test_whoever_left_before_it_was_told_hears_only_that(carrier: Carrier) -> None:
    master, _order = await cast.replied()
    child, _master = await merged(master)
    await replies.accept(RUTH, master, follow_up="must", ground="", now=clock.now())
    await merging.unmerge(BOB, child, Unmerge("不是同一处漏水"), now=clock.now())
    await work()
    assert {("accept", "citizen", "overtaken"), ("merge", "citizen", "overtaken")} <= set(
        await outcomes(child)
    )
    assert told(carrier)[-1].startswith(f"【12345】{tail(child)}恢复单独办理")


async def test_asking_by_sms_shows_the_master_and_urging_reaches_it(carrier: Carrier, text: Texter) -> None:
    child, master = await merged()
    answer = await text(f"查 {child}", CHILD_PHONE) or ""
    assert answer.startswith(f"【12345】{tail(child)}：已派单，承办：南开区供热办")
    await text(f"催 {child}", CHILD_PHONE)
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", master) == 1
    await text(f"补 {child} 三单元也没有", CHILD_PHONE)
    said = await db.fetchval(
        "SELECT data ->> 'content' FROM ticket_event WHERE ticket = $1 AND verb = 'append'", master
    )
    assert said == f"市民短信补充（并入的 …{child % 100000:05d}）：三单元也没有"


async def signed(urgency: int = 3) -> tuple[int, int]:
    number, order = await cast.dispatched(phone=CHILD_PHONE, urgency=urgency)
    wang = await at_unit()
    await signing.sign(wang, order, now=clock.now())
    await signing.contact(wang, order, how="call", reached=True, note="", now=clock.now())
    return number, order


async def held(ground: str = "citizen", tell: str = "") -> int:
    number, order = await signed()
    until = MORNING + 6 * DAY
    asked = holds.Ask(ground, until, "要市民拿来房产证照片，才知道归谁管。")
    await holds.ask(await at_unit(), order, asked, now=clock.now())
    await holds.grant(BOB, number, holds.Grant(until, "同意", tell), now=clock.now())
    return number


async def test_an_extension_is_told_with_the_new_date(carrier: Carrier) -> None:
    number, order = await signed()
    asked = extensions.Ask("works", 2, "配件 11 月 27 日到货，29 日前完成。", "sms")
    await extensions.ask(await at_unit(), order, asked, now=clock.now())
    await extensions.grant(BOB, number, extensions.Grant(2, "同意"), now=clock.now())
    await work()
    due = clock.local(await db.fetchval("SELECT due_at FROM ticket WHERE id = $1", number))
    said = f"{tail(number)}还需要时间，南开区供热办将在{due.month}月{due.day}日{due:%H:%M}前答复您"
    assert said in told(carrier)[-1]


async def test_whom_we_wait_for_is_told_what_is_needed_and_reminded_once(
    carrier: Carrier, at: SetClocks
) -> None:
    number = await held(tell="房产证照片")
    await work()
    until = clock.local(MORNING + 6 * DAY)
    day = f"{until.month}月{until.day}日{until:%H:%M}"
    assert told(carrier)[-1] == (
        f"【12345】{tail(number)}需补充：房产证照片。{day}前请回“补 {number % 100000:05d} 内容”或致电12345"
    )
    at(MORNING + 2 * DAY)
    assert await crm_jobs.remind_citizens() == 0
    at(MORNING + 3 * DAY + MINUTE)
    assert (await crm_jobs.remind_citizens(), await crm_jobs.remind_citizens()) == (1, 0)
    await work()
    assert told(carrier)[-1].startswith(f"【12345】{tail(number)}还在等您补充，{day}起")
    assert [found async for found in replay.check()] == []


async def test_their_word_ends_the_hold_by_itself(carrier: Carrier, text: Texter) -> None:
    number = await held()
    assert "已记入" in (await text(f"补 {number} 照片已发给小王", CHILD_PHONE) or "")
    assert await status(number) == "handling"
    row = await db.fetchrow(
        "SELECT actor_name, data ->> 'ground' AS ground FROM ticket_event WHERE ticket = $1 AND verb = 'resume'",
        number,
    )
    assert tuple(row) == ("热线系统", "市民已补充，自动恢复")
    assert await db.fetchval("SELECT due_at IS NOT NULL FROM ticket WHERE id = $1", number)
    assert [found async for found in replay.check()] == []


async def test_another_hold_goes_on_whatever_they_write(carrier: Carrier, text: Texter) -> None:
    number = await held("third")
    await work()
    assert "因其他工程暂缓" in told(carrier)[-1]
    await text(f"补 {number} 还要多久才能好", CHILD_PHONE)
    assert await status(number) == "suspended"


async def test_what_a_citizen_is_asked_for_has_no_inside_word() -> None:
    number, order = await signed()
    until = MORNING + DAY
    await holds.ask(
        await at_unit(), order, holds.Ask("citizen", until, "要市民拿来房产证照片。"), now=clock.now()
    )
    with pytest.raises(Invalid):
        await holds.grant(BOB, number, holds.Grant(until, "", "会商要的材料"), now=clock.now())


async def test_a_unit_is_nudged_in_the_morning_and_the_nudge_is_no_new_order(
    carrier: Carrier, at: SetClocks
) -> None:
    await db.execute("UPDATE unit SET duty_phone = $1", privacy.seal("+862223456789"))
    number, _order = await cast.dispatched(urgency=3)
    await work()
    at(MORNING + timedelta(hours=12))  # 22:45
    await urging.urge(BOB, number, urging.Urge("市民第二次来电"), now=clock.now())
    await work()
    before = len(carrier.got)
    at(MORNING + timedelta(hours=22))
    await jobs.send_messages()
    [said] = [m.body for m in carrier.got[before:]]
    assert said.startswith(f"【12345】{tail(number)}第1次催办，请在")


async def test_a_redo_says_so_to_the_unit_and_the_citizen(carrier: Carrier) -> None:
    await db.execute("UPDATE unit SET duty_phone = $1", privacy.seal("+862223456789"))
    number, _order = await cast.replied(phone=CHILD_PHONE)
    await replies.accept(RUTH, number, follow_up="must", ground="", now=clock.now())
    await closing.redo(RUTH, number, cause="家里仍然不热", now=clock.now())
    sent = dispatch.Dispatch(await unit_named("南开区供热办"), "派单目录 0301 × 南开区")
    await dispatch.dispatch(BOB, number, sent, now=clock.now())
    await work()
    assert told(carrier)[-1].startswith(f"【12345】{tail(number)}重新办理，由南开区供热办承办")
    assert any("重办" in m.body for m in carrier.got if m.phone == "+862223456789")
