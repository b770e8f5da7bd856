"""What follows when a carrier will not have a message, told at once or by a later report (DOMAIN: error classes).

| class | what we do |
|---|---|
| number, opted out | this phone gets no SMS any more (the ledger says why); the follow-up goes by voice |
| not allowed, other | this message failed; the reason stands beside it |
| busy | later again, further and further apart; lost on the way (30001, 30003, 30008): twice more |
| away, account | nothing was wrong with the message: it waits, and sending stops for a while |
| filtered | this message failed, its text goes to nobody until somebody lifts the stop |
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import carrier_state, optouts
from callbacks.gateway import RANK, Rejected, Report, Why
from callbacks.phones import phone
from core import db, privacy
from core.db import tx

log = logging.getLogger("hotline.sms")

MOST_RESENT: Final = 2
LONGEST_WAIT: Final = timedelta(minutes=30)


async def at_once(gateway: str, row: Any, rejected: Rejected, *, now: datetime, at: datetime) -> None:
    """The carrier certainly has not taken a claimed message."""
    why, code = rejected.why, rejected.code
    if why in (Why.AWAY, Why.ACCOUNT):
        await db.execute(
            """UPDATE message SET state = 'waiting', rank = 0, tries = greatest(tries - 1, 0), error = $2
               WHERE id = $1 AND state = 'claimed'""",
            row["id"], str(rejected),
        )  # fmt: skip
        await carrier_state.pause(gateway, why.value, code, at=at)
    elif why is Why.BUSY:
        await db.execute(
            """UPDATE message SET state = 'waiting', rank = 0, send_after = greatest(send_after, $2), error = $3
               WHERE id = $1 AND state = 'claimed'""",
            row["id"], now + _wait(row["tries"]), str(rejected),
        )  # fmt: skip
        await carrier_state.pause(gateway, "busy", code, at=at)
    else:
        async with tx():
            await failed(row["id"], str(rejected))
            await _consequences(gateway, row, why, code, now=now, at=at)


async def reported(row: Any, found: Report, *, now: datetime, at: datetime) -> None:
    """A message that had been taken came back `failed` or `undelivered`. Part of the caller's transaction."""
    if found.why is Why.BUSY and row["resent"] < MOST_RESENT:
        await db.execute(
            """UPDATE message SET state = 'waiting', rank = 0, carrier_id = NULL, claimed_at = NULL, resent = resent + 1,
                   send_after = $2 WHERE id = $1""",
            row["id"], now + _wait(row["resent"] + 2),
        )  # fmt: skip
    elif found.why is Why.ACCOUNT:
        await carrier_state.pause(found.gateway, "account", found.error, at=at)
    elif found.why is not None:
        await _consequences(found.gateway, row, found.why, found.error, now=now, at=at)


async def failed(message: int, error: str) -> None:
    await db.execute(
        "UPDATE message SET state = 'failed', rank = $2, error = $3 WHERE id = $1",
        message, RANK["failed"], error,
    )  # fmt: skip


async def _consequences(gateway: str, row: Any, why: Why, code: str, *, now: datetime, at: datetime) -> None:
    """`row`: phone, template, locale."""
    if why is Why.FILTERED:
        await carrier_state.stop_template(gateway, row["template"], row["locale"], code, at=at)
    elif why in (Why.OPTED_OUT, Why.NUMBER):
        word = "carrier" if why is Why.OPTED_OUT else f"{optouts.NO_MOBILE} ({code})"
        who = phone(privacy.open_sealed(row["phone"]))
        async with tx() as t:
            await optouts.opt_out(t, who, optouts.PURPOSES, word=word, now=now)
    else:
        log.warning("SMS %s refused by the carrier: %s %s", row["id"], why, code)


def _wait(tries: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(tries, 6)), LONGEST_WAIT)
