"""Nobody signed: duty phones are woken step by step, every try is on the ticket, and a signature ends it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import db, privacy
from crm import jobs
from crm.tickets import dispatch, escalating, replay, secrecy, signing
from crm.tickets.dispatch import Dispatch
from crm.tickets.escalating import rung
from tests.crm.cast import BOB, NOW, at_unit, dispatched, registered, status, unit_named

pytestmark = pytest.mark.usefixtures("database")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UNIT, OFFICE, CITY = "南开区供热办", "南开区热线办", "市便民专线服务中心"


async def phones(*names: str) -> None:
    await db.execute("UPDATE unit SET duty_phone = NULL")
    for place, name in enumerate(names):
        sealed = privacy.seal(f"+861362211000{place}")
        await db.execute("UPDATE unit SET duty_phone = $2 WHERE name = $1", name, sealed)


async def steps(until: timedelta, *, since: datetime = NOW) -> list[tuple[int, str, str]]:
    """(minutes after, step, channel) of every try."""
    await pass_time(until, since=since)
    rows = await db.fetch("SELECT at, data->>'step' AS step, data->>'channel' AS channel FROM ticket_event"
                          " WHERE verb = 'escalate' ORDER BY version")  # fmt: skip
    return [(int((r["at"] - since).total_seconds() // 60), r["step"], r["channel"]) for r in rows]


async def pass_time(until: timedelta, *, since: datetime = NOW) -> None:
    at = since
    while at <= since + until:
        while await escalating.escalate_next(now=at):
            pass
        at += MINUTE


async def test_p1_wakes_the_duty_phone_then_those_above_every_three_minutes() -> None:
    await phones(UNIT, OFFICE, CITY)
    await dispatched(urgency=1)
    assert await steps(13 * MINUTE) == [
        (0, "handler", "sms"), (3, "handler", "voice"), (6, "district", "voice"), (9, "supervisor", "voice"),
        (12, "handler", "voice"),
    ]  # fmt: skip
    rows = await db.fetch("SELECT step, channel, who, about FROM duty_call ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("handler", "voice", UNIT, "unsigned"), ("district", "voice", OFFICE, "unsigned"),
        ("supervisor", "voice", CITY, "unsigned"), ("handler", "voice", UNIT, "unsigned"),
    ]  # fmt: skip


async def test_the_dispatch_notice_is_the_first_sms_and_not_sent_twice() -> None:
    await phones(UNIT)
    number, order = await dispatched(urgency=1)
    assert await escalating.escalate_next(now=NOW)
    assert await db.fetchval("SELECT count(*) FROM duty_call") == 0
    assert (
        await db.fetchval("SELECT count(*) FROM notice_due WHERE party = 'unit' AND work_order = $1", order)
        == 1
    )
    [tried] = await escalating.tries(number)
    assert tried["outcome"] is None


async def test_the_rounds_end_and_the_phones_are_left_in_peace() -> None:
    await phones(UNIT, OFFICE, CITY)
    await dispatched(urgency=1)
    await pass_time(3 * HOUR)
    assert await db.fetchval("SELECT count(*) FROM duty_call") == escalating.ROUNDS * 3
    assert await db.fetchval("SELECT escalate_at FROM work_order") is None


async def test_a_signature_stops_it() -> None:
    await phones(UNIT, OFFICE)
    number, order = await dispatched(urgency=1)
    await pass_time(4 * MINUTE)
    await signing.sign(await at_unit(), order, now=NOW + 5 * MINUTE)
    assert await db.fetchval("SELECT escalate_at FROM work_order WHERE id = $1", order) is None
    assert not await escalating.escalate_next(now=NOW + HOUR)
    assert await status(number) == "handling"
    assert [found async for found in replay.check()] == []


async def test_a_pressed_key_is_heard_but_not_signed() -> None:
    await phones(UNIT, OFFICE)
    number, _order = await dispatched(urgency=1)
    await pass_time(3 * MINUTE)
    await db.execute("UPDATE duty_call SET outcome = 'confirmed', done_at = $1", NOW + 4 * MINUTE)
    await pass_time(6 * MINUTE)
    assert await status(number) == "dispatched"
    *_before, last = await escalating.tries(number)
    assert '"before": "confirmed"' in last["data"]
    assert '"district"' in last["data"]


async def test_without_any_phone_the_ticket_says_so_and_goes_on_no_further() -> None:
    await phones()
    await dispatched(urgency=1)
    assert await steps(HOUR) == [(0, "handler", "sms"), (3, "", "")]


async def test_the_office_of_the_district_is_before_the_nearer_bureau() -> None:
    await phones(UNIT, OFFICE, "南开区城市管理委")
    await dispatched(urgency=1)
    await pass_time(6 * MINUTE)
    assert await db.fetchval("SELECT who FROM duty_call WHERE step = 'district'") == OFFICE


async def test_a_substitute_is_rung_at_the_unit_where_they_are() -> None:
    await phones(UNIT, "南开区城市管理委", OFFICE)
    unit, other = await unit_named(UNIT), await unit_named("南开区城市管理委")
    accounts = [
        await db.fetchval(
            "INSERT INTO account (username, name, password_hash, created_at) VALUES ($1, $2, '', $3) RETURNING id",
            username, name, NOW,
        )
        for username, name in (("wang", "王敏"), ("sun", "孙立"))
    ]  # fmt: skip
    day = NOW.date()
    await db.execute(
        """INSERT INTO post (account, unit, role, substitute, substitute_from, substitute_to)
           VALUES ($1, $2, 'unit_handler', $3, $4, $4)""",
        accounts[0], unit, accounts[1], day,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO post (account, unit, role) VALUES ($1, $2, 'unit_handler')", accounts[1], other
    )
    await dispatched(urgency=2)
    await pass_time(10 * MINUTE)
    assert (
        await db.fetchval("SELECT who FROM duty_call WHERE step = 'substitute'") == "孙立（南开区城市管理委）"
    )


async def test_p3_tells_those_above_only_when_the_signature_is_overdue() -> None:
    await phones(UNIT, OFFICE, CITY)
    _number, order = await dispatched(urgency=3)
    due = await db.fetchval("SELECT sign_due_at FROM work_order WHERE id = $1", order)
    assert not await escalating.escalate_next(now=due - MINUTE)
    moments: list[datetime] = []
    at = due
    while at < due + 3 * timedelta(days=1):
        while await escalating.escalate_next(now=at):
            moments.append(at)
        at += HOUR
    # due at 18:00; four hours on is 22:00, so the next morning at eight; no unit head has a post here
    rows = await db.fetch("SELECT step, channel FROM duty_call ORDER BY id")
    assert [tuple(row) for row in rows] == [("handler", "sms"), ("district", "sms"), ("supervisor", "sms")]
    assert [moment - due for moment in moments[:3]] == [timedelta(0), 14 * HOUR, 18 * HOUR]


async def test_an_office_that_the_ticket_is_about_is_not_rung() -> None:
    await phones("南开区热线办", CITY)
    number = await registered(urgency=1)
    await secrecy.accuse(BOB, number, secrecy.Accused((await unit_named("王顶堤街道办事处"),)), now=NOW)
    lead = await unit_named(UNIT)
    await dispatch.dispatch(BOB, number, Dispatch(lead, "由供热办核查处理"), now=NOW)
    await pass_time(10 * MINUTE)
    assert await db.fetchval("SELECT count(*) FROM duty_call WHERE who LIKE '王顶堤%'") == 0


async def test_the_job_takes_all_that_is_due() -> None:
    await dispatched(urgency=1)
    await db.execute("UPDATE work_order SET escalate_at = $1", NOW - timedelta(days=2000))
    assert await jobs.escalate() >= 1


@pytest.mark.parametrize(("urgency", "count"), [(1, 1 + 4 * escalating.ROUNDS), (2, 13), (3, 4), (4, 4)])
async def test_a_ladder_has_an_end(urgency: int, count: int) -> None:
    assert sum(rung(urgency, taken) is not None for taken in range(100)) == count
