"""How much one phone may write, and how often it may guess. Real time, as it is about abuse."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callbacks.phones import Phone
from core.db import Tx

log = logging.getLogger("hotline.sms")

A_HOUR: Final = 10
A_DAY: Final = 30
#: Beyond this nobody reads any more; it is a machine.
HEARD_A_DAY: Final = 100
WRONG: Final = 3
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Allowance:
    """`answered` false: over the limit or silenced. `stopped`: they want no answers either.

    `heard`: what they add to a ticket is still written down. `first_over`: the first one over the limit.
    """

    answered: bool
    stopped: bool
    heard: bool = True
    first_over: bool = False


async def count(t: Tx, phone: Phone, hashes: Sequence[bytes], *, at: datetime) -> Allowance:
    """One more message. The row stays locked until the transaction ends, so a phone's messages go one by one."""
    row = await t.fetchrow(
        """INSERT INTO sms_allowance AS a (phone_hash, hour_from, in_hour, day_from, in_day, wrong)
           VALUES ($1, $2, 1, $2, 1, 0)
           ON CONFLICT (phone_hash) DO UPDATE SET
               hour_from = CASE WHEN a.hour_from <= $3 THEN $2 ELSE a.hour_from END,
               in_hour = CASE WHEN a.hour_from <= $3 THEN 1 ELSE a.in_hour + 1 END,
               day_from = CASE WHEN a.day_from <= $4 THEN $2 ELSE a.day_from END,
               in_day = CASE WHEN a.day_from <= $4 THEN 1 ELSE a.in_day + 1 END,
               wrong = CASE WHEN a.day_from <= $4 THEN 0 ELSE a.wrong END
           RETURNING in_hour, in_day, silent_until, EXISTS (
               SELECT 1 FROM opt_out o WHERE o.phone_hash = ANY($5::bytea[]) AND o.purpose = 'status'
               AND o.until IS NULL) AS stopped""",
        phone.hash, at, at - HOUR, at - DAY, list(hashes),
    )  # fmt: skip
    silent = row["silent_until"] is not None and row["silent_until"] > at
    in_hour, in_day = row["in_hour"], row["in_day"]
    return Allowance(
        answered=not silent and in_hour <= A_HOUR and in_day <= A_DAY, stopped=row["stopped"], heard=in_day <= HEARD_A_DAY,
        first_over=not silent and ((in_hour == A_HOUR + 1 and in_day <= A_DAY) or in_day == A_DAY + 1),
    )  # fmt: skip


async def wrong_number(t: Tx, phone: Phone, *, at: datetime) -> None:
    """They asked for a ticket that is not theirs; after some, a day of silence."""
    row = await t.fetchrow(
        """UPDATE sms_allowance SET wrong = wrong + 1,
               silent_until = CASE WHEN wrong + 1 >= $2 THEN $3 ELSE silent_until END
           WHERE phone_hash = $1 RETURNING wrong""",
        phone.hash, WRONG, at + DAY,
    )  # fmt: skip
    if row["wrong"] >= WRONG:
        log.warning(
            "phone ****%s asked for %d tickets that are not its own: silent for a day",
            phone.tail,
            row["wrong"],
        )


async def may_help(t: Tx, phone: Phone, *, at: datetime) -> bool:
    """Once a day what we did not understand is answered with the menu."""
    return (
        await t.fetchval(
            "UPDATE sms_allowance SET helped_at = $2 WHERE phone_hash = $1 AND (helped_at IS NULL OR helped_at <= $3)"
            " RETURNING id",
            phone.hash, at, at - DAY,
        )
    ) is not None  # fmt: skip
