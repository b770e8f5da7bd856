"""Messages on their way out: written once with the work that caused them, sent by whoever claims them.

A worker killed between claim and answer leaves the row `claimed`; after `LEASE` it is `unknown` and only the
carrier's own word (`callbacks/reports.py`) or a human moves it on. Nothing in doubt is ever sent again blindly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import carrier_state, refusals
from callbacks.gateway import RANK, InDoubt, OutMessage, Rejected, Sent, SmsGateway
from callbacks.phones import Phone, country
from callbacks.segments import segments
from callbacks.templates import Text
from core import db, privacy
from core.db import Tx

log = logging.getLogger("hotline.sms")

#: Longer than any gateway waits for its carrier.
LEASE: Final = timedelta(minutes=5)
#: What could not go out for so long tells nobody anything any more.
TOO_LATE: Final = timedelta(hours=24)
BATCH: Final = 20
#: So many in doubt and none taken: the line is dead, and every further message would be in doubt as well.
IN_A_ROW: Final = 3
CLAIMED: Final = "id, phone, body, tries, party, template, locale, segments"


@dataclass(frozen=True)
class About:
    """What a message tells of; (ticket, round, event, phone, template, version) are told once."""

    ticket: int | None = None
    round: int | None = None
    event: int | None = None
    party: str = "citizen"
    reply_to: int | None = None


@dataclass(frozen=True)
class Letter:
    """A message to be written, to go `after`."""

    text: Text
    to: Phone
    about: About
    after: datetime


_PUT: Final = """INSERT INTO message (direction, phone, phone_hash, phone_tail, body, locale, segments, template,
        template_version, ticket, round, event, party, reply_to, state, rank, send_after, created_at)
    VALUES ('out', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'waiting', 0, $14, $15)
    ON CONFLICT DO NOTHING RETURNING id"""


async def put(t: Tx, text: Text, to: Phone, about: About, *, now: datetime, after: datetime) -> int | None:
    """Into the outbox, to go `after`; None when it was written before."""
    message = await t.fetchval(_PUT, *_columns(Letter(text, to, about, after), now))
    return None if message is None else int(message)


async def put_many(t: Tx, letters: Sequence[Letter], *, now: datetime) -> None:
    """The same for many; what was written before is left as it is."""
    if letters:
        await t.executemany(_PUT, [_columns(letter, now) for letter in letters])


def _columns(letter: Letter, now: datetime) -> tuple[Any, ...]:
    text, to, about = letter.text, letter.to, letter.about
    return (
        to.sealed, to.hash, to.tail, privacy.seal(text.body), text.locale, segments(text.body).count,
        text.template, text.version, about.ticket, about.round, about.event, about.party, about.reply_to,
        letter.after, now,
    )  # fmt: skip


async def send_due(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Hand what is due to the gateway until nothing is, or it will have no more; returns how many.

    `at` is real time, for leases and pauses.
    """
    done = 0
    while True:
        standing = await carrier_state.read(gateway.name, at=at)
        if standing.paused_until is not None and standing.paused_until > at:
            return done
        batch = (
            1 if standing.trouble in carrier_state.TROUBLES else BATCH
        )  # try with one whether it is well again
        rows = await db.fetch(
            f"""UPDATE message SET state = 'claimed', rank = 1, claimed_at = $2, tries = tries + 1, gateway = $3
                WHERE id IN (SELECT id FROM message m WHERE state = 'waiting' AND send_after <= $1
                             AND (party = 'unit' OR NOT $5::boolean) AND NOT EXISTS (
                                 SELECT 1 FROM stopped_template s WHERE s.lifted_at IS NULL AND s.gateway = $3
                                 AND s.template = m.template AND s.locale = m.locale)
                             ORDER BY send_after, id LIMIT $4 FOR UPDATE SKIP LOCKED)
                RETURNING {CLAIMED}, send_after""",
            now, at, gateway.name, batch, standing.capped,
        )  # fmt: skip
        late = [row for row in rows if row["send_after"] < now - TOO_LATE]
        for row in late:
            await refusals.failed(row["id"], "too late")
        fresh = sorted((row for row in rows if row not in late), key=lambda row: int(row["id"]))
        took = await asyncio.gather(*(_hand_over(gateway, row, now=now, at=at) for row in fresh))
        if sum(filter(None, took)):
            await carrier_state.heard(gateway.name, sum(filter(None, took)), at=at)
        elif took.count(None) >= min(IN_A_ROW, batch):
            await carrier_state.pause(gateway.name, "away", "no answer", at=at)
        done += len(rows)
        if len(rows) < batch:
            return done


async def send_one(gateway: SmsGateway, message: int, *, now: datetime, at: datetime) -> None:
    """The same for one message that should not wait for the next round."""
    row = await db.fetchrow(
        f"""UPDATE message SET state = 'claimed', rank = 1, claimed_at = $2, tries = tries + 1, gateway = $3
            WHERE id = $1 AND state = 'waiting' RETURNING {CLAIMED}""",
        message, at, gateway.name,
    )  # fmt: skip
    if row is not None and (took := await _hand_over(gateway, row, now=now, at=at)):
        await carrier_state.heard(gateway.name, took, at=at)


async def taken(message: int, attempt: int, sent: Sent, *, now: datetime) -> None:
    """The carrier has it. Its callback may have come before its answer: then only the id is new."""
    await db.execute(
        """UPDATE message SET carrier_id = $3, sent_at = coalesce(sent_at, $6),
               state = CASE WHEN rank < $5 THEN $4 ELSE state END, rank = greatest(rank, $5)
           WHERE id = $1 AND tries = $2 AND carrier_id IS NULL AND state IN ('claimed', 'unknown')""",
        message, attempt, sent.carrier_id, sent.state, RANK[sent.state], now,
    )  # fmt: skip


def as_out(row: Any) -> OutMessage:
    """Raises `privacy.Unreadable`."""
    phone, body = privacy.open_sealed(row["phone"]), privacy.open_sealed(row["body"])
    return OutMessage(str(row["id"]), phone, body, row["tries"])


async def _hand_over(gateway: SmsGateway, row: Any, *, now: datetime, at: datetime) -> int | None:
    """The segments that were taken; 0 for none, None for nobody knows."""
    try:
        message = as_out(row)
        if row["segments"] > gateway.capabilities(country(message.phone)).most_segments:
            await refusals.failed(row["id"], f"too long: {row['segments']} segments")
            return 0
        sent = await gateway.send(message)
    except privacy.Unreadable as unreadable:
        await refusals.failed(row["id"], str(unreadable))
    except Rejected as rejected:
        await refusals.at_once(gateway.name, row, rejected, now=now, at=at)
    except (InDoubt, TimeoutError, OSError) as doubt:
        log.warning("SMS %s in doubt: %s", row["id"], type(doubt).__name__)
        await db.execute(
            "UPDATE message SET state = 'unknown', rank = 2, error = $2 WHERE id = $1 AND state = 'claimed'",
            row["id"], type(doubt).__name__,
        )  # fmt: skip
        return None
    else:
        await taken(row["id"], row["tries"], sent, now=now)
        return int(row["segments"])
    return 0
