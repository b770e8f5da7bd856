"""回访 by SMS: asked once by day, two digits close the follow-up, a 3 brings a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from callbacks import jobs, surveys
from core import clock, db, installation
from crm.tickets import closing, following_up, merging, replay, replies
from crm.tickets.following_up import Answer
from crm.tickets.merging import Merge
from tests.callbacks.conftest import ALICE, MORNING, Carrier, SetClocks, Texter, outcomes, work
from tests.crm import cast
from tests.crm.cast import RUTH, status

HOUR = timedelta(hours=1)
OTHER = "13900001111"


@pytest.fixture(autouse=True)
async def demo(database: str, at: SetClocks) -> AsyncIterator[None]:
    surveys.forget()
    await installation.keep("purpose", "demo")
    yield
    surveys.forget()


async def answered(phone: str = ALICE, **changes: Any) -> int:
    """In follow-up since `MORNING`."""
    number, _order = await cast.replied(phone=phone, **changes)
    await replies.accept(RUTH, number, follow_up="must", ground="", now=MORNING)
    return number


async def asked(carrier: Carrier, at: SetClocks, moment: Any = None) -> list[str]:
    """What the survey's job sends."""
    at(moment or MORNING + HOUR)
    await work()
    before = len(carrier.got)
    await jobs.send_surveys()
    await jobs.send_messages()
    return carrier.bodies[before:]


async def round_of(number: int) -> tuple[Any, ...]:
    row = await db.fetchrow(
        "SELECT follow_up_by, solved, satisfied, follow_up_at IS NOT NULL FROM round WHERE ticket = $1",
        number,
    )
    return tuple(row)


async def test_asked_once_an_hour_after_the_answer(carrier: Carrier, at: SetClocks) -> None:
    number = await answered()
    assert await asked(carrier, at, MORNING + 0.9 * HOUR) == []
    [said] = await asked(carrier, at)
    assert said.startswith(f"【12345】工单尾号{number % 100000:05d}已答复。请回两位数")
    assert await asked(carrier, at, MORNING + 2 * HOUR) == []
    surveys.forget()  # another worker
    assert await asked(carrier, at, MORNING + 3 * HOUR) == []


async def test_not_at_night_but_in_the_morning_after(carrier: Carrier, at: SetClocks) -> None:
    await answered()
    assert await asked(carrier, at, MORNING + 11 * HOUR) == []  # 21:45
    assert len(await asked(carrier, at, MORNING + 22 * HOUR)) == 1  # 08:45


async def test_off_unless_the_site_wants_it(carrier: Carrier, at: SetClocks) -> None:
    await installation.keep("purpose", "production")
    await answered()
    assert await asked(carrier, at) == []


@pytest.mark.parametrize("why", ["one way", "opted out", "called already", "not by sms"])
async def test_nobody_is_asked_who_cannot_or_will_not_answer(
    carrier: Carrier, at: SetClocks, text: Texter, why: str
) -> None:
    number = await answered(**({"reply_by": ["call"]} if why == "not by sms" else {}))
    if why == "one way":
        carrier.two_way = False
    elif why == "opted out":
        await text("退订")
    elif why == "called already":
        await following_up.record(RUTH, number, Answer("no_answer"), now=clock.now())
    assert await asked(carrier, at) == []


async def test_two_digits_close_the_follow_up(carrier: Carrier, at: SetClocks, text: Texter) -> None:
    number = await answered()
    await asked(carrier, at)
    assert await text("45") == "【12345】请回两位数，每位是1、2或3，例如“11”"
    assert await text("１２") == f"【12345】工单尾号{number % 100000:05d}的评价已收到，谢谢您"
    assert await status(number) == "closed"
    assert await round_of(number) == ("sms", "yes", 3, True)
    await work()
    assert (await outcomes(number))[-1] == ("close", "citizen", "together")
    assert [found async for found in replay.check()] == []
    assert (await text("33") or "").startswith("【12345】查：")  # the first valid reply counts


@pytest.mark.parametrize("digits", ["31", "13", "33"])
async def test_a_three_brings_a_call(carrier: Carrier, at: SetClocks, text: Texter, digits: str) -> None:
    number = await answered()
    await asked(carrier, at)
    assert "我们会给您回电话" in (await text(digits) or "")
    assert await status(number) == "follow_up"
    assert (await round_of(number))[3] is False
    said = await db.fetchval("SELECT data ->> 'content' FROM ticket_event WHERE verb = 'append'")
    assert said.startswith("市民短信评价：")
    assert said.endswith("请回电")
    assert await following_up.take_next(RUTH, now=clock.now()) == number


async def test_a_list_and_a_survey_are_told_apart(carrier: Carrier, at: SetClocks, text: Texter) -> None:
    number = await answered()
    await cast.registered(phone=ALICE)
    await asked(carrier, at)
    assert "回数字选择" in (await text("查") or "")
    assert "已受理" in (await text("1") or "")
    await text("11")
    assert await status(number) == "closed"


async def test_closed_by_phone_meanwhile(carrier: Carrier, at: SetClocks, text: Texter) -> None:
    number = await answered()
    await asked(carrier, at)
    await closing.close(RUTH, number, solved="no", satisfied=5, by_way="call", now=clock.now())
    assert "已办结" in (await text("11") or "")
    assert (await round_of(number))[:3] == ("call", "no", 5)


async def test_after_three_days_the_digits_are_nothing(carrier: Carrier, at: SetClocks, text: Texter) -> None:
    number = await answered()
    await asked(carrier, at)
    at(MORNING + 74 * HOUR)
    await text("11")
    assert await status(number) == "follow_up"


async def test_a_merged_citizen_is_asked_by_their_own_number(
    carrier: Carrier, at: SetClocks, text: Texter
) -> None:
    master, _order = await cast.replied(phone=ALICE)
    child = await cast.registered(phone=OTHER)
    await merging.merge(cast.BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=MORNING)
    await replies.accept(RUTH, master, follow_up="must", ground="", now=MORNING)
    assert len(await asked(carrier, at)) == 2
    assert f"{child % 100000:05d}的评价已收到" in (await text("11", OTHER) or "")
    assert (await status(child), await status(master)) == ("merged", "follow_up")
    assert await round_of(child) == ("sms", "yes", 2, True)
