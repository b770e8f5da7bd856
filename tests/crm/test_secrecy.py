"""保密 and 回避: the accused unit, those below it and its parents below the supervisors learn nothing."""

from __future__ import annotations

import pytest

from core import db
from core.errors import Invalid, NotFound, Refused
from core.officers import Officer
from crm import find
from crm.tickets import dispatch, secrecy
from crm.tickets.access import ticket_for
from crm.tickets.dispatch import Dispatch
from crm.tickets.secrecy import Accused, Secret
from routing import units
from tests.crm.cast import ALICE, BOB, NOW, SIMON, at_unit, dispatched, officer, registered, unit_named

pytestmark = pytest.mark.usefixtures("database")
STREET, BUREAU = "王顶堤街道办事处", "南开区供热办"


async def accused(number: int, *names: str) -> None:
    form = Accused(tuple([await unit_named(name) for name in names]))
    await secrecy.accuse(BOB, number, form, now=NOW)


async def head_of_district(name: str) -> Officer:
    district = await unit_named(name)
    return officer(7, "Dong", "unit_head", units=await units.below(district))


async def test_the_accused_unit_is_not_sent_the_ticket_nor_what_is_below_it() -> None:
    number = await registered()
    await accused(number, BUREAU)
    with pytest.raises(Invalid, match="反映的就是该单位"):
        await dispatch.dispatch(BOB, number, Dispatch(await unit_named(BUREAU), "派单目录 0301"), now=NOW)
    with pytest.raises(Invalid) as wrong:
        form = Dispatch(await unit_named("南开区住房建设委"), "派单目录 0301", (await unit_named(BUREAU),))
        await dispatch.dispatch(BOB, number, form, now=NOW)
    assert set(wrong.value.fields) == {"assists"}


async def test_it_goes_to_the_supervisors_above() -> None:
    number = await registered()
    await accused(number, STREET)
    lead = await unit_named("南开区热线办")
    await dispatch.dispatch(BOB, number, Dispatch(lead, "反映街道的，由区里核查"), now=NOW)
    assert (await ticket_for(await head_of_district("南开区热线办"), number)).id == number


async def test_the_accused_sees_nothing_anywhere_even_as_an_assist() -> None:
    number, _order = await dispatched(assists=(STREET,))
    street = await at_unit(STREET)
    assert (await ticket_for(street, number)).id == number
    with pytest.raises(Refused, match="正在承办"):
        await accused(number, STREET)
    await db.execute("UPDATE work_order SET ended_at = $1, status = 'cancelled' WHERE part = 'assist'", NOW)
    await accused(number, STREET)
    with pytest.raises(NotFound):
        await ticket_for(street, number)
    found = await find.find(street, str(number), {}, today=NOW.date(), limit=5)
    assert list(found.rows) == []
    assert (await ticket_for(await at_unit(BUREAU), number)).id == number


async def test_confidential_on_request_leaves_the_index_and_everybody_but_named_posts() -> None:
    number = await registered()
    await secrecy.keep(ALICE, number, Secret("来电人要求不让单位知道"), now=NOW)
    with pytest.raises(NotFound):
        await ticket_for(BOB, number)
    assert await db.fetchval("SELECT cardinality(grams) FROM ticket WHERE id = $1", number) == 0
    await secrecy.lift(SIMON, number, Secret("来电人同意公开"), now=NOW)
    assert await db.fetchval("SELECT cardinality(grams) FROM ticket WHERE id = $1", number) > 0
    assert (await ticket_for(BOB, number)).id == number


async def test_only_a_named_post_lifts_it() -> None:
    number = await registered(kind="report")
    with pytest.raises(NotFound):
        await secrecy.lift(BOB, number, Secret("不需要保密"), now=NOW)
