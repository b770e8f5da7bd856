"""催办 and 督办: numbered, answered, by themselves at their moments, raised when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock, db
from core.errors import Refused
from crm import jobs
from crm.tickets import closing, replay, signing, supervising, urging
from routing.limits import LimitMissing
from routing.rulebook import forget
from tests.crm.cast import ALICE, BOB, NOW, SIMON, at_unit, dispatched, head_of, registered

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)


async def rows(table: str, number: int) -> list[db.Record]:
    return await db.fetch(f"SELECT * FROM {table} WHERE ticket = $1 ORDER BY id", number)


async def in_hand(**changes: object) -> tuple[int, int]:
    number, order = await dispatched(**changes)  # type: ignore[arg-type]
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    return number, order


async def test_an_urge_has_a_number_a_limit_and_one_answer_for_all() -> None:
    number, order = await in_hand(urgency=2)
    for _ in range(2):
        await urging.urge(ALICE, number, urging.Urge("市民又来电，家里仍不热。"), now=NOW + HOUR)
    first, second = await rows("urge", number)
    assert (first["no"], second["no"]) == (1, 2)
    assert first["answer_due_at"] == NOW + 2 * HOUR
    await urging.answer(await at_unit(), order, urging.Answer("维修人员 14 时到现场。"), now=NOW + 2 * HOUR)
    assert {row["answer"] for row in await rows("urge", number)} == {"维修人员 14 时到现场。"}
    with pytest.raises(Refused, match="没有待回复"):
        await urging.answer(await at_unit(), order, urging.Answer("再说一次已在路上。"), now=NOW + 2 * HOUR)


async def test_the_hotline_urges_at_half_and_at_four_fifths_and_only_once() -> None:
    number, _order = await in_hand(urgency=2)  # 24 hours
    moments = []
    for hour in range(26):
        while await urging.urge_next(now=NOW + hour * HOUR):
            moments.append(hour)
    assert moments == [12, 20]
    assert [row["source"] for row in await rows("urge", number)] == ["auto_50", "auto_80"]
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", number) == 0


async def test_an_overdue_first_contact_is_urged_once_and_the_close_clock_as_ever() -> None:
    number, order = await dispatched(urgency=2)  # contact within 4 hours, close within 24
    await signing.sign(await at_unit(), order, now=NOW)
    moments = [hour for hour in range(10) for _ in range(2) if await urging.urge_next(now=NOW + hour * HOUR)]
    assert moments == [4]
    assert [row["source"] for row in await rows("urge", number)] == ["auto_contact"]
    await signing.contact(await at_unit(), order, how="call", reached=True, note="", now=NOW + 10 * HOUR)
    assert await urging.urge_next(now=NOW + 13 * HOUR)
    assert [row["source"] for row in await rows("urge", number)] == ["auto_contact", "auto_50"]


async def test_the_citizens_further_call_urges() -> None:
    number, _order = await in_hand()
    call = await db.fetchval(
        """INSERT INTO call (carrier_id, line, status, offered_at)
           VALUES ('c1', (SELECT min(id) FROM line), 'talking', $1) RETURNING id""",
        NOW,
    )
    await closing.append(ALICE, number, content="家里还是不热，孩子发烧", call=call, now=NOW + HOUR)
    assert [row["source"] for row in await rows("urge", number)] == ["citizen_call"]
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", number) == 1


async def test_three_urges_of_the_citizen_call_for_supervision() -> None:
    number, _order = await in_hand()
    for hour in range(3):
        await urging.urge(ALICE, number, urging.Urge("又来电催"), now=NOW + hour * HOUR)
    assert await supervising.supervise_next(now=NOW + 4 * HOUR)
    [found] = await rows("supervision", number)
    assert (found["trigger"], found["level"], found["issued_by_name"]) == ("calls", 1, "热线系统")
    assert not await supervising.supervise_next(now=NOW + 4 * HOUR)


async def test_what_is_overdue_is_supervised_and_raised_when_nobody_answers() -> None:
    number, _order = await in_hand(urgency=2)
    late = NOW + 25 * HOUR
    await db.execute("UPDATE work_order SET light = 'red' WHERE ticket = $1", number)
    assert await supervising.supervise_next(now=late)
    assert not await supervising.supervise_next(now=late + HOUR)
    assert await supervising.supervise_next(now=late + 9 * HOUR)
    [found] = await rows("supervision", number)
    assert (found["trigger"], found["level"]) == ("overdue", 2)
    assert await db.fetchval("SELECT supervised FROM ticket WHERE id = $1", number) == 2


async def test_a_leaders_note_may_supervise_at_once() -> None:
    number, order = await in_hand()
    note = supervising.Note("市领导", "请供热办今日内解决。", supervise=True)
    await supervising.note(SIMON, number, note, now=NOW + HOUR)
    [found] = await rows("supervision", number)
    assert (found["trigger"], found["leader"]) == ("leader", "市领导")
    await supervising.answer(
        await head_of(), order, supervising.Answer("已连夜抢修，今天 18 时前恢复供热。"), now=NOW + 2 * HOUR
    )
    await supervising.lift(SIMON, number, supervising.Ground("已核实恢复"), now=NOW + 3 * HOUR)
    assert await db.fetchval("SELECT supervised FROM ticket WHERE id = $1", number) == 0
    assert [found async for found in replay.check()] == []


async def test_one_supervision_at_a_time() -> None:
    number = await registered()
    await supervising.issue(SIMON, number, supervising.Issue("media", "一小时内核实并答复。"), now=NOW)
    with pytest.raises(Refused, match="已在督办"):
        await supervising.issue(SIMON, number, supervising.Issue("media", "一小时内核实并答复。"), now=NOW)


async def test_a_dispatcher_does_not_supervise() -> None:
    number = await registered()
    with pytest.raises(Refused):
        await supervising.issue(BOB, number, supervising.Issue("media", "一小时内核实并答复。"), now=NOW)


async def test_the_jobs_work_through_what_has_fallen_due() -> None:
    _number, order = await dispatched(urgency=2)
    past = clock.now() - HOUR
    await db.execute(
        """UPDATE work_order SET status = 'handling', clock = 'close', yellow_at = $2, orange_at = $2,
               clock_due_at = $3 WHERE id = $1""",
        order, past, clock.now() + HOUR,
    )  # fmt: skip
    await db.execute("UPDATE ticket SET status = 'handling'")
    assert await jobs.urge() == 2
    assert await jobs.urge() == 0


async def test_a_gap_in_the_table_stops_neither_this_ticket_nor_those_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    number, _order = await in_hand(urgency=2)
    other, _order = await in_hand(urgency=3, content="另一件：楼道灯不亮，已经三天，老人上下楼不安全。")
    await db.execute("DELETE FROM time_limit WHERE clock IN ('urge', 'supervise') AND urgency = 2")
    forget()
    late = NOW + timedelta(days=40)
    while await urging.urge_next(now=late):
        pass
    assert (await rows("urge", number))[0]["answer_due_at"] is None
    assert (await rows("urge", other))[0]["answer_due_at"] > late
    await db.execute("UPDATE work_order SET light = 'red' WHERE part = 'lead'")
    while await supervising.supervise_next(now=late):
        pass
    assert (await rows("supervision", number))[0]["due_at"] == late + supervising.WITHOUT_A_LIMIT
    assert len(await rows("supervision", other)) == 1
    assert caplog.text.count("P2") >= 2
    await supervising.lift(SIMON, number, supervising.Ground("已经说明清楚"), now=late)
    with pytest.raises(LimitMissing):
        await supervising.issue(SIMON, number, supervising.Issue("manual", "请负责人到场核实。"), now=late)
