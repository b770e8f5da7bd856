"""What floor 4 does by itself. Each is safe to run twice and by several workers at once."""

from __future__ import annotations

from datetime import timedelta

from callbacks import duty, gateway, notices, outbox, replies, reports, surveys, wake, wording
from core import clock, db

#: How long what carriers called back is kept.
KEPT = timedelta(days=180)


async def answer_messages() -> int:
    """Answer what citizens wrote; returns how many. The answers go out with `send_messages`."""
    carrier = await gateway.current()
    await wording.refresh()
    answered = 0
    while carrier is not None and await replies.answer_next(carrier, now=clock.now(), at=clock.real_now()):
        answered += 1
    if carrier is not None and answered:
        await outbox.send_due(carrier, now=clock.now(), at=clock.real_now())
    return answered


async def send_notices() -> int:
    """Turn the notices that are due into messages; returns how many were settled."""
    carrier = await gateway.current()
    await wording.refresh()
    return await notices.tell(now=clock.now(), gateway=carrier)


async def send_messages() -> int:
    """Hand what waits in the outbox to the carrier, and clear up what a killed worker left in doubt."""
    carrier = await gateway.current()
    if carrier is None:
        return 0
    now, at = clock.now(), clock.real_now()
    await reports.settle_doubts(carrier, now=now, at=at)
    return await outbox.send_due(carrier, now=now, at=at)


async def send_surveys() -> int:
    """Ask citizens how it went, by SMS; returns how many were asked."""
    carrier = await gateway.current()
    await wording.refresh()
    return 0 if carrier is None else await surveys.send_due(carrier, now=clock.now(), at=clock.real_now())


async def ask_after_messages() -> int:
    """Ask the carrier about messages that came to no end within a day."""
    carrier = await gateway.current()
    return 0 if carrier is None else await reports.ask_after(carrier, now=clock.now(), at=clock.real_now())


async def ring_duty() -> int:
    """Wake whom the ticket's clocks say is to be woken; returns how many tries were made."""
    await wording.refresh()
    ringer, carrier = await wake.current(), await gateway.current()
    return await duty.work(ringer, carrier, now=clock.now(), at=clock.real_now())


async def forget() -> None:
    """Questions, links, counters and callbacks that nobody needs any more; messages: see `callbacks/kept.py`."""
    at = clock.real_now()
    await db.execute("DELETE FROM open_question WHERE expires_at < $1", at)
    await db.execute("DELETE FROM status_link WHERE expires_at < $1", at)
    await db.execute(
        "DELETE FROM sms_allowance WHERE day_from < $1 AND coalesce(silent_until, day_from) < $1",
        at - timedelta(days=2),
    )
    await db.execute("DELETE FROM carrier_event WHERE at < $1", at - KEPT)
