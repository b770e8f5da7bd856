"""What a citizen hears when they write."""

import asyncio
from datetime import timedelta

import pytest

from callbacks import replies
from callbacks.gateway import InMessage
from callbacks.phones import phone
from callbacks.questions import Question, ask
from core import clock, db
from core.db import tx
from crm.tickets import closing, dispatch
from tests.callbacks.conftest import (
    ALICE,
    BOB,
    MORNING,
    STAFF,
    Carrier,
    SetClocks,
    Texter,
    ticket,
    unit_with_phone,
)

NOTHING = "【12345】没有查到。请用登记时留的手机，发单号或尾号（至少4位），或致电12345"
MENU = "【12345】查：进度"


async def test_a_query_by_number_or_tail_tells_how_it_stands(text: Texter) -> None:
    number = await ticket()
    told = f"【12345】工单尾号{number % 100000:05d}：已受理"
    assert await text(f"查 {number}") == told
    assert await text(str(number)[-4:]) == told
    assert await text(f"cx{str(number)[-5:]}") == told


async def test_in_english_when_asked_in_english(text: Texter) -> None:
    number = await ticket()
    assert await text(f"status {number}") == f"12345: Ticket ending {number % 100000:05d}: received."


async def test_a_dispatched_ticket_tells_where_and_by_when(text: Texter) -> None:
    number = await ticket()
    unit = await unit_with_phone()
    await dispatch.dispatch(STAFF, number, dispatch.Dispatch(unit, "属供热，住建牵头"), now=clock.now())
    name = await db.fetchval("SELECT name FROM unit WHERE id = $1", unit)
    answer = await text("查")
    assert answer is not None
    assert f"已派单，承办：{name}，" in answer
    assert "前答复您" in answer


async def test_a_late_one_says_so(text: Texter, at: SetClocks) -> None:
    number = await ticket()
    await dispatch.dispatch(
        STAFF, number, dispatch.Dispatch(await unit_with_phone(), "属供热，住建牵头"), now=clock.now()
    )
    at(MORNING + timedelta(days=60))
    assert "已超过" in (await text("查") or "")


async def test_another_phone_hears_the_same_whether_the_ticket_exists_or_not(text: Texter) -> None:
    number = await ticket(ALICE)
    await ticket(BOB)
    assert await text(f"查 {number}", BOB) == NOTHING
    assert await text("查 2611240000005", BOB) == NOTHING
    assert await text(f"查 {number}", "13700003333") == NOTHING


async def test_three_wrong_numbers_are_followed_by_a_day_of_silence(text: Texter, at: SetClocks) -> None:
    await ticket()
    assert [await text(f"查 999{n}") for n in range(3)] == [NOTHING] * 3
    assert await text("查") is None
    at(MORNING + timedelta(hours=25))
    assert await text("查") is not None


async def test_eleven_messages_in_an_hour_are_one_too_many(text: Texter, at: SetClocks) -> None:
    await ticket()
    answers = [await text("查") for _ in range(12)]
    assert [answer is None for answer in answers] == [False] * 11 + [True]
    assert "短信较多" in (answers[10] or "")  # told once how to reach us
    at(MORNING + timedelta(minutes=61))
    assert await text("查") is not None


async def test_thirty_a_day(text: Texter, at: SetClocks) -> None:
    await ticket()
    answered = 0
    for hour in range(5):
        at(MORNING + timedelta(hours=hour * 1.1))
        answered += sum(["已受理" in (await text("查") or "") for _ in range(8)])
    assert answered == 30


async def test_without_a_number_up_to_three_are_listed_and_a_digit_picks(text: Texter) -> None:
    numbers = [await ticket() for _ in range(4)]
    listed = await text("查")
    tails = [f"{number % 100000:05d}" for number in sorted(numbers, reverse=True)]
    assert listed == (
        f"【12345】您有在办工单：1.尾号{tails[0]} 已受理 2.尾号{tails[1]} 已受理 3.尾号{tails[2]} 已受理。回数字选择，更多请发单号"
    )
    assert await text("2") == f"【12345】工单尾号{tails[1]}：已受理"
    assert await text("9") == "【12345】没有这一项，请回列表里的数字，或发单号"


async def test_a_list_waits_half_an_hour(text: Texter, at: SetClocks) -> None:
    await ticket()
    await ticket()
    await text("查")
    at(MORNING + timedelta(minutes=31))
    assert (await text("1") or "").startswith(MENU)


async def test_while_another_question_is_open_a_list_asks_for_no_digit(text: Texter) -> None:
    await ticket()
    await ticket()
    async with tx() as t:
        assert await ask(t, phone("+86" + ALICE), "12345", Question("survey", {}), at=clock.real_now())
    assert "回数字" not in (await text("查") or "")


async def test_a_confidential_ticket_says_only_call_us(text: Texter) -> None:
    number = await ticket(confidential=True)
    for body in ("查", f"查 {number}", f"催 {number}", f"补 {number} 又来了"):
        assert await text(body) == "【12345】请致电12345查询"
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", number) == 0


async def test_a_confidential_ticket_is_not_on_a_list(text: Texter) -> None:
    hidden = await ticket(confidential=True)
    await ticket()
    assert f"{hidden % 100000:05d}" not in (await text("查") or "")


async def test_a_reminder_is_written_down_once_a_day(text: Texter, at: SetClocks) -> None:
    number = await ticket()
    tail = f"{number % 100000:05d}"
    assert await text("催") == f"【12345】工单尾号{tail}的催办已记下，承办人员和坐席都能看到"
    assert (await text("催") or "").startswith(f"【12345】工单尾号{tail}今天已记过催办")
    assert (
        await text(f"催 {tail} 孩子发烧了") == f"【12345】工单尾号{tail}的催办已记下，承办人员和坐席都能看到"
    )
    row = await db.fetchrow("SELECT urges, status FROM ticket WHERE id = $1", number)
    assert (row["urges"], row["status"]) == (2, "received")
    said = await db.fetch(
        "SELECT urged_by_name, source, content FROM urge WHERE ticket = $1 ORDER BY no", number
    )
    assert [tuple(row) for row in said] == [
        ("市民", "citizen_sms", ""),
        ("市民", "citizen_sms", "孩子发烧了"),
    ]
    at(MORNING + timedelta(hours=25))
    assert "已记下" in (await text("催") or "")


async def test_a_reminder_picked_from_a_list_keeps_its_words(text: Texter) -> None:
    await ticket()
    number = await ticket()
    await text("催 三天没水了")
    await text("1")
    assert await db.fetchval("SELECT content FROM urge WHERE ticket = $1", number) == "三天没水了"


async def test_what_is_added_reaches_the_ticket(text: Texter) -> None:
    number = await ticket()
    assert await text(f"补 {number} 又停了") == f"【12345】您补充的情况已记入工单尾号{number % 100000:05d}"
    assert (await text("补 又停了") or "").startswith("【12345】要补充情况")


async def test_a_closed_ticket_takes_no_reminder(text: Texter) -> None:
    number = await ticket()
    await closing.withdraw(STAFF, number, ground="市民来电要求撤诉", now=clock.now())
    assert (
        await text(f"催 {number}") == f"【12345】工单尾号{number % 100000:05d}：已撤回。如有新情况请致电12345"
    )


async def test_the_unknown_gets_the_menu_once_a_day(text: Texter, at: SetClocks) -> None:
    assert (await text("你好") or "").startswith(MENU)
    assert await text("在吗") is None
    assert (await text("帮助") or "").startswith(MENU)
    at(MORNING + timedelta(hours=25))
    assert (await text("hello") or "").startswith("12345: STATUS")


async def test_opted_out_still_gets_answers_but_stop_ends_them(text: Texter) -> None:
    await ticket()
    assert "已退订" in (await text("TD") or "")
    assert await text("查") is not None
    assert "no more messages" in (await text("STOP") or "")
    assert await text("查") is None
    assert "again" in (await text("START") or "")
    assert await text("查") is not None
    ledger = await db.fetch("SELECT purpose, until FROM opt_out")
    assert len(ledger) == 3
    assert all(row["until"] is not None for row in ledger)


async def test_a_carrier_that_answers_stop_itself_is_not_doubled(text: Texter, carrier: Carrier) -> None:
    carrier.answers_stop = True
    assert await text("STOP") is None
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == 3


async def test_what_a_citizen_adds_over_the_limit_is_kept(text: Texter) -> None:
    number = await ticket()
    for _ in range(11):
        await text("查")
    assert await text(f"补 {number} 老人胸闷") is None
    assert await text(f"催 {number}") is None
    said = await db.fetch(
        "SELECT verb, data ->> 'content' AS content FROM ticket_event WHERE ticket = $1 AND verb <> 'register' ORDER BY id",
        number,
    )
    assert [tuple(row) for row in said] == [("append", "市民短信补充：老人胸闷"), ("urge", "")]


async def test_opting_out_is_heard_over_any_limit(text: Texter) -> None:
    for _ in range(11):
        await text("查")
    assert await text("退订") is None
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == 2


async def test_a_repeated_delivery_is_answered_once(text: Texter, carrier: Carrier) -> None:
    number = await ticket()
    message = InMessage("test", "same", ALICE, "12345", f"催 {number}")
    await asyncio.gather(
        *(replies.receive(message, carrier, now=clock.now(), at=clock.real_now()) for _ in range(5))
    )
    assert len(carrier.got) == 1
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", number) == 1


async def test_work_that_fails_gives_the_claim_back(
    text: Texter, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ticket()

    async def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("callbacks.outbox.put", broken)
        with pytest.raises(RuntimeError):
            await text("查", id="again")
    assert await text("查", id="again") is not None


async def test_nothing_of_a_message_is_stored_in_clear(text: Texter) -> None:
    await ticket()
    await text("补 0000 暖气不热")
    await text("查")
    rows = await db.fetch("SELECT row_to_json(m)::text AS all FROM message m")
    assert rows
    assert not [row for row in rows if "暖气" in row["all"] or ALICE in row["all"] or "工单" in row["all"]]


async def test_answers_name_nobody(text: Texter) -> None:
    number = await ticket()
    for body in ("查", f"查 {number}", "催", "帮助"):
        answer = await text(body) or ""
        assert not [word for word in ("王某某", "301", "暖气", ALICE, "李静", str(number)) if word in answer]
