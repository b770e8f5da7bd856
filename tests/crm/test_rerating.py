"""重定等级: running clocks follow another urgency from their own start; what has stopped stays judged as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import db
from core.errors import Denied, Invalid
from crm.tickets import agreement, extensions, replay, rerating, signing
from crm.tickets.rerating import Rerate
from tests.crm.cast import ALICE, BOB, NOW, SIMON, at_unit, dispatched

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)


async def order(number: int, part: str = "lead") -> db.Record:
    return await db.fetchrow("SELECT * FROM work_order WHERE ticket = $1 AND part = $2", number, part)


async def clean() -> bool:
    return not [found async for found in replay.check()] and not [found async for found in agreement.check()]


async def test_an_unsigned_order_that_becomes_urgent_is_due_and_rung_at_once() -> None:
    number, _lead = await dispatched(urgency=3, assists=("王顶堤街道办事处",))
    later = NOW + 10 * timedelta(minutes=1)
    await rerating.rerate(BOB, number, Rerate(2, "家中有吸氧老人，停电危及生命"), now=later)
    lead, assist = await order(number), await order(number, "assist")
    assert (lead["sign_due_at"], lead["close_due_at"]) == (NOW + HOUR / 2, NOW + 24 * HOUR)
    assert (lead["clock"], lead["clock_due_at"]) == ("sign", NOW + HOUR / 2)
    assert assist["close_due_at"] == NOW + 16 * HOUR
    assert lead["escalate_at"] <= NOW + HOUR / 2
    row = await db.fetchrow("SELECT urgency, due_at FROM ticket WHERE id = $1", number)
    assert tuple(row) == (2, lead["close_due_at"])
    assert await clean()


async def test_what_was_signed_in_time_stays_so() -> None:
    number, lead = await dispatched(urgency=3)
    await signing.sign(await at_unit(), lead, now=NOW + HOUR)
    before = (await order(number))["sign_due_at"]
    await rerating.rerate(BOB, number, Rerate(1, "现场有燃气味，危及生命财产"), now=NOW + 2 * HOUR)
    after = await order(number)
    assert after["sign_due_at"] == before
    assert after["contact_due_at"] == NOW + HOUR
    assert await clean()


async def test_an_extension_is_kept_on_top_of_the_new_limit() -> None:
    number, lead = await dispatched(urgency=2)
    wang = await at_unit()
    await signing.sign(wang, lead, now=NOW)
    await signing.contact(wang, lead, how="call", reached=True, note="", now=NOW)
    await extensions.ask(
        wang, lead, extensions.Ask("works", 12, "配件明日到货，装好即恢复。", "call"), now=NOW
    )
    await extensions.grant(BOB, number, extensions.Grant(12, "同意"), now=NOW)
    await rerating.rerate(BOB, number, Rerate(1, "现场有燃气味，危及生命财产"), now=NOW + HOUR)
    row = await order(number)
    assert (row["first_due_at"], row["close_due_at"]) == (NOW + 2 * HOUR, NOW + 14 * HOUR)
    assert await clean()


async def test_p4_is_the_supervisors_and_the_same_is_no_change() -> None:
    number, _lead = await dispatched(urgency=3)
    with pytest.raises(Denied):
        await rerating.rerate(BOB, number, Rerate(4, "涉及三个单位，历史遗留"), now=NOW)
    with pytest.raises(Invalid):
        await rerating.rerate(BOB, number, Rerate(3, "涉及三个单位，历史遗留"), now=NOW)
    with pytest.raises(Denied):
        await rerating.rerate(ALICE, number, Rerate(2, "涉及三个单位，历史遗留"), now=NOW)
    await rerating.rerate(SIMON, number, Rerate(4, "涉及三个单位，历史遗留"), now=NOW)
    assert await db.fetchval("SELECT urgency FROM ticket WHERE id = $1", number) == 4
    assert await clean()


async def test_a_request_that_began_before_the_dispatch_and_waited_for_it_breaks_no_ledger() -> None:
    number, _lead = await dispatched(urgency=3)
    await rerating.rerate(
        BOB, number, Rerate(2, "家中有吸氧老人，停电危及生命"), now=NOW - timedelta(seconds=1)
    )
    assert (await order(number))["close_due_at"] == NOW + 24 * HOUR
    assert await clean()
