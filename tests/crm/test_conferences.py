"""退单 with the head's word, and what happens when nobody wants a ticket: the conference designates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import db
from core.errors import Denied, Refused
from crm.tickets import conferences, replay, returns, signing
from crm.tickets.conferences import Designate
from crm.tickets.dispatch import Dispatch
from routing.rulebook import forget
from tests.crm.cast import BOB, NOW, SIMON, at_unit, dispatched, head_of, order_status, status, unit_named

pytestmark = pytest.mark.usefixtures("database")
MINUTE = timedelta(minutes=1)
GROUND = returns.Return("R2", "楼前阀门后为开发商未移交管段")
UNITS = ("南开区供热办", "南开区住房建设委", "南开区城市管理委")


async def returned_by(name: str, order: int, at: int) -> None:
    await returns.ask(await head_of(name), order, GROUND, now=NOW + at * MINUTE)


async def thrice_returned() -> tuple[int, int]:
    number, order = await dispatched(UNITS[0], urgency=3)
    for place, name in enumerate(UNITS[1:], start=1):
        await returned_by(UNITS[place - 1], order, place)
        sent = await returns.accept(
            BOB, number, Dispatch(await unit_named(name), "按建议单位改派"), now=NOW + place * MINUTE
        )
        order = next(id for id, state in sent.orders.items() if state == "dispatched")
    await returned_by(UNITS[2], order, 3)
    return number, order


async def test_a_handler_proposes_and_the_head_sends_it() -> None:
    number, order = await dispatched()
    await returns.ask(await at_unit(), order, GROUND, now=NOW + MINUTE)
    assert (await status(number), await order_status(order)) == ("dispatched", "dispatched")
    with pytest.raises(Refused, match="等本单位负责人"):
        await returns.ask(await at_unit(), order, GROUND, now=NOW + MINUTE)
    late = NOW + timedelta(hours=2)  # the window has passed, the proposal was in time
    await returns.ask(await head_of(), order, GROUND, now=late)
    assert await status(number) == "return_review"
    row = await db.fetchrow("SELECT * FROM return_request")
    assert (row["asked_at"], row["approved_at"], row["approved_by_name"]) == (NOW + MINUTE, late, "Zhao")


async def test_the_head_declines_and_the_handler_goes_on() -> None:
    number, order = await dispatched()
    await returns.ask(await at_unit(), order, GROUND, now=NOW + MINUTE)
    await returns.drop(await head_of(), order, returns.Drop("属本所辖区，由三组办理"), now=NOW + MINUTE)
    await signing.sign(await at_unit(), order, now=NOW + 2 * MINUTE)
    assert await status(number) == "handling"
    assert await db.fetchval("SELECT returns FROM ticket WHERE id = $1", number) == 0


async def test_the_third_return_goes_to_a_conference_of_all_who_had_it() -> None:
    number, _order = await thrice_returned()
    assert await status(number) == "conference"
    row = await db.fetchrow("SELECT * FROM conference WHERE ticket = $1", number)
    assert set(row["participants"]) == {await unit_named(name) for name in UNITS}
    assert row["due_at"] > NOW
    assert [found async for found in replay.check()] == []


async def test_only_a_supervisor_designates_and_it_binds() -> None:
    number, _order = await thrice_returned()
    lead = await unit_named("南开区供热办")
    with pytest.raises(Denied):
        await conferences.designate(BOB, number, Designate(lead, (), "会商纪要第 3 号"), now=NOW + 9 * MINUTE)
    moved = await conferences.designate(
        SIMON, number, Designate(lead, (), "会商纪要第 3 号"), now=NOW + 9 * MINUTE
    )
    order = next(id for id, state in moved.orders.items() if state == "dispatched")
    with pytest.raises(Refused, match="不能再退"):
        await returned_by("南开区供热办", order, 10)
    assert await db.fetchval("SELECT ruling FROM conference WHERE ticket = $1", number) == "会商纪要第 3 号"


async def test_a_conference_may_leave_it_where_it_is() -> None:
    number, order = await thrice_returned()
    own = await db.fetchval("SELECT unit FROM work_order WHERE id = $1", order)
    before = await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order)
    await conferences.designate(SIMON, number, Designate(own, (), "会商纪要第 4 号"), now=NOW + 9 * MINUTE)
    assert (await status(number), await order_status(order)) == ("handling", "handling")
    assert await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order) == before
    assert [found async for found in replay.check()] == []


async def test_the_dispatcher_cannot_rule_alone_on_one_return_too_many() -> None:
    number, order = await dispatched(urgency=3)
    await db.execute("UPDATE ticket SET returns = 2 WHERE id = $1", number)
    await db.execute("UPDATE time_limit SET amount = 9 WHERE clock = 'conference_after'")
    forget()
    await returned_by("南开区供热办", order, 1)
    await db.execute("UPDATE time_limit SET amount = 3 WHERE clock = 'conference_after'")
    forget()
    with pytest.raises(Refused, match="会商"):
        await returns.accept(
            BOB, number, Dispatch(await unit_named(UNITS[1]), "按建议单位改派"), now=NOW + MINUTE
        )
    units = tuple([await unit_named(name) for name in UNITS[:2]])
    await conferences.call(BOB, number, conferences.Call(units, "外管段由谁主办"), now=NOW + MINUTE)
    assert await status(number) == "conference"
