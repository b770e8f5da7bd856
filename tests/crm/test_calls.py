"""Calls on the queue and in hand, on a real database."""

import asyncio

import pytest

from core import db
from core.errors import Conflict, NotFound
from crm import calls
from tests.crm.cast import ALICE, CHARLIE, HEATING, NOW, form

pytestmark = pytest.mark.usefixtures("database")


async def offered(carrier_id: str = "c-1", phone: str = str(HEATING["phone"])) -> int:
    return await calls.receive(carrier_id=carrier_id, line="12345", phone=phone, now=NOW)


async def test_a_carriers_repetition_is_the_same_call() -> None:
    assert await offered() == await offered()


async def test_the_longest_waiting_is_answered_first_and_the_others_counted() -> None:
    first, _second = await offered("c-1"), await offered("c-2")
    assert await calls.answer_next(ALICE, now=NOW) == first
    assert await calls.waiting() == calls.Waiting(1, NOW)


async def test_an_agent_in_two_windows_gets_one_call() -> None:
    await db.execute(
        "INSERT INTO account (id, username, name, password_hash, locale, density, active, created_at)"
        " VALUES ($1, 'alice', 'Alice', '!', 'zh_CN', 'dense', true, $2)",
        ALICE.id, NOW,
    )  # fmt: skip
    await offered("c-1")
    await offered("c-2")
    done = await asyncio.gather(
        *(calls.answer_next(ALICE, now=NOW) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "int"]
    assert (await calls.waiting()).count == 1


async def test_a_second_call_waits_for_the_first_to_end() -> None:
    await offered("c-1")
    await offered("c-2")
    await calls.answer_next(ALICE, now=NOW)
    with pytest.raises(Conflict):
        await calls.answer_next(ALICE, now=NOW)


async def test_who_gives_up_waiting_has_abandoned() -> None:
    call = await offered()
    await calls.hung_up("c-1", now=NOW)
    assert await db.fetchval("SELECT disposition FROM call WHERE id = $1", call) == "abandoned"


async def test_a_call_of_another_agent_is_not_in_hand() -> None:
    call = await offered()
    await calls.answer_next(ALICE, now=NOW)
    assert await calls.in_hand(CHARLIE, call) is None
    with pytest.raises(NotFound):
        await calls.phone_of(CHARLIE, call, reason="想看看号码")


async def test_the_first_word_on_how_it_ended_stays() -> None:
    from crm.tickets import register

    call = await offered()
    await calls.answer_next(ALICE, now=NOW)
    await register.register(ALICE, await form(), now=NOW, call=call)
    await calls.dispose(ALICE, call, disposition="silent", note="", now=NOW)
    assert await db.fetchval("SELECT disposition FROM call WHERE id = $1", call) == "ticket"
    assert await calls.without_disposition(ALICE) == []


async def test_a_caller_known_by_now_is_known_on_the_desk() -> None:
    from crm.tickets import register

    call = await offered()
    await calls.answer_next(ALICE, now=NOW)
    assert (await calls.in_hand(ALICE))["citizen"] is None
    await register.register(ALICE, await form(), now=NOW, call=call)
    row = await calls.in_hand(ALICE, call)
    assert (row["tickets"], row["citizen"] is not None) == (1, True)
