"""What carriers call: nothing is believed before its signature fits. Payloads as the vendor documents them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from callbacks import gateway, optouts, wake
from callbacks.twilio import Twilio
from core import db, privacy
from core.db import tx
from hotline.demo.carrier import ACCOUNT, NUMBER, SERVICE, TOKEN, body_of, sign
from tests.callbacks.account import chosen
from tests.callbacks.conftest import ticket, work

PHONE = "+14155550100"
SID = "SM" + "0" * 31 + "7"
INBOUND, STATUS = "/carrier/sms/inbound", "/carrier/sms/status"
#: Every parameter of an incoming message that the vendor's reference names, one of them empty, one with spaces around.
TEXT_IN = [
    ("ToCountry", "US"), ("ToState", "DC"), ("SmsMessageSid", SID), ("NumMedia", "0"), ("ToCity", ""), ("FromZip", ""),
    ("SmsSid", SID), ("FromState", "CA"), ("SmsStatus", "received"), ("FromCity", "SAN FRANCISCO"), ("Body", "  查 "),
    ("FromCountry", "US"), ("To", NUMBER), ("ToZip", ""), ("NumSegments", "1"), ("MessagingServiceSid", SERVICE),
    ("MessageSid", SID), ("AccountSid", ACCOUNT), ("From", PHONE), ("ApiVersion", "2010-04-01"),
]  # fmt: skip


@pytest.fixture
async def twilio(app: Litestar, at: Any) -> AsyncIterator[Twilio]:
    made = Twilio(chosen("http://127.0.0.1:1"))
    gateway.use(made)
    wake.use(made)
    yield made
    gateway.use(None)
    wake.use(None)
    await made.close()


async def call(
    client: httpx.AsyncClient, path: str, form: list[tuple[str, str]], *, signature: str | None = None, **headers: str
) -> httpx.Response:  # fmt: skip
    fits = sign(TOKEN, f"http://testserver{path}", form) if signature is None else signature
    heads = {"X-Twilio-Signature": fits, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    return await client.post(path, content=body_of(form), headers=heads | headers)


async def test_an_sms_is_taken_and_thanked_for_with_empty_twiml(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    answer = await call(client, INBOUND, TEXT_IN)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text.endswith("<Response/>")
    row = await db.fetchrow("SELECT state, sender, keyword, carrier_id, body FROM message")
    assert (row["state"], row["sender"], row["keyword"], row["carrier_id"]) == ("received", NUMBER, "", SID)
    assert privacy.open_sealed(row["body"]) == "  查 "


@pytest.mark.parametrize("signature", ["", "nonsense", sign("other", f"http://testserver{INBOUND}", TEXT_IN)])
async def test_a_forged_one_changes_nothing(
    client: httpx.AsyncClient, twilio: Twilio, signature: str
) -> None:
    assert (await call(client, INBOUND, TEXT_IN, signature=signature)).status_code == 403
    assert await db.fetchval("SELECT count(*) FROM message") == 0


async def test_a_changed_field_breaks_the_signature(client: httpx.AsyncClient, twilio: Twilio) -> None:
    fits = sign(TOKEN, f"http://testserver{INBOUND}", TEXT_IN)
    forged = [(n, "退订" if n == "Body" else v) for n, v in TEXT_IN]
    assert (await call(client, INBOUND, forged, signature=fits)).status_code == 403


async def test_forwarded_headers_are_never_asked_and_the_log_names_the_address_checked(
    client: httpx.AsyncClient, twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = sign(TOKEN, f"https://example.org{INBOUND}", TEXT_IN)
    with caplog.at_level(logging.WARNING, "hotline.sms"):
        answer = await call(
            client, INBOUND, TEXT_IN, signature=elsewhere,
            **{"X-Forwarded-Host": "example.org", "X-Forwarded-Proto": "https", "Host": "example.org"},
        )  # fmt: skip
    assert answer.status_code == 403
    assert f"http://testserver{INBOUND}" in caplog.text
    assert PHONE not in caplog.text


async def test_without_a_carrier_the_door_is_shut(client: httpx.AsyncClient, at: Any) -> None:
    assert (await call(client, INBOUND, TEXT_IN)).status_code == 403


async def test_a_keyword_the_carrier_acted_on_goes_into_the_ledger(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    """Advanced Opt-Out may know words of its own: 退订 as STOP blocks everything, so everything is off here."""
    from callbacks import jobs

    form = [(n, "退订" if n == "Body" else v) for n, v in TEXT_IN]
    await call(client, INBOUND, [*form, ("OptOutType", "STOP")])
    await jobs.answer_messages()
    async with tx() as t:
        hashes = privacy.lookups("phone", PHONE)
        assert [await optouts.refuses(t, hashes, purpose) for purpose in optouts.PURPOSES] == [True] * 3
    assert await db.fetchval("SELECT count(*) FROM message WHERE direction = 'out'") == 0


async def status(client: httpx.AsyncClient, message: int, state: str, error: str = "") -> httpx.Response:
    form = [
        ("SmsSid", SID), ("SmsStatus", state), ("MessageStatus", state), ("To", PHONE), ("MessagingServiceSid", SERVICE),
        ("MessageSid", SID), ("AccountSid", ACCOUNT), ("From", NUMBER), ("ApiVersion", "2010-04-01"),
        *([("ErrorCode", error)] if error else []), *([("RawDlrDoneDate", "2611241045")] if state == "delivered" else []),
    ]  # fmt: skip
    return await call(client, f"{STATUS}?m={message}.1", form)


async def in_doubt() -> int:
    await ticket(PHONE)
    await work()
    return int(await db.fetchval("UPDATE message SET state = 'unknown', rank = 2, tries = 1 RETURNING id"))


async def test_reports_in_any_order_end_at_the_highest_rank(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    message = await in_doubt()
    for state in ("sent", "delivered", "queued", "delivered", "sending", "partially_delivered", "new-word"):
        assert (await status(client, message, state)).status_code == 200
    row = await db.fetchrow("SELECT state, carrier_id FROM message")
    assert tuple(row) == ("delivered", SID)
    assert await db.fetchval("SELECT count(*) FROM carrier_event WHERE fresh") == 2
    assert await db.fetchval("SELECT count(*) FROM carrier_event") == 7


async def test_a_report_of_an_earlier_try_is_not_taken_for_this_one(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    message = await in_doubt()
    await db.execute("UPDATE message SET tries = 2")
    await status(client, message, "delivered")
    assert await db.fetchval("SELECT state FROM message") == "unknown"


@pytest.mark.parametrize(
    ("code", "state", "off"),
    [("30005", "undelivered", 3), ("30006", "undelivered", 3), ("21610", "failed", 3), ("30034", "failed", 0), ("30007", "undelivered", 0)],
)  # fmt: skip
async def test_a_final_error_has_its_consequence(
    client: httpx.AsyncClient, twilio: Twilio, code: str, state: str, off: int
) -> None:
    await status(client, await in_doubt(), state, code)
    row = await db.fetchrow("SELECT state, error FROM message")
    assert tuple(row) == (state, code)
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == off
    stopped = await db.fetchval("SELECT count(*) FROM stopped_template WHERE lifted_at IS NULL")
    assert stopped == (code == "30007")


async def test_lost_on_the_way_is_sent_twice_more_and_no_further(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    message = await in_doubt()
    for again in range(3):
        await db.execute("UPDATE message SET state = 'unknown', rank = 2, tries = 1, carrier_id = NULL")
        await status(client, message, "undelivered", "30003")
        row = await db.fetchrow("SELECT state, resent FROM message")
        assert tuple(row) == (("waiting", again + 1) if again < 2 else ("undelivered", 2))


async def test_a_stopped_text_waits_until_it_is_lifted(client: httpx.AsyncClient, twilio: Twilio) -> None:
    await status(client, await in_doubt(), "undelivered", "30007")
    await ticket("+14155550111")
    await work()
    waiting = await db.fetchval("SELECT count(*) FROM message WHERE state = 'waiting' AND tries = 0")
    assert waiting == 1


async def test_a_phone_that_writes_is_a_phone_whatever_the_carrier_said(
    client: httpx.AsyncClient, twilio: Twilio
) -> None:
    from callbacks import jobs

    await status(client, await in_doubt(), "undelivered", "30005")
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == 3
    await call(client, INBOUND, [(n, "SM" + "b" * 32 if v == SID else v) for n, v in TEXT_IN])
    await jobs.answer_messages()
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == 0
    assert await db.fetchval("SELECT count(*) FROM message WHERE template = 'status'") == 1
