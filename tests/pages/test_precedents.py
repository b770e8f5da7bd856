"""先例 beside a ruling, and a line of the catalogue made from one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core import clock, db
from crm.tickets import conferences, returns
from crm.tickets.dispatch import Dispatch
from routing.catalogue import lead_for
from tests.crm.cast import BOB, HEATING, NOW, SIMON, dispatched, head_of, unit_named
from tests.pages.counting import counted
from tests.people import Hire

LATER = NOW + timedelta(hours=2)
TAKER = "南开区住房建设委"
GROUND = returns.Return("R2", "楼前阀门后为开发商未移交管段")


@pytest.fixture(autouse=True)
def it_is_two_hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


async def returned() -> int:
    number, order = await dispatched(urgency=3)
    await returns.ask(await head_of(), order, GROUND, now=NOW)
    return number


async def upheld() -> int:
    number = await returned()
    await returns.accept(BOB, number, Dispatch(await unit_named(TAKER), "楼内立管归物业，住建牵头"), now=NOW)
    return int(await db.fetchval("SELECT id FROM return_request WHERE ticket = $1", number))


async def designated() -> int:
    number = await returned()
    units = (await unit_named("南开区供热办"), await unit_named(TAKER))
    await conferences.call(BOB, number, conferences.Call(units, "外管段由谁主办"), now=NOW)
    form = conferences.Designate(await unit_named(TAKER), (), "会商纪要：先由住建委办")
    await conferences.designate(SIMON, number, form, now=NOW)
    return int(await db.fetchval("SELECT id FROM conference WHERE ticket = $1", number))


async def test_earlier_rulings_are_told_with_who_took_it(officer: Hire) -> None:
    await upheld()
    await designated()
    number = await returned()
    text = (await (await officer("dispatcher")).get(f"/dispatch/{number}/precedents")).text
    assert text.count(TAKER) == 2
    assert "会商指定" in text
    assert "退单成立" in text
    assert "记入派单目录</button>" not in text


async def test_other_matters_and_places_are_no_precedents(officer: Hire) -> None:
    await upheld()
    number, _order = await dispatched(matter="030102")
    text = (await (await officer("dispatcher")).get(f"/dispatch/{number}/precedents")).text
    assert "还没有裁定过" in text


@pytest.mark.parametrize(("how", "ruled"), [("return", upheld), ("conference", designated)])
async def test_one_click_makes_a_line_that_the_next_suggestion_rests_on(
    officer: Hire, how: str, ruled: Callable[[], Awaitable[int]]
) -> None:
    ruling, visitor = await ruled(), await officer("supervisor")
    answer = await visitor.post(f"/dispatch/precedents/{how}/{ruling}/line")
    assert answer.status_code == 200, answer.text[:400]
    assert "已记入派单目录" in answer.text
    today = clock.local(LATER).date()
    found = await lead_for(HEATING["matter"], HEATING["street"], today)
    assert found is not None
    assert found.unit_name == TAKER
    row = await db.fetchrow(
        "SELECT legal_basis, valid_from FROM catalogue_line WHERE code = $1", found.line_code
    )
    assert row["valid_from"] == today
    assert row["legal_basis"].startswith("会商指定" if how == "conference" else "退单裁定")
    assert await db.fetchval("SELECT count(*) FROM admin_change WHERE subject = 'catalogue'") == 1
    again = await visitor.post(f"/dispatch/precedents/{how}/{ruling}/line")
    assert again.status_code == 409
    assert "目录里已有同样具体的" in again.text


async def test_a_dispatcher_does_not_write_the_catalogue(officer: Hire) -> None:
    ruling = await upheld()
    answer = await (await officer("dispatcher")).post(f"/dispatch/precedents/return/{ruling}/line")
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["return/999", "nothing/1"])
async def test_what_was_never_ruled_is_not_found(officer: Hire, path: str) -> None:
    answer = await (await officer("supervisor")).post(f"/dispatch/precedents/{path}/line")
    assert answer.status_code == 404


async def test_many_precedents_cost_no_more_questions(officer: Hire) -> None:
    number, visitor, costs = await returned(), await officer("dispatcher"), []
    for more in (1, 4):
        for _one in range(more):
            await upheld()
        await visitor.get(f"/dispatch/{number}/precedents")
        async with counted() as cost:
            await visitor.get(f"/dispatch/{number}/precedents")
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0
