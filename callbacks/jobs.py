"""What floor 4 does by itself. Each is safe to run twice and by several workers at once."""

from __future__ import annotations

from datetime import timedelta

from callbacks import gateway, notices, outbox
from core import clock, db

#: How long a message's words are kept.
KEPT = timedelta(days=180)
BATCH = 1000


async def send_notices() -> int:
    """Turn the notices that are due into messages; returns how many were settled."""
    has_gateway = await gateway.current() is not None
    settled = 0
    while await notices.tell_next(now=clock.now(), has_gateway=has_gateway):
        settled += 1
    return settled


async def send_messages() -> int:
    """Hand what waits in the outbox to the carrier, and clear up what a killed worker left in doubt."""
    carrier = await gateway.current()
    if carrier is None:
        return 0
    now, at = clock.now(), clock.real_now()
    await outbox.settle_doubts(carrier, now=now, at=at)
    return await outbox.send_due(carrier, now=now, at=at)


async def forget_messages() -> int:
    """Drop messages past their time, with questions and counters that nobody needs any more."""
    at = clock.real_now()
    await db.execute("DELETE FROM open_question WHERE expires_at < $1", at)
    await db.execute("DELETE FROM status_link WHERE expires_at < $1", at)
    await db.execute(
        "DELETE FROM sms_allowance WHERE day_from < $1 AND coalesce(silent_until, day_from) < $1",
        at - timedelta(days=2),
    )
    gone = await db.execute(
        """DELETE FROM message WHERE id IN (SELECT id FROM message WHERE created_at < $1 AND state <> 'waiting'
           ORDER BY id LIMIT $2)""",
        clock.now() - KEPT, BATCH,
    )  # fmt: skip
    return int(gone.split()[-1])
