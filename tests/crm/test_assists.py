"""协办: added later with clocks of their own, replied without, marked; a late one is not the lead's fault."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from core import db
from core.errors import Invalid
from crm.kpi.facts import Args, Period, facts
from crm.kpi.rates import Rules
from crm.tickets import assists, replay, replies, secrecy, signing
from crm.tickets.assists import More
from tests.crm.cast import BOB, NOW, RUTH, at_unit, dispatched, unit_named

pytestmark = pytest.mark.usefixtures("database")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CITY, HOUSING = "南开区城市管理委", "南开区住房建设委"
ANSWER = replies.Reply("solved", "华苑站 2 号炉已修复点火，您家今天 18:00 前回到 18 度。")


async def added(number: int, *names: str, now: object = NOW) -> list[db.Record]:
    form = More(tuple([await unit_named(name) for name in names]), "路面恢复需要配合")
    moved = await assists.add(BOB, number, form, now=now)  # type: ignore[arg-type]
    return await db.fetch(
        "SELECT * FROM work_order WHERE id = ANY($1::bigint[]) ORDER BY id", list(moved.orders)
    )


async def worked(order: int, *, hours: float = 1) -> None:
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW + hours * HOUR / 2)
    await replies.reply(wang, order, ANSWER, now=NOW + hours * HOUR)


async def clean() -> bool:
    return [found async for found in replay.check()] == []


async def test_an_assist_added_later_has_two_thirds_of_what_is_left() -> None:
    number, _lead = await dispatched(urgency=2)  # 24 hours from 10:45
    [assist] = await added(number, CITY, now=NOW + 12 * HOUR)
    assert assist["close_due_at"] == NOW + 20 * HOUR
    assert assist["sign_due_at"] == NOW + 12 * HOUR + timedelta(minutes=30)
    assert (assist["part"], assist["status"], assist["reason"]) == (
        "assist",
        "dispatched",
        "路面恢复需要配合",
    )
    assert await clean()


async def test_in_working_days_it_is_the_end_of_a_working_day() -> None:
    number, lead = await dispatched(urgency=3)  # Tuesday 24 November, five working days: Tuesday 1 December
    [assist] = await added(number, CITY)
    lead_due = await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", lead)
    assert lead_due.date() == date(2026, 12, 1)
    assert assist["close_due_at"].date() == date(2026, 11, 30)  # 5 − 5 // 3 = 4 working days


async def test_however_late_the_lead_is_the_assist_has_half_an_hour() -> None:
    number, _lead = await dispatched(urgency=2)
    [assist] = await added(number, CITY, now=NOW + 30 * HOUR)
    assert assist["close_due_at"] == NOW + 30 * HOUR + timedelta(minutes=30)


async def test_its_clock_is_in_the_ledger() -> None:
    number, _lead = await dispatched(urgency=2)
    [assist] = await added(number, CITY, now=NOW + 12 * HOUR)
    entry = await db.fetchrow(
        "SELECT * FROM clock_entry WHERE work_order = $1 AND clock = 'close'", assist["id"]
    )
    assert (entry["entry"], entry["amount"], entry["unit"]) == ("start", 480, "min")


async def test_the_lead_an_assist_that_is_there_and_the_accused_are_refused() -> None:
    number, _lead = await dispatched(assists=(CITY,))
    with pytest.raises(Invalid, match="主办单位不用"):
        await added(number, "南开区供热办")
    with pytest.raises(Invalid, match="已在协办"):
        await added(number, CITY)
    await secrecy.accuse(BOB, number, secrecy.Accused((await unit_named(HOUSING),)), now=NOW)
    with pytest.raises(Invalid, match="反映的就是该单位"):
        await added(number, HOUSING)


async def test_a_reply_without_an_assists_input_is_taken_and_says_so() -> None:
    number, lead = await dispatched(assists=(CITY, HOUSING))
    city = await db.fetchval("SELECT id FROM work_order WHERE unit = $1", await unit_named(CITY))
    helper = await at_unit(CITY)
    await signing.sign(helper, city, now=NOW)
    await replies.reply(helper, city, replies.Reply("", "管段属我方，已派员配合抢修。"), now=NOW + HOUR)
    await worked(lead, hours=2)
    data = await db.fetchval("SELECT data FROM ticket_event WHERE ticket = $1 AND verb = 'reply'", number)
    assert json.loads(data)["without"] == [HOUSING]


async def test_the_reviewer_marks_each_assist_and_no_other_order() -> None:
    number, lead = await dispatched(assists=(CITY, HOUSING))
    other, _other_lead = await dispatched(assists=(CITY,), phone="13800229999")
    orders = await db.fetch("SELECT id, ticket FROM work_order WHERE part = 'assist' ORDER BY id")
    await worked(lead)
    marks = {row["id"]: place % 3 + 1 for place, row in enumerate(orders)}
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 2 * HOUR, marks=marks)
    rows = await db.fetch("SELECT ticket, mark FROM work_order WHERE part = 'assist' ORDER BY id")
    assert [tuple(row) for row in rows] == [(number, 1), (number, 2), (other, None)]
    assert await clean()


async def test_another_mark_is_refused_before_anything_moves() -> None:
    number, lead = await dispatched(assists=(CITY,))
    await worked(lead)
    with pytest.raises(Invalid, match="协办评价"):
        await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 2 * HOUR, marks={1: 9})


async def verdict(key: str, lead: int) -> str:
    args = Args()
    period = Period(date(2026, 11, 1), date(2026, 12, 31), NOW + 30 * DAY)
    sql = facts(key, period, Rules(), args)
    return str(await db.fetchval(f"SELECT verdict FROM ({sql}) f WHERE id = {lead}", *args.values))


async def test_a_lead_late_beside_a_late_assist_is_left_out_of_the_shared_rate_alone() -> None:
    _number, lead = await dispatched(assists=(CITY,), urgency=2)
    await worked(lead, hours=30)
    assert await verdict("on_time_closure_shared", lead) == "late_assist"
    assert await verdict("on_time_closure", lead) == "no"


async def test_a_lead_in_time_counts_whatever_the_assist_did() -> None:
    number, lead = await dispatched(assists=(CITY,), urgency=2)
    await worked(lead, hours=20)
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 21 * HOUR)
    assert await verdict("on_time_closure", lead) == "yes"


async def test_a_lead_whose_assist_was_in_time_is_late_by_itself() -> None:
    _number, lead = await dispatched(assists=(CITY,), urgency=2)
    city = await db.fetchval("SELECT id FROM work_order WHERE unit = $1", await unit_named(CITY))
    helper = await at_unit(CITY)
    await signing.sign(helper, city, now=NOW)
    await replies.reply(helper, city, replies.Reply("", "管段属我方，已派员配合抢修。"), now=NOW + HOUR)
    await worked(lead, hours=30)
    assert await verdict("on_time_closure", lead) == "no"
