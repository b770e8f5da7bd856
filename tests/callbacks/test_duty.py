"""Duty phones: rung once, confirmed by 1, by SMS or voice, over the official client and in the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from callbacks import duty, jobs, wake
from callbacks import twilio as vendor
from callbacks.twilio import Twilio
from core import clock, db, privacy
from hotline.demo.carrier import Carrier
from tests.callbacks.account import account
from tests.callbacks.conftest import MORNING, ticket

HEAD = "+14155550177"
Line = tuple[Twilio, Carrier]


@pytest.fixture
async def line(app: Litestar, at: Any) -> AsyncIterator[Line]:
    async with account(app) as found:
        yield found


async def rung(
    *, channel: str = "voice", phone: str | None = HEAD, about: str = "emergency", minutes: int = 0
) -> int:
    return int(
        await db.fetchval(
            """INSERT INTO duty_call (ticket, about, step, channel, who, phone, due_at)
               VALUES ($1, $2, 'head', $3, '王主任', $4, $5) RETURNING id""",
            await ticket(), about, channel, privacy.seal(phone) if phone else None, MORNING + timedelta(minutes=minutes),
        )
    )  # fmt: skip


async def outcome(call: int) -> str:
    return str(await db.fetchval("SELECT outcome FROM duty_call WHERE id = $1", call))


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ("1", "confirmed"),
        ("5", "answered"),
        ("hang", "answered"),
        ("busy", "busy"),
        ("no-answer", "no_answer"),
    ],
)
async def test_what_the_owner_of_the_phone_does_is_the_outcome(line: Line, does: str, expected: str) -> None:
    _twilio, carrier = line
    carrier.answers[HEAD] = does
    call = await rung()
    assert await jobs.ring_duty() == 1
    await carrier.rest()
    assert await outcome(call) == expected
    (rang,) = carrier.calls.values()
    assert rang.to == HEAD
    assert "突发紧急件" in rang.said


async def test_a_pressed_1_is_thanked_for_and_outranks_the_end_of_the_call(line: Line) -> None:
    _twilio, carrier = line
    call = await rung()
    await jobs.ring_duty()
    sid = next(iter(carrier.calls))
    carrier.moods.repeats = 1.0
    assert "已确认" in await carrier.pick_up(sid, "1")
    await carrier.pick_up(sid, "no-answer")
    assert await outcome(call) == "confirmed"


async def test_a_row_rings_once_and_only_when_due(line: Line, at: Any) -> None:
    _twilio, carrier = line
    await rung(minutes=5)
    assert await jobs.ring_duty() == 0
    at(MORNING + timedelta(minutes=5))
    assert await jobs.ring_duty() == 1
    assert await jobs.ring_duty() == 0
    assert len(carrier.calls) == 1


async def test_by_sms_it_goes_through_the_outbox(line: Line) -> None:
    _twilio, carrier = line
    call = await rung(channel="sms")
    await jobs.ring_duty()
    await jobs.send_messages()
    assert await outcome(call) == "sent"
    assert [m.to for m in carrier.messages.values()] == [HEAD]
    assert await db.fetchval("SELECT message IS NOT NULL FROM duty_call WHERE id = $1", call)


async def test_without_a_phone_nobody_is_rung(line: Line) -> None:
    call = await rung(phone=None)
    await jobs.ring_duty()
    assert await outcome(call) == "no_phone"


async def test_a_wrong_number_failed(line: Line) -> None:
    call = await rung(phone="+15005550001")
    await jobs.ring_duty()
    row = await db.fetchrow("SELECT outcome, error FROM duty_call WHERE id = $1", call)
    assert tuple(row) == ("failed", "number 21217")


async def test_a_busy_carrier_is_tried_again(line: Line, at: Any) -> None:
    _twilio, carrier = line
    carrier.moods.too_many = 1.0
    call = await rung()
    await jobs.ring_duty()
    assert await outcome(call) == ""
    carrier.moods.too_many = 0.0
    at(MORNING + timedelta(seconds=30))
    await jobs.ring_duty()
    assert len(carrier.calls) == 1


async def test_a_call_in_doubt_is_not_made_again(
    line: Line, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _twilio, carrier = line
    monkeypatch.setattr(vendor, "PATIENCE", 0.3)
    carrier.moods.silent = 1.0
    call = await rung()
    await jobs.ring_duty()
    at(MORNING + timedelta(minutes=6))
    await jobs.ring_duty()
    assert await outcome(call) == "unknown"
    assert len(carrier.calls) == 1
    await carrier.pick_up(next(iter(carrier.calls)), "1")  # the carrier's word comes after all
    assert await outcome(call) == "confirmed"


async def test_what_was_settled_meanwhile_is_not_rung(line: Line) -> None:
    call = await rung()
    await db.execute("UPDATE duty_call SET outcome = 'overtaken', done_at = $1", clock.now())
    assert await jobs.ring_duty() == 0
    assert await outcome(call) == "overtaken"


async def test_in_a_demo_the_page_rings(client: httpx.AsyncClient, at: Any) -> None:
    await db.execute("INSERT INTO installation (key, value) VALUES ('purpose', 'demo')")
    assert await wake.current() is wake.CONSOLE
    call = await rung()
    await jobs.ring_duty()
    page = await client.get("/phone/duty")
    assert "突发紧急件" in page.text
    assert "王主任" in page.text
    assert await duty.pick_up(call, "confirmed", now=clock.now(), at=clock.real_now())
    assert await outcome(call) == "confirmed"


async def test_in_production_without_a_carrier_the_row_says_so(database: str, at: Any) -> None:
    call = await rung()
    await jobs.ring_duty()
    assert await outcome(call) == "no_carrier"
