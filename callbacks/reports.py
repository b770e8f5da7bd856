"""What became of a message: the carrier's reports as they come, and our own asking where none came.

Reports come twice, late, in any order, or never. Each is kept as it came (`carrier_event`); the message has the
highest rank that was ever told.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import refusals
from callbacks.carrier_state import FOR_A_HUMAN
from callbacks.gateway import FINAL, RANK, Doubt, InDoubt, Report, SmsGateway
from callbacks.outbox import CLAIMED, LEASE, as_out, taken
from core import db, privacy
from core.db import Tx, tx

log = logging.getLogger("hotline.sms")

#: Asked about once a day when nothing final was reported; after a while it stays as it is.
ASK_AFTER: Final = timedelta(hours=24)
ASK_UNTIL: Final = timedelta(days=4)
BATCH: Final = 100
_ROW = "id, phone, template, locale, state, rank, resent, tries, carrier_id"


async def report(found: Report, *, now: datetime, at: datetime) -> bool:
    """Keep a report and move its message on; False when it told nothing new."""
    async with tx() as t:
        row = await _message(t, found)
        fresh = bool(
            row is not None and found.state and RANK[found.state] > row["rank"] and row["state"] not in FINAL
        )
        await t.execute(
            """INSERT INTO carrier_event (at, gateway, carrier_id, kind, state, error, own, fresh, data)
               VALUES ($1, $2, $3, 'sms', $4, $5, $6, $7, $8)""",
            at, found.gateway, found.carrier_id, found.state, found.error, found.own, fresh, json.dumps(dict(found.data)),
        )  # fmt: skip
        if not fresh:
            return False
        await t.execute(
            """UPDATE message SET state = $2, rank = $3, carrier_id = $4, sent_at = coalesce(sent_at, $6),
                   error = CASE WHEN $5 = '' THEN error ELSE $5 END WHERE id = $1""",
            row["id"], found.state, RANK[found.state], found.carrier_id, found.error, now,
        )  # fmt: skip
        if found.state in ("failed", "undelivered"):
            await refusals.reported(row, found, now=now, at=at)
    return True


async def _message(t: Tx, found: Report) -> Any:
    """By the carrier's id; or by our own key, while its answer to us is under way or was lost."""
    row = await t.fetchrow(
        f"SELECT {_ROW} FROM message WHERE gateway = $1 AND carrier_id = $2 FOR UPDATE",
        found.gateway,
        found.carrier_id,
    )
    key, _, attempt = found.own.partition(".")
    if row is not None or not (
        key.isdecimal() and attempt.isdecimal() and len(key) < 19 and len(attempt) < 5
    ):
        return row
    return await t.fetchrow(
        f"""SELECT {_ROW} FROM message WHERE id = $1 AND tries = $2 AND gateway = $3 AND carrier_id IS NULL
            AND direction = 'out' AND state IN ('claimed', 'unknown') FOR UPDATE""",
        int(key), int(attempt), found.gateway,
    )  # fmt: skip


async def settle_doubts(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Claims whose worker is gone become `unknown`; the carrier is asked about those, and may know."""
    await db.execute(
        "UPDATE message SET state = 'unknown', rank = 2 WHERE state = 'claimed' AND claimed_at < $1",
        at - LEASE,
    )
    rows = await db.fetch(
        f"""UPDATE message SET checked_at = $2 WHERE id IN (
                SELECT id FROM message WHERE state = 'unknown' AND gateway = $1 AND claimed_at < $3
                AND (checked_at IS NULL OR checked_at < $4) ORDER BY claimed_at LIMIT $5 FOR UPDATE SKIP LOCKED)
            RETURNING {CLAIMED}, claimed_at, ARRAY(
                SELECT o.carrier_id FROM message o WHERE o.phone_hash = message.phone_hash AND o.gateway = $1
                AND o.carrier_id IS NOT NULL) AS known""",
        gateway.name, at, at - timedelta(minutes=1), at - timedelta(minutes=5), BATCH,
    )  # fmt: skip
    settled = 0
    for row in rows:
        try:
            doubt = Doubt(as_out(row), row["claimed_at"], frozenset(row["known"]))
            found = await gateway.find(doubt)
        except (InDoubt, privacy.Unreadable, OSError, TimeoutError):
            continue
        settled += 1
        if found is not None:
            await taken(row["id"], row["tries"], found, now=now)
        else:
            await db.execute(
                "UPDATE message SET state = 'waiting', rank = 0 WHERE id = $1 AND state = 'unknown'",
                row["id"],
            )
    return settled


async def ask_after(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Messages that a day later have come to no end: ask the carrier; the number that had moved on meanwhile."""
    rows = await db.fetch(
        """UPDATE message SET checked_at = $2 WHERE id IN (
               SELECT id FROM message WHERE direction = 'out' AND state IN ('accepted', 'queued', 'sending', 'sent')
               AND gateway = $1 AND carrier_id IS NOT NULL AND claimed_at BETWEEN $4 AND $3
               AND (checked_at IS NULL OR checked_at < $3) ORDER BY claimed_at LIMIT $5 FOR UPDATE SKIP LOCKED)
           RETURNING carrier_id""",
        gateway.name, at, at - ASK_AFTER, at - ASK_UNTIL, BATCH,
    )  # fmt: skip
    moved = 0
    for row in rows:
        try:
            found = await gateway.look(row["carrier_id"])
        except (InDoubt, OSError, TimeoutError):
            continue
        moved += found is not None and await report(found, now=now, at=at)
    return moved


async def decide(message: int, *, again: bool, by: str, now: datetime, at: datetime) -> bool:
    """A human's word on a message that stayed in doubt: send it `again`, or leave it. False when it was settled."""
    done = await db.fetchval(
        """UPDATE message SET state = CASE WHEN $2 THEN 'waiting' ELSE 'failed' END, rank = CASE WHEN $2 THEN 0 ELSE $3 END,
               error = $4, send_after = CASE WHEN $2 THEN $5 ELSE send_after END
           WHERE id = $1 AND state = 'unknown' AND claimed_at < $6 RETURNING id""",
        message, again, RANK["failed"], f"{'again' if again else 'left'}: {by}", now, at - FOR_A_HUMAN,
    )  # fmt: skip
    return done is not None
