"""并单: the child stops, an un-merge restores exactly, citizens never see each other, an incident gathers many."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from core import db, privacy
from core.errors import Invalid, Refused
from crm.tickets import dispatch, extensions, holds, merging, replay, replies, signing
from crm.tickets import status as whereabouts
from crm.tickets.merging import Announce, Incident, Merge, Unmerge
from tests.crm import cast
from tests.crm.cast import BOB, NOW, RUTH, SIMON, at_unit, dispatched, registered, status, unit_named

pytestmark = pytest.mark.usefixtures("database")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GROUND = "同一小区同一条管道停水"


async def merge(child: int, master: int) -> None:
    await merging.merge(BOB, child, Merge(str(master), GROUND), now=NOW + 30 * MINUTE)


async def standing(number: int) -> tuple[Any, ...]:
    """All that a merge may touch, but for the versions."""
    ticket = await db.fetchrow(
        "SELECT status, round, due_at, dispatch_due_at, lead_unit, replied_at, urgency, merged_into FROM ticket WHERE id = $1",
        number,
    )
    orders = await db.fetch(
        """SELECT id, status, unit, signed_at, contacted_at, replied_at, ended_at, sign_due_at, contact_due_at,
               close_due_at, clock, clock_due_at, extensions, resume_on, suspended_at
           FROM work_order WHERE ticket = $1 ORDER BY id""",
        number,
    )
    ledger = await db.fetch("SELECT * FROM clock_entry WHERE ticket = $1 ORDER BY id", number)
    return tuple(ticket), [tuple(row) for row in orders], [tuple(row) for row in ledger]


async def test_a_child_stops_and_its_unit_is_told() -> None:
    child, order = await dispatched()
    master, _lead = await dispatched()
    await merge(child, master)
    assert (await status(child), await cast.order_status(order)) == ("merged", "merged")
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", master) == 1
    with pytest.raises(Refused):
        await signing.sign(await at_unit(), order, now=NOW + 31 * MINUTE)
    told = {
        tuple(row) for row in await db.fetch("SELECT verb, party FROM notice_due WHERE ticket = $1", child)
    }
    assert {("merge", "citizen"), ("merge", "unit")} <= told
    assert [found async for found in replay.check()] == []


@pytest.mark.parametrize("seed", range(12))
async def test_an_unmerge_restores_state_and_clocks_exactly(seed: int) -> None:
    child = await _somewhere(random.Random(seed))
    master = await registered()
    before = await standing(child)
    await merge(child, master)
    assert await standing(child) != before
    await merging.unmerge(BOB, child, Unmerge("不是同一处漏水"), now=NOW + 5 * DAY)
    assert await standing(child) == before
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", master) == 0
    assert [found async for found in replay.check()] == []


async def _somewhere(chance: random.Random) -> int:
    """A ticket somewhere on its way, with whatever happened to its clocks."""
    if chance.random() < 0.15:
        return await registered()
    assists = ("王顶堤街道办事处",) if chance.random() < 0.5 else ()
    number, order = await dispatched(assists=assists, urgency=chance.choice((2, 3)))
    wang, steps = await at_unit(), chance.randrange(5)
    if steps >= 1:
        await signing.sign(wang, order, now=NOW + MINUTE)
    if steps >= 2:
        await signing.contact(wang, order, how="call", reached=True, note="", now=NOW + 2 * MINUTE)
    if steps == 3:
        asked = extensions.Ask("works", 1, "配件 11 月 27 日到货，29 日前完成。", "call")
        await extensions.ask(wang, order, asked, now=NOW + 3 * MINUTE)
        await extensions.grant(BOB, number, extensions.Grant(1, "同意"), now=NOW + 4 * MINUTE)
    if steps == 4:
        until = NOW + 3 * DAY
        await holds.ask(
            wang, order, holds.Ask("legal", until, "等法院裁定后恢复供热，已附通知。"), now=NOW + 3 * MINUTE
        )
        await holds.grant(BOB, number, holds.Grant(until, "同意"), now=NOW + 4 * MINUTE)
    return number


async def test_another_place_or_a_confidential_one_is_not_merged() -> None:
    master, elsewhere = await registered(), await registered(street="120103003")
    with pytest.raises(Invalid, match="街道不同"):
        await merge(elsewhere, master)
    secret = await registered(kind="report")
    with pytest.raises(Refused, match="保密"):
        await merging.merge(SIMON, secret, Merge(str(master), GROUND), now=NOW)


async def test_chains_and_circles_are_refused() -> None:
    first, second, third = await registered(), await registered(), await registered()
    await merge(first, second)
    with pytest.raises(Invalid, match="已并入"):
        await merge(third, first)
    with pytest.raises(Refused, match="名下"):
        await merge(second, third)
    with pytest.raises(Invalid, match="自己"):
        await merge(third, third)


async def test_an_incident_gathers_from_the_whole_district_and_one_word_reaches_all() -> None:
    master, _order = await dispatched()
    await merging.declare(BOB, master, Incident("华苑片区停暖"), now=NOW)
    children = [await registered(street="120104009"), await registered(street="120104001")]
    for child in children:
        await merge(child, master)
    await merging.announce(BOB, master, Announce("抢修中，预计今天22时前恢复"), now=NOW + 40 * MINUTE)
    told = await db.fetch("SELECT ticket FROM notice_due WHERE verb = 'announce' AND party = 'citizen'")
    assert {row["ticket"] for row in told} == {master, *children}


async def test_the_masters_answer_is_told_to_every_child() -> None:
    child = await registered()
    master, _order = await cast.replied()
    await merge_into_replied(child, master)
    await replies.accept(RUTH, master, follow_up="must", ground="", now=NOW + 3 * timedelta(hours=1))
    told = await db.fetch("SELECT ticket FROM notice_due WHERE verb = 'accept' AND party = 'citizen'")
    assert {row["ticket"] for row in told} == {master, child}


async def merge_into_replied(child: int, master: int) -> None:
    await merging.merge(BOB, child, Merge(str(master), GROUND), now=NOW + timedelta(hours=2, minutes=1))


async def test_a_child_that_is_not_content_gets_a_round_of_its_own() -> None:
    child, master = await registered(), await registered()
    await merge(child, master)
    await merging.redo(RUTH, child, cause="楼上通了，我家还是没有水", now=NOW + DAY)
    assert await status(child) == "redo"
    row = await db.fetchrow("SELECT round, merged_into FROM ticket WHERE id = $1", child)
    assert tuple(row) == (2, None)
    sent = dispatch.Dispatch(await unit_named("南开区供热办"), "派单目录 0301 × 南开区")
    await dispatch.dispatch(BOB, child, sent, now=NOW + DAY)
    assert [found async for found in replay.check()] == []


async def test_the_citizen_of_a_child_reads_where_its_master_stands() -> None:
    child = await registered(phone="13900001111")
    master, _order = await dispatched()
    await merge(child, master)
    [standing] = await whereabouts.of_number(privacy.lookups("phone", "+8613900001111"), str(child))
    assert (standing.id, standing.status) == (child, "dispatched")
    assert standing.unit == "南开区供热办"
