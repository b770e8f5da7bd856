"""Duty phones that must be woken: `duty_call` rows (`crm/tickets/tables.py`) are performed here.

By SMS: into the outbox, as any message to a unit. By voice: rung, the text read twice, 1 confirms. One row rings
once; who is not reached is the next row's matter. A call in doubt is not made again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import outbox
from callbacks.gateway import InDoubt, Rejected, SmsGateway, Why
from callbacks.outbox import About
from callbacks.phones import phone
from callbacks.templates import Text, about, render, spoken, tail
from callbacks.wake import Progress, Ring, Waker
from core import db, privacy
from core.db import Tx, tx

log = logging.getLogger("hotline.duty")

BATCH: Final = 10
#: Without a word from the carrier for so long, nobody can say whether it rang.
LEASE: Final = timedelta(minutes=5)
#: The carrier is busy or away: the same row once more after this, until it is too late to be of use.
AGAIN: Final = timedelta(seconds=20)
MOST_TRIES: Final = 6
_FIELDS = """d.id, d.ticket, d.work_order, d.about, d.step, d.channel, d.phone, d.tries, t.urgency, w.status AS order_status"""
_DUE = f"""SELECT {_FIELDS} FROM duty_call d JOIN ticket t ON t.id = d.ticket LEFT JOIN work_order w ON w.id = d.work_order
           WHERE d.done_at IS NULL AND d.claimed_at IS NULL AND d.due_at <= $1 ORDER BY d.due_at, d.id LIMIT $2
           FOR UPDATE OF d SKIP LOCKED"""


async def work(waker: Waker | None, gateway: SmsGateway | None, *, now: datetime, at: datetime) -> int:
    """Perform what is due; returns how many rows were taken up."""
    await db.execute(
        "UPDATE duty_call SET outcome = 'unknown', done_at = $2 WHERE done_at IS NULL AND claimed_at < $1",
        at - LEASE,
        now,
    )
    async with tx() as t:
        rows = await t.fetch(_DUE, now, BATCH)
        calls = [row for row in rows if not await _settled(t, row, waker, gateway, now=now)]
        await t.execute(
            """UPDATE duty_call SET claimed_at = $2, tried_at = $3, tries = tries + 1, gateway = $4
               WHERE id = ANY($1::bigint[])""",
            [row["id"] for row in calls], at, now, waker.name if waker else "",
        )  # fmt: skip
    if waker is not None:
        await asyncio.gather(*(_ring(waker, row, now=now) for row in calls))
    return len(rows)


async def progress(found: Progress, *, now: datetime, at: datetime) -> bool:
    """What a call came to, told by the carrier; False when that was known. A pressed 1 outranks how the call ended."""
    key, _, attempt = found.own.partition(".")
    known = key.isdecimal() and attempt.isdecimal() and len(key) < 19 and len(attempt) < 5
    async with tx() as t:
        row = await t.fetchrow(
            "SELECT id, ticket, outcome FROM duty_call WHERE id = $1 AND tries = $2 AND gateway = $3 FOR UPDATE",
            int(key) if known else 0, int(attempt) if known else 0, found.gateway,
        )  # fmt: skip
        fresh = row is not None and bool(found.outcome) and _rank(found.outcome) > _rank(row["outcome"])
        await t.execute(
            """INSERT INTO carrier_event (at, gateway, carrier_id, kind, state, own, fresh, data)
               VALUES ($1, $2, $3, 'voice', $4, $5, $6, $7)""",
            at, found.gateway, found.carrier_id, found.outcome, found.own, fresh, json.dumps(dict(found.data)),
        )  # fmt: skip
        if fresh:
            await t.execute(
                "UPDATE duty_call SET outcome = $2, done_at = coalesce(done_at, $3), carrier_id = $4 WHERE id = $1",
                row["id"], found.outcome, now, found.carrier_id,
            )  # fmt: skip
            t.changed(f"ticket:{row['ticket']}")
    return fresh


async def pick_up(call: int, outcome: str, *, now: datetime, at: datetime) -> bool:
    """The demo's duty phone is taken, or not."""
    row = await db.fetchrow("SELECT tries FROM duty_call WHERE id = $1 AND gateway = 'console'", call)
    if row is None:
        return False
    told = Progress("console", f"duty-{call}.{row['tries']}", outcome, f"{call}.{row['tries']}")
    return await progress(told, now=now, at=at)


def _rank(outcome: str) -> int:
    """`confirmed` outranks what was told or guessed before; the ends of a call do not overwrite each other."""
    return {"": 0, "unknown": 1, "overtaken": 1, "confirmed": 3}.get(outcome, 2)


async def _settled(
    t: Tx, row: Any, waker: Waker | None, gateway: SmsGateway | None, *, now: datetime
) -> bool:
    """True when nothing has to be rung: by SMS, no longer needed, or nobody to ring."""
    message: int | None = None
    if row["about"] == "unsigned" and row["order_status"] not in (None, "dispatched"):
        outcome = "overtaken"
    elif row["phone"] is None:
        outcome = "no_phone"
    elif row["channel"] == "voice":
        if waker is not None:
            return False
        outcome = "no_carrier"
    elif gateway is None:
        outcome = "no_carrier"
    else:
        outcome, to = "sent", phone(privacy.open_sealed(row["phone"]))
        message = await outbox.put(t, _sms(row), to, About(row["ticket"], party="unit"), now=now, after=now)
    await t.execute(
        "UPDATE duty_call SET outcome = $2, done_at = $3, tried_at = $3, message = $4 WHERE id = $1",
        row["id"], outcome, now, message,
    )  # fmt: skip
    t.changed(f"ticket:{row['ticket']}")
    return True


async def _ring(waker: Waker, row: Any, *, now: datetime) -> None:
    attempt = row["tries"] + 1
    outcome, error, carrier_id = "", "", None
    try:
        number = privacy.open_sealed(row["phone"])
        carrier_id = await waker.ring(
            Ring(str(row["id"]), attempt, number, spoken(row["ticket"], row["about"], "zh_CN"))
        )
    except privacy.Unreadable as unreadable:
        outcome, error = "failed", str(unreadable)
    except Rejected as rejected:
        if rejected.why in (Why.BUSY, Why.AWAY, Why.ACCOUNT) and attempt < MOST_TRIES:
            await db.execute(
                "UPDATE duty_call SET claimed_at = NULL, due_at = $2, error = $3 WHERE id = $1 AND done_at IS NULL",
                row["id"], now + AGAIN, str(rejected),
            )  # fmt: skip
            return
        outcome, error = "failed", str(rejected)
    except (InDoubt, OSError, TimeoutError) as doubt:
        log.warning("duty call %s in doubt: %s", row["id"], type(doubt).__name__)
        return  # its callback may tell yet
    await db.execute(
        """UPDATE duty_call SET carrier_id = coalesce(carrier_id, $2), error = $4,
               outcome = CASE WHEN outcome = '' THEN $3 ELSE outcome END,
               done_at = CASE WHEN $3 = '' THEN done_at ELSE coalesce(done_at, $5) END
           WHERE id = $1 AND tries = $6""",
        row["id"], carrier_id, outcome, error, now, attempt,
    )  # fmt: skip


def _sms(row: Any) -> Text:
    """In Chinese, as all messages to units."""
    why = about(row["about"], "zh_CN")
    return render("unit_duty", "zh_CN", tail=tail(row["ticket"]), urgency=row["urgency"], about=why)
