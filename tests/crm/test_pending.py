"""What waits for an answer ends with what it was about; two who act at once do not act twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core import clock, db
from core.errors import Refused
from crm.tickets import agreement, archiving, closing, dispatch, signing
from crm.tickets.verbs import VERBS
from tests.crm import journeys
from tests.crm.cast import ALICE, BOB, SIMON, at_unit, head_of, officer, status
from tests.crm.journeys import Cast

pytestmark = pytest.mark.usefixtures("database")


async def cast() -> Cast:
    wang, zhao = await at_unit(), await head_of()
    people = {
        "agent": ALICE,
        "dispatcher": BOB,
        "reviewer": officer(4, "Ruth", "reviewer"),
        "supervisor": SIMON,
    }
    return await journeys.cast_of(people | {"unit_handler": wang, "unit_head": zhao})


@pytest.mark.parametrize(
    ("state", "asked", "leaves"),
    [
        ("handling", "ask_extension", "reply"),
        ("handling", "ask_hold", "reassign"),
        ("handling", "propose_return", "reply"),
        ("handling", "ask_extension", "withdraw"),
        ("conference", "minute", "withdraw"),
        ("handling", "supervise", "withdraw"),
        ("handling", "ask_hold", "merge"),
    ],
)
async def test_nothing_is_asked_of_a_ticket_that_has_moved_on(state: str, asked: str, leaves: str) -> None:
    people = await cast()
    ticket = await journeys.at(people, state)
    for move in (asked, leaves):
        await journeys.make(people, ticket, move)
    assert [found async for found in agreement.check()] == []


async def test_a_child_leaves_a_master_that_is_archived() -> None:
    people = await cast()
    child = await journeys.at(people, "merged")
    master = await db.fetchval("SELECT merged_into FROM ticket WHERE id = $1", child)
    for move in journeys.PATHS["closed"]:
        await journeys.make(people, master, move)
    assert await archiving.archive(now=clock.now() + timedelta(days=400)) == 1
    await closing.withdraw(SIMON, child, ground="市民来电：不用办了。", now=clock.now())
    assert [found async for found in agreement.check()] == []


async def test_a_merged_ticket_keeps_what_was_asked_until_it_is_withdrawn() -> None:
    people = await cast()
    ticket = await journeys.at(people, "handling")
    for move in ("ask_extension", "merge"):
        await journeys.make(people, ticket, move)
    assert await db.fetchval("SELECT count(*) FROM time_request WHERE ruled_at IS NULL") == 1
    await closing.withdraw(SIMON, ticket, ground="市民来电：不用办了。", now=clock.now())
    assert await db.fetchval("SELECT count(*) FROM time_request WHERE ruled_at IS NULL") == 0
    assert [found async for found in agreement.check()] == []


async def test_a_ticket_that_others_joined_is_not_withdrawn_over_their_heads() -> None:
    people = await cast()
    child = await journeys.at(people, "merged")
    master = await db.fetchval("SELECT merged_into FROM ticket WHERE id = $1", child)
    with pytest.raises(Refused) as refused:
        await closing.withdraw(SIMON, master, ground="市民来电：不用办了。", now=clock.now())
    assert refused.value.code == "master"


async def test_a_ticket_on_hold_goes_to_another_unit() -> None:
    people = await cast()
    ticket = await journeys.at(people, "suspended")
    await dispatch.dispatch(BOB, ticket, dispatch.Dispatch(people.other, "属河西区管线"), now=clock.now())
    assert await status(ticket) == "dispatched"
    assert [found async for found in agreement.check()] == []


async def test_two_contacts_at_once_stop_the_clock_once() -> None:
    people = await cast()
    ticket = await journeys.at(people, "dispatched")
    order = await journeys.order_of(ticket)
    await signing.sign(people.people["unit_handler"], order, now=clock.now())
    calls = [
        signing.contact(
            people.people["unit_handler"], order, how="call", reached=True, note="", now=clock.now()
        )
        for _ in range(6)
    ]
    await asyncio.gather(*calls, return_exceptions=True)
    stops = "SELECT count(*) FROM clock_entry WHERE work_order = $1 AND clock = 'contact' AND entry = 'stop'"
    assert await db.fetchval(stops, order) == 1
    assert [found async for found in agreement.check()] == []


async def test_children_that_leave_at_once_wait_for_each_other() -> None:
    """Some un-merged, some withdrawn, masters older and younger than they are: nobody dies of it."""
    people = await cast()
    pair = [await journeys.at(people, "received") for _ in range(8)]
    master, children = pair[4], pair[:4] + pair[5:]
    merge, unmerge = VERBS["merge"], VERBS["unmerge"]
    for child in children:
        await merge.do(SIMON, child, merge.form(f"{master:013d}", "同一条管道停水"), now=clock.now())
    leaving = [
        unmerge.do(SIMON, child, unmerge.form("不是同一件事"), now=clock.now())
        if n % 2
        else closing.withdraw(SIMON, child, ground="市民来电：不用办了。", now=clock.now())
        for n, child in enumerate(children)
    ]
    await asyncio.gather(*leaving)
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", master) == 0
    assert [found async for found in agreement.check()] == []
