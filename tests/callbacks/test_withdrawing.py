"""撤 by SMS: three digits go to the phone and must come back; new facts on a closed ticket go to a dispatcher."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock, db
from crm.tickets import merging, replay
from crm.tickets.merging import Merge
from tests.callbacks.conftest import ALICE, BOB, MORNING, Carrier, SetClocks, Texter, ticket, work
from tests.crm import cast


def code_in(answer: str | None) -> str:
    found = re.search(r"请在30分钟内回复(\d{3})|reply (\d{3}) within", answer or "")
    assert found, answer
    return found[1] or found[2]


async def status(number: int) -> str:
    return str(await db.fetchval("SELECT status FROM ticket WHERE id = $1", number))


def wrong(code: str) -> str:
    return str(100 + (int(code) - 99) % 900)


async def test_the_code_sent_to_the_phone_withdraws(text: Texter) -> None:
    number = await ticket()
    code = code_in(await text(f"撤 {number}"))
    assert await status(number) == "received"
    assert await text(code) == f"【12345】工单尾号{number % 100000:05d}已按您的要求撤回"
    assert await status(number) == "withdrawn"
    assert await db.fetchval("SELECT withdrawal FROM ticket WHERE id = $1", number) == "sms"
    assert [found async for found in replay.check()] == []


async def test_a_wrong_code_withdraws_nothing_and_is_spent(text: Texter) -> None:
    number = await ticket()
    code = code_in(await text("WITHDRAW"))
    assert "nothing was withdrawn" in (await text(wrong(code)) or "")
    await text(code)
    assert await status(number) == "received"


async def test_three_wrong_codes_are_followed_by_silence(text: Texter) -> None:
    await ticket()
    for _try in range(3):
        await text(wrong(code_in(await text("撤"))))
    assert await text("撤") is None


async def test_a_code_lasts_half_an_hour(text: Texter, at: SetClocks) -> None:
    number = await ticket()
    code = code_in(await text("撤"))
    at(MORNING + timedelta(minutes=31))
    await text(code)
    assert await status(number) == "received"


async def test_chosen_from_a_list(text: Texter) -> None:
    older, newer = await ticket(), await ticket()
    assert "回数字选择" in (await text("撤诉") or "")
    await text(code_in(await text("2")))
    assert (await status(older), await status(newer)) == ("withdrawn", "received")


async def test_another_phone_hears_nothing_of_it(text: Texter) -> None:
    number = await ticket()
    assert "没有查到" in (await text(f"撤 {number}", BOB) or "")
    assert await db.fetchval("SELECT count(*) FROM open_question") == 0


async def test_a_confidential_ticket_is_withdrawn_by_phone_only(text: Texter) -> None:
    number = await ticket(confidential=True)
    assert await text(f"撤 {number}") == "【12345】请致电12345查询"


async def test_a_merged_ticket_goes_and_its_master_stays(text: Texter) -> None:
    child, master = await cast.registered(phone=ALICE), await cast.registered()
    await merging.merge(cast.BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=clock.now())
    await text(code_in(await text(f"撤 {child}")))
    assert (await status(child), await status(master)) == ("withdrawn", "received")
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", master) == 0


async def test_a_master_is_withdrawn_by_a_human(text: Texter) -> None:
    child, master = await cast.registered(), await cast.registered(phone=ALICE)
    await merging.merge(cast.BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=clock.now())
    assert "要撤诉请致电12345" in (await text(code_in(await text(f"撤 {master}"))) or "")
    assert await status(master) == "received"


async def test_new_facts_on_a_closed_ticket_are_looked_at(text: Texter, carrier: Carrier) -> None:
    number = await ticket()
    await db.execute("UPDATE ticket SET status = 'closed' WHERE id = $1", number)
    await work()
    answer = await text(f"补 {number} 今天又停暖了")
    assert (
        answer
        == f"【12345】您说的新情况已记入工单尾号{number % 100000:05d}，将研判是否重新办理，结果会告诉您"
    )
    assert await db.fetchval("SELECT triage_at FROM ticket WHERE id = $1", number) == clock.now()


@pytest.mark.parametrize("word", ["催", "撤"])
async def test_what_rests_is_not_urged_nor_withdrawn(text: Texter, word: str) -> None:
    number = await ticket()
    await db.execute("UPDATE ticket SET status = 'closed' WHERE id = $1", number)
    assert "已办结。如有新情况" in (await text(f"{word} {number}") or "")
