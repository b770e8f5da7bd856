"""The official client and the local carrier, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar

from callbacks import carrier_state, jobs, reports
from callbacks import twilio as vendor
from callbacks.gateway import Doubt, InDoubt, OutMessage, Rejected, Why
from callbacks.twilio import Twilio
from core import clock, db
from hotline.demo.carrier import TOKEN, Carrier
from tests.callbacks.account import account
from tests.callbacks.conftest import MORNING, outcomes, ticket, work

PHONE = "+14155550100"
Line = tuple[Twilio, Carrier]
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def line(app: Litestar, at: Any) -> AsyncIterator[Line]:
    async with account(app) as found:
        yield found


async def states() -> list[tuple[str, str]]:
    rows = await db.fetch("SELECT state, error FROM message WHERE direction = 'out' ORDER BY id")
    return [(row["state"], row["error"]) for row in rows]


async def test_a_notice_goes_out_and_its_delivery_is_told(line: Line) -> None:
    _twilio, carrier = line
    number = await ticket(PHONE)
    await work()
    assert await outcomes(number) == [("register", "citizen", "message")]
    await carrier.rest()
    sent = list(carrier.messages.values())
    assert [m.to for m in sent] == [PHONE]
    assert str(number) in sent[0].body
    assert await states() == [("delivered", "")]
    told = await db.fetch("SELECT state, fresh, own FROM carrier_event ORDER BY id")
    assert [row["state"] for row in told] == ["queued", "sending", "sent", "delivered"]
    assert all(row["own"].endswith(".1") for row in told)
    kept = await db.fetchval("SELECT string_agg(data::text, '') FROM carrier_event")
    assert PHONE not in kept


async def test_a_citizen_writes_and_is_answered_by_the_worker(line: Line) -> None:
    _twilio, carrier = line
    number = await ticket(PHONE)
    await carrier.text_in(PHONE, "查")
    assert await db.fetchval("SELECT count(*) FROM message WHERE state = 'received'") == 1
    assert await jobs.answer_messages() == 1
    assert [m.body for m in carrier.messages.values() if m.direction == "outbound-api"] == [
        f"【12345】工单尾号{number % 100000:05d}：已受理"
    ]


async def test_an_sms_that_comes_thrice_is_taken_once(line: Line) -> None:
    _twilio, carrier = line
    for _ in range(3):
        await carrier.text_in(PHONE, "查", sid="SM" + "a" * 32)
    assert await jobs.answer_messages() == 1
    assert await jobs.answer_messages() == 0


@pytest.mark.parametrize(
    ("phone", "why"),
    [("+15005550001", Why.NUMBER), ("+15005550003", Why.NOT_ALLOWED), ("+15005550004", Why.OPTED_OUT),
     ("+15005550009", Why.NUMBER), ("+15005550002", Why.NOT_ALLOWED)],
)  # fmt: skip
async def test_refusals_are_classed(line: Line, phone: str, why: Why) -> None:
    with pytest.raises(Rejected) as refused:
        await line[0].send(OutMessage("1", phone, "x"))
    assert refused.value.why is why


async def test_a_wrong_key_stops_the_line_and_keeps_the_messages(line: Line) -> None:
    _twilio, carrier = line
    carrier.token = "another"
    await ticket(PHONE)
    await work()
    assert await states() == [("waiting", "account 20003")]
    row = await db.fetchrow("SELECT trouble, detail FROM carrier_state")
    assert (row["trouble"], row["detail"]) == ("account", "20003")
    await work()  # a pause: nothing is tried
    carrier.token = TOKEN
    await db.execute("UPDATE carrier_state SET paused_until = NULL")
    await work()
    await carrier.rest()
    assert await states() == [("delivered", "account 20003")]
    assert await db.fetchval("SELECT trouble FROM carrier_state") == ""


async def test_a_carrier_that_is_away_is_no_doubt(line: Line) -> None:
    twilio, _carrier = line
    twilio.http.base = "http://127.0.0.1:1"
    with pytest.raises(Rejected) as refused:
        await twilio.send(OutMessage("1", PHONE, "x"))
    assert refused.value.why is Why.AWAY


@pytest.mark.parametrize("mood", ["torn", "silent"])
async def test_taken_without_an_answer_is_found_by_its_report(
    line: Line, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _twilio, carrier = line
    monkeypatch.setattr(vendor, "PATIENCE", 0.3)
    setattr(carrier.moods, mood, 1.0)
    await ticket(PHONE)
    await work()
    await carrier.rest()
    assert [state for state, _ in await states()] == ["delivered"]
    assert len(carrier.messages) == 1


async def test_taken_without_answer_or_report_is_found_in_the_list(
    line: Line, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio, carrier = line
    monkeypatch.setattr(vendor, "PATIENCE", 0.3)
    carrier.moods.silent = carrier.moods.loses = 1.0
    await ticket(PHONE)
    await work()
    assert [state for state, _ in await states()] == ["unknown"]
    await db.execute("UPDATE message SET claimed_at = $1", next(iter(carrier.messages.values())).created)
    later = next(iter(carrier.messages.values())).created + carrier_state.FOR_A_HUMAN
    assert await reports.settle_doubts(twilio, now=clock.now(), at=later) == 1
    assert [state for state, _ in await states()] == ["delivered"]


async def test_what_is_in_no_list_stays_in_doubt_until_a_human_decides(line: Line) -> None:
    twilio, _carrier = line
    doubt = Doubt(OutMessage("7", PHONE, "x"), MORNING)
    with pytest.raises(InDoubt):
        await twilio.find(doubt)


async def test_another_message_of_the_same_words_is_not_taken_for_it(line: Line) -> None:
    twilio, _carrier = line
    sent = await twilio.send(OutMessage("7", PHONE, "x"))
    found = await twilio.find(Doubt(OutMessage("8", PHONE, "x"), BEFORE))
    assert found is not None
    assert found.carrier_id == sent.carrier_id
    with pytest.raises(InDoubt):
        await twilio.find(Doubt(OutMessage("8", PHONE, "x"), BEFORE, frozenset({sent.carrier_id})))


async def test_mainland_china_is_not_asked_to_reply(line: Line) -> None:
    _twilio, carrier = line
    await ticket("13800001111")
    await work()
    (sent,) = carrier.messages.values()
    assert "回“查”" not in sent.body
    assert "请致电12345" in sent.body


async def test_a_dry_run_sends_nothing(app: Litestar, at: Any) -> None:
    async with account(app, sms_dry_run=True) as (_twilio, carrier):
        await ticket(PHONE)
        await work()
        assert carrier.messages == {}
        assert await states() == [("accepted", "")]


async def test_a_dead_line_leaves_few_in_doubt_and_the_rest_waiting(
    line: Line, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _twilio, carrier = line
    monkeypatch.setattr(vendor, "PATIENCE", 0.2)
    carrier.moods.silent = carrier.moods.loses = 1.0
    for n in range(30):
        await ticket(f"+141555502{n:02d}")
    await work()
    await work()
    assert await db.fetchval("SELECT count(*) FROM message WHERE state = 'unknown'") == 20
    assert await db.fetchval("SELECT trouble FROM carrier_state") == "away"
    at(MORNING + timedelta(minutes=2))
    await work()  # one to try
    assert await db.fetchval("SELECT count(*) FROM message WHERE state = 'unknown'") == 21
    carrier.moods.silent = 0.0
    at(MORNING + timedelta(minutes=4))
    await work()
    assert await db.fetchval("SELECT count(*) FROM message WHERE state = 'waiting'") == 0
    assert await db.fetchval("SELECT trouble FROM carrier_state") == ""


async def test_an_api_key_signs_in_and_a_name_cannot_be_answered(app: Litestar, at: Any) -> None:
    key = {"twilio_api_key": "SK" + "1" * 32, "twilio_api_secret": TOKEN}
    async with account(app, **key, twilio_senders="49:HOTLINE,852:+85212345678") as (twilio, carrier):
        await twilio.send(OutMessage("1", "+4915112345678", "x"))
        await twilio.send(OutMessage("2", "+85291234567", "x"))
        assert [m.sender for m in carrier.messages.values()] == ["HOTLINE", "+85212345678"]
        assert [twilio.capabilities(n).two_way for n in (49, 852, 1, 86)] == [False, True, True, False]


async def test_what_came_to_no_end_is_asked_about_a_day_later(line: Line, at: Any) -> None:
    _twilio, carrier = line
    carrier.moods.loses = 1.0
    await ticket(PHONE)
    await work()
    await carrier.rest()
    assert [state for state, _ in await states()] == ["accepted"]
    at(MORNING + timedelta(hours=23))
    assert await jobs.ask_after_messages() == 0
    at(MORNING + timedelta(hours=25))
    assert await jobs.ask_after_messages() == 1
    assert [state for state, _ in await states()] == ["delivered"]
    assert await jobs.ask_after_messages() == 0
