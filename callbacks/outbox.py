"""Messages on their way out: written once with the work that caused them, sent by whoever claims them.

A worker killed between claim and answer leaves the row `claimed`; after `LEASE` it is `unknown` and only the
carrier's own word (`find`) moves it on. Nothing in doubt is ever sent again blindly.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import optouts
from callbacks.gateway import FINAL, RANK, InDoubt, OutMessage, Rejected, Report, Sent, SmsGateway, Why
from callbacks.phones import Phone, phone
from callbacks.segments import segments
from callbacks.templates import Text
from core import db, privacy
from core.db import Tx, tx

log = logging.getLogger("hotline.sms")

LEASE: Final = timedelta(minutes=5)
BATCH: Final = 20
MOST_TRIES: Final = 3
_CLAIMED = "id, phone, body, tries"


@dataclass(frozen=True)
class About:
    """What a message tells of; (ticket, round, event, phone, template, version) are told once."""

    ticket: int | None = None
    round: int | None = None
    event: int | None = None
    party: str = "citizen"
    reply_to: int | None = None


async def put(t: Tx, text: Text, to: Phone, about: About, *, now: datetime, after: datetime) -> int | None:
    """Into the outbox, to go `after`; None when it was written before."""
    message = await t.fetchval(
        """INSERT INTO message (direction, phone, phone_hash, phone_tail, body, locale, segments, template,
               template_version, ticket, round, event, party, reply_to, state, rank, send_after, created_at)
           VALUES ('out', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'waiting', 0, $14, $15)
           ON CONFLICT DO NOTHING RETURNING id""",
        to.sealed, to.hash, to.tail, privacy.seal(text.body), text.locale, segments(text.body).count,
        text.template, text.version, about.ticket, about.round, about.event, about.party, about.reply_to, after, now,
    )  # fmt: skip
    return None if message is None else int(message)


async def send_due(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Hand what is due to the gateway until nothing is; returns how many. `at` is real time, for the lease."""
    done = 0
    while True:
        rows = await db.fetch(
            f"""UPDATE message SET state = 'claimed', rank = 1, claimed_at = $2, tries = tries + 1, gateway = $3
                WHERE id IN (SELECT id FROM message WHERE state = 'waiting' AND send_after <= $1
                             ORDER BY send_after, id LIMIT $4 FOR UPDATE SKIP LOCKED)
                RETURNING {_CLAIMED}""",
            now, at, gateway.name, BATCH,
        )  # fmt: skip
        await asyncio.gather(
            *(_hand_over(gateway, row, now) for row in sorted(rows, key=lambda r: int(r["id"])))
        )
        done += len(rows)
        if len(rows) < BATCH:
            return done


async def send_one(gateway: SmsGateway, message: int, *, now: datetime, at: datetime) -> None:
    """The same for one message that should not wait for the next round."""
    row = await db.fetchrow(
        f"""UPDATE message SET state = 'claimed', rank = 1, claimed_at = $2, tries = tries + 1, gateway = $3
            WHERE id = $1 AND state = 'waiting' RETURNING {_CLAIMED}""",
        message, at, gateway.name,
    )  # fmt: skip
    if row is not None:
        await _hand_over(gateway, row, now)


async def settle_doubts(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Claims whose worker is gone become `unknown`; what the carrier surely never had waits again."""
    await db.execute(
        "UPDATE message SET state = 'unknown', rank = 2 WHERE state = 'claimed' AND claimed_at < $1",
        at - LEASE,
    )
    rows = await db.fetch(
        f"SELECT {_CLAIMED} FROM message WHERE state = 'unknown' AND gateway = $1 AND claimed_at < $2 LIMIT 100",
        gateway.name, at - LEASE,
    )  # fmt: skip
    settled = 0
    for row in rows:
        try:
            found = await gateway.find(_as_out(row))
        except InDoubt:
            continue
        settled += 1
        if found is not None:
            await _sent(row["id"], found, now)
        elif row["tries"] < MOST_TRIES:
            await db.execute(
                "UPDATE message SET state = 'waiting', rank = 0 WHERE id = $1 AND state = 'unknown'",
                row["id"],
            )
        else:
            await _failed(row["id"], "not taken after several tries")
    return settled


async def report(found: Report) -> bool:
    """A carrier's report on a message; False when it told nothing new. Late and lower never overwrites."""
    changed = await db.fetchval(
        """UPDATE message SET state = $3, rank = $4, error = CASE WHEN $5 = '' THEN error ELSE $5 END
           WHERE gateway = $1 AND carrier_id = $2 AND rank < $4 AND state <> ALL($6::text[]) RETURNING id""",
        found.gateway, found.carrier_id, found.state, RANK[found.state], found.error, list(FINAL),
    )  # fmt: skip
    return changed is not None


async def _hand_over(gateway: SmsGateway, row: Any, now: datetime) -> None:
    try:
        sent = await gateway.send(_as_out(row))
    except privacy.Unreadable as unreadable:
        await _failed(row["id"], str(unreadable))
    except Rejected as rejected:
        await _rejected(row, rejected, now)
    except (InDoubt, TimeoutError, OSError) as doubt:
        log.warning("SMS %s in doubt: %s", row["id"], type(doubt).__name__)
        await db.execute(
            "UPDATE message SET state = 'unknown', rank = 2, error = $2 WHERE id = $1 AND state = 'claimed'",
            row["id"], type(doubt).__name__,
        )  # fmt: skip
    else:
        await _sent(row["id"], sent, now)


async def _sent(message: int, sent: Sent, now: datetime) -> None:
    await db.execute(
        """UPDATE message SET state = $2, rank = $3, carrier_id = $4, sent_at = $5
           WHERE id = $1 AND rank < $3""",
        message, sent.state, RANK[sent.state], sent.carrier_id, now,
    )  # fmt: skip


async def _rejected(row: Any, rejected: Rejected, now: datetime) -> None:
    if rejected.why is Why.BUSY and row["tries"] < MOST_TRIES:
        await db.execute(
            "UPDATE message SET state = 'waiting', rank = 0, send_after = $2, error = $3 WHERE id = $1",
            row["id"], now + timedelta(minutes=2 ** row["tries"]), str(rejected),
        )  # fmt: skip
        return
    if rejected.why in (Why.FILTERED, Why.ACCOUNT):
        log.error("SMS %s refused by the carrier: %s", row["id"], rejected)
    async with tx() as t:
        if rejected.why is Why.OPTED_OUT:
            await optouts.opt_out(
                t, phone(privacy.open_sealed(row["phone"])), optouts.PURPOSES, word="carrier", now=now
            )
        await _failed(row["id"], str(rejected))


async def _failed(message: int, error: str) -> None:
    await db.execute(
        "UPDATE message SET state = 'failed', rank = $2, error = $3 WHERE id = $1",
        message,
        RANK["failed"],
        error,
    )


def _as_out(row: Any) -> OutMessage:
    return OutMessage(str(row["id"]), privacy.open_sealed(row["phone"]), privacy.open_sealed(row["body"]))
