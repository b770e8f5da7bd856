"""A carrier in every mood: no notice is sent twice, none is missing, every status ends where it belongs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar

from callbacks import jobs, outbox, reports
from callbacks import twilio as vendor
from callbacks.gateway import FINAL
from callbacks.outbox import About
from callbacks.phones import phone
from callbacks.templates import Text
from core import clock, db, privacy
from core.db import tx
from hotline.demo.carrier import Carrier, Moods
from tests.callbacks.account import account

MESSAGES = 40
STORMY = Moods(
    too_many=0.15, refuses=0.1, torn=0.1, silent=0.06, undelivered=0.1, repeats=0.4, shuffles=0.5, loses=0.15, early=0.2,
)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_storm(app: Litestar, at: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "PATIENCE", 0.4)
    moods = Moods(**(vars(STORMY) | {"seed": seed}))
    async with account(app, moods=moods) as (twilio, carrier):
        started = datetime.now(tz=clock.now().tzinfo)
        at(started)
        async with tx() as t:
            for n in range(MESSAGES):
                text = Text(f"message {n:03d}", "test", 1, "en")
                to = phone(f"+1415555{n:04d}")
                await outbox.put(t, text, to, About(), now=started, after=started)
        for minute in range(0, 60 * 50, 35):  # two days of a worker, by the clock of business and of leases
            at(started + timedelta(minutes=minute))
            await jobs.send_messages()
            await carrier.rest()
            if minute > 60 * 26:
                await reports.ask_after(twilio, now=clock.now(), at=clock.real_now())
        await _a_human_decides(carrier)
        at(started + timedelta(days=4))  # what was sent last and never called back is asked for, too
        await reports.ask_after(twilio, now=clock.now(), at=clock.real_now())
        await carrier.rest()
        await _every_message_came_to_its_end(carrier)


async def _a_human_decides(carrier: Carrier) -> None:
    """What is still in doubt is what the carrier never had; nobody but a human may know that."""
    carrier.moods = Moods()
    at = clock.real_now()
    for row in await db.fetch("SELECT id, body FROM message WHERE state = 'unknown'"):
        body = privacy.open_sealed(row["body"])
        assert not [s for s in carrier.messages.values() if s.body == body and s.status == "delivered"]
        assert await reports.decide(row["id"], again=True, by="管理员", now=clock.now(), at=at)
        assert not await reports.decide(row["id"], again=True, by="管理员", now=clock.now(), at=at)
    await jobs.send_messages()
    await carrier.rest()


async def _every_message_came_to_its_end(carrier: Carrier) -> None:
    ours = await db.fetch("SELECT id, state, rank, carrier_id, resent, error FROM message ORDER BY id")
    by_body: dict[str, list[Any]] = {}
    for sms in carrier.messages.values():
        by_body.setdefault(sms.body, []).append(sms)
    assert len(by_body) == MESSAGES  # none missing
    for n, row in enumerate(ours):
        tries = by_body[f"message {n:03d}"]
        arrived = [sms for sms in tries if sms.status == "delivered"]
        assert len(arrived) <= 1, (n, dict(row))  # nobody reads anything twice
        assert len(tries) == row["resent"] + 1  # a further try only after the carrier had lost the one before
        assert row["carrier_id"] == tries[-1].sid
        assert row["state"] == tries[-1].status, dict(row)  # the highest rank, whatever came in which order
        assert row["state"] in ("delivered", *FINAL)
    assert await db.fetchval("SELECT count(*) FROM message WHERE state = 'unknown'") == 0


async def test_incoming_messages_in_a_storm_are_answered_once(app: Litestar, at: Any) -> None:
    async with account(app, moods=Moods(seed=7, repeats=1.0, shuffles=1.0)) as (_twilio, carrier):
        for n in range(10):
            await carrier.text_in(f"+1415555{n:04d}", "帮助")
        await jobs.answer_messages()
        answered = [sms.to for sms in carrier.messages.values() if sms.direction == "outbound-api"]
        assert sorted(answered) == [f"+1415555{n:04d}" for n in range(10)]
