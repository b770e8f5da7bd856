"""The light of the clock a unit turns to: a share of the limit that counts by then, not of the one it began with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from core import db
from core.admin import changes
from core.admin.writing import RowChange
from crm.pages.effects import OnOpenOrders
from crm.tickets import clocks_of, inbox, recompute_plans, signing
from crm.tickets.clocks import BrokenLedger, Entry, Kind, measure
from crm.tickets.lights import turns_at
from routing import effects, rulebook
from routing.admin.limits import LIMITS
from routing.limits import Limit
from tests.crm.cast import BOB, NOW, at_unit, dispatched
from tests.crm.test_recomputing import ADMIN, work_off

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
async def upstairs(database: str) -> AsyncIterator[None]:
    rulebook.forget()
    effects.use(OnOpenOrders())
    yield
    effects.use(None)
    rulebook.forget()


async def follow(clock: str, amount: int, unit: str) -> None:
    """A new limit for P3 help from today, and open orders follow it."""
    world = await changes.world_of(LIMITS)
    row, values = next(
        (row, v) for row, v in world.items()
        if (v["urgency"], v["clock"]) == (3, clock) and v["kind"] in ("help", "*")
        and (v["kind"] == "help" or clock != "close")
    )  # fmt: skip
    today = date(2026, 11, 24)
    rows = [
        RowChange(row, values, {**values, "valid_to": today - timedelta(days=1)}),
        RowChange(
            -1, None, {**values, "amount": amount, "unit": unit, "version": "2026-9", "valid_from": today}
        ),
    ]
    done = await changes.apply(LIMITS, rows, by=ADMIN, reason="提速", now=NOW)
    assert done is not None
    await recompute_plans.order_run(done.id, follow=True, title="提速", by=ADMIN)
    assert await work_off() == 1


async def order(number: int) -> Any:
    return await db.fetchrow("SELECT * FROM work_order WHERE id = $1", number)


async def shown(row: Any, limit: Limit) -> bool:
    """Whether the stored light turns as a share of `limit`."""
    book = await rulebook.rulebook()
    turns = turns_at(row["clock_from"], row["clock_due_at"], limit=limit, calendar=book.calendar)
    return (row["yellow_at"], row["orange_at"]) == (turns.yellow_at, turns.orange_at)


async def test_the_next_clock_minds_the_limit_it_was_told_to_follow() -> None:
    _number, lead = await dispatched(urgency=3)
    await follow("contact", 6, "hour")
    wang = await at_unit()
    await signing.sign(wang, lead, now=NOW + timedelta(minutes=2))
    row = await order(lead)
    assert (row["clock"], row["clock_due_at"]) == ("contact", NOW + timedelta(hours=6))
    assert row["yellow_at"] == NOW + timedelta(hours=3)
    assert await shown(row, Limit(6, "hour"))


async def test_a_close_in_hours_since_today_is_not_counted_in_days() -> None:
    _number, lead = await dispatched(urgency=3)
    await follow("close", 80, "hour")
    wang = await at_unit()
    await signing.sign(wang, lead, now=NOW + timedelta(minutes=2))
    await signing.contact(wang, lead, how="call", reached=True, note="", now=NOW + timedelta(minutes=9))
    row = await order(lead)
    assert (row["clock"], row["clock_due_at"]) == ("close", NOW + timedelta(hours=80))
    assert row["yellow_at"] == NOW + timedelta(hours=40)
    (listed,) = await inbox.orders(wang, "handling")
    assert listed["clock_days"] is None


async def test_an_extension_in_the_other_unit_is_counted_in_days_and_one_in_the_same_is_added() -> None:
    for at, extension, whole in ((0, Limit(24, "hour"), 5), (1, Limit(3, "workday"), 8)):
        _number, lead = await dispatched(urgency=3, phone=f"1380022000{at}")
        wang = await at_unit()
        await signing.sign(wang, lead, now=NOW)
        await signing.contact(wang, lead, how="call", reached=True, note="", now=NOW)
        async with db.tx() as t:
            mine = await clocks_of.lead_order(t, await _ticket(lead))
            columns = await clocks_of.extend(t, mine, extension, NOW, note="配件", actor=BOB.name)
        assert await shown(columns, Limit(whole, "workday"))
        listed = next(row for row in await inbox.orders(wang, "handling") if row["id"] == lead)
        assert listed["clock_days"] == whole


async def _ticket(lead: int) -> Any:
    from crm.tickets.access import ticket_for

    return await ticket_for(
        BOB, await db.fetchval("SELECT ticket FROM work_order WHERE id = $1", lead), to="see"
    )


def test_what_a_light_is_a_share_of() -> None:
    start = Entry.to(Kind.START, NOW, Limit(24, "hour", "1"))
    assert measure([start]) == Limit(24, "hour", "1")
    rated = Entry.to(Kind.RERATE, NOW, Limit(5, "workday", "2"))
    assert measure([start, rated]) == Limit(5, "workday", "2")
    assert measure([start, Entry.to(Kind.EXTEND, NOW, Limit(2, "workday"))]) == Limit(2, "workday", "1")
    with pytest.raises(BrokenLedger):
        measure([])
