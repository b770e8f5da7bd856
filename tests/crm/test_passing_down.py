"""转派: down the unit's own tree with the same deadlines, seen from above, counted for the unit that answers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import db
from core.errors import Invalid, NotFound, Refused
from core.officers import Officer
from crm.kpi.facts import Args, Period, facts
from crm.kpi.rates import Rules
from crm.tickets import assists, dispatch, inbox, passing_down, replay, replies, secrecy, signing
from crm.tickets.access import order_for
from crm.tickets.dispatch import Dispatch
from crm.tickets.passing_down import Back, Down
from crm.tickets.verbs import offered
from routing import rulebook, units
from tests.crm.cast import BOB, NOW, at_unit, dispatched, officer, registered, unit_named

pytestmark = pytest.mark.usefixtures("database")
OFFICE, STREET, BUREAU = "南开区热线办", "王顶堤街道办事处", "南开区供热办"
HOUR = timedelta(hours=1)


async def whole(name: str, role: str = "unit_handler") -> Officer:
    return officer(7, "Dong", role, units=await units.below(await unit_named(name)))


async def passed(to: str = STREET) -> tuple[int, int]:
    number, order = await dispatched(OFFICE)
    await passing_down.pass_down(
        await whole(OFFICE), order, Down(await unit_named(to), "请现场核实"), now=NOW
    )
    return number, order


async def row(order: int) -> db.Record:
    return await db.fetchrow("SELECT * FROM work_order WHERE id = $1", order)


async def clean() -> bool:
    return [found async for found in replay.check()] == []


async def test_the_unit_below_signs_works_and_replies_by_the_same_deadlines() -> None:
    number, order = await dispatched(OFFICE)
    before = await row(order)
    await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(STREET)), now=NOW + HOUR)
    after = await row(order)
    assert (after["unit"], after["answerable_unit"]) == (await unit_named(STREET), before["unit"])
    assert [after[c] for c in ("sign_due_at", "close_due_at", "return_until")] == [
        before[c] for c in ("sign_due_at", "close_due_at", "return_until")
    ]
    street = await at_unit(STREET)
    await signing.sign(street, order, now=NOW + HOUR)
    await signing.contact(street, order, how="visit", reached=True, note="", now=NOW + HOUR)
    await replies.reply(street, order, replies.Reply("solved", "已上门检查并恢复供热。"), now=NOW + 2 * HOUR)
    assert await db.fetchval("SELECT status FROM ticket WHERE id = $1", number) == "replied"
    assert await clean()


async def test_the_one_above_still_sees_it_and_others_do_not() -> None:
    _number, order = await passed()
    assert (await order_for(await whole(OFFICE), order))[1].id == order
    assert [r["id"] for r in await inbox.orders(await whole(OFFICE), "sign")] == [order]
    with pytest.raises(NotFound):
        await order_for(await at_unit("向阳路街道办事处"), order)


async def test_it_is_taken_back_by_the_unit_that_answers_only() -> None:
    _number, order = await passed()
    with pytest.raises(NotFound):
        await passing_down.take_back(await at_unit(STREET), order, Back("自己办不了"), now=NOW)
    await passing_down.take_back(await whole(OFFICE), order, Back("街道无此职能"), now=NOW + HOUR)
    after = await row(order)
    assert (after["unit"], after["answerable_unit"]) == (await unit_named(OFFICE), None)
    with pytest.raises(Refused, match="没有转派"):
        await passing_down.take_back(await whole(OFFICE), order, Back("街道无此职能"), now=NOW + HOUR)
    assert await clean()


async def test_passed_on_twice_the_first_unit_still_answers() -> None:
    number, order = await dispatched(OFFICE)
    office = await unit_named(OFFICE)
    await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(BUREAU)), now=NOW)
    below = await db.fetchval("SELECT id FROM unit WHERE parent = $1 LIMIT 1", await unit_named(BUREAU))
    if below is not None:
        await passing_down.pass_down(await whole(BUREAU), order, Down(below), now=NOW)
    assert (await row(order))["answerable_unit"] == office
    assert (
        await db.fetchval("SELECT lead_unit FROM ticket WHERE id = $1", number) == (await row(order))["unit"]
    )


@pytest.mark.parametrize("name", [OFFICE, "和平区热线办", "市便民专线服务中心"])
async def test_only_down_the_own_tree(name: str) -> None:
    _number, order = await dispatched(OFFICE)
    with pytest.raises(Invalid, match="下属单位"):
        await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(name)), now=NOW)


async def test_a_departments_matter_is_not_pushed_to_a_street_and_the_rule_is_named() -> None:
    await db.execute("UPDATE matter SET no_push_down = TRUE WHERE code = '030101'")
    rulebook.forget()
    _number, order = await dispatched(OFFICE)
    with pytest.raises(Invalid) as wrong:
        await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(STREET)), now=NOW)
    assert "不得下推给街道" in wrong.value.fields["unit"]
    other = await registered(phone="13800229999")
    with pytest.raises(Invalid) as wrong:
        await dispatch.dispatch(BOB, other, Dispatch(await unit_named(STREET), "就近由街道办理"), now=NOW)
    assert "不得下推给街道" in wrong.value.fields["lead"]
    await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(BUREAU)), now=NOW)
    rulebook.forget()


async def test_nobody_passes_it_to_the_unit_it_is_about_or_to_an_assist() -> None:
    number, order = await dispatched(OFFICE)
    await assists.add(BOB, number, assists.More((await unit_named(BUREAU),), "供热由其配合"), now=NOW)
    with pytest.raises(Invalid, match="已在协办"):
        await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(BUREAU)), now=NOW)
    await secrecy.accuse(BOB, number, secrecy.Accused((await unit_named(STREET),)), now=NOW)
    with pytest.raises(Invalid, match="反映的就是该单位"):
        await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(STREET)), now=NOW)


async def test_the_unit_below_is_woken_from_the_first_step() -> None:
    _number, order = await dispatched(OFFICE, urgency=1)
    await db.execute("UPDATE work_order SET escalation = 3 WHERE id = $1", order)
    await passing_down.pass_down(await whole(OFFICE), order, Down(await unit_named(STREET)), now=NOW + HOUR)
    after = await row(order)
    assert (after["escalation"], after["escalate_at"]) == (0, NOW + HOUR)


async def test_rates_count_for_the_unit_that_answers() -> None:
    _number, order = await passed()
    args = Args()
    sql = facts(
        "on_time_sign", Period(date(2026, 11, 1), date(2026, 12, 31), NOW + 30 * 24 * HOUR), Rules(), args
    )
    assert await db.fetchval(
        f"SELECT unit FROM ({sql}) f WHERE id = {order}", *args.values
    ) == await unit_named(OFFICE)


async def test_the_buttons_stand_where_they_help() -> None:
    _number, order = await dispatched(OFFICE)
    above, street = await whole(OFFICE), await at_unit(STREET)
    names = {verb.move for verb in offered(above, *await order_for(above, order))}
    assert "pass_down" in names
    assert "take_back" not in names
    await passing_down.pass_down(above, order, Down(await unit_named(STREET)), now=NOW)
    assert "take_back" in {verb.move for verb in offered(above, *await order_for(above, order))}
    assert not {"pass_down", "take_back"} & {
        verb.move for verb in offered(street, *await order_for(street, order))
    }
