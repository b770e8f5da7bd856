"""How we stand with a carrier: why nothing goes out just now, how much went this month, which texts it stopped.

Real time, as it is about the carrier and its bill, not about the hotline's day.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core import clock, db
from core.settings import settings

log = logging.getLogger("hotline.sms")

#: How long nothing is tried after a refusal that is not about one message.
PAUSES: Final = {
    "account": timedelta(minutes=1),
    "away": timedelta(minutes=1),
    "busy": timedelta(seconds=5),
}
#: In doubt for so long: a human decides (page /carrier).
FOR_A_HUMAN: Final = timedelta(minutes=30)
#: Said to those who can do something about it: `busy` passes by itself.
TROUBLES: Final = ("account", "away")


@dataclass(frozen=True)
class Standing:
    """`segments` of this month, against `settings().sms_monthly_cap` (0: no cap)."""

    trouble: str = ""
    detail: str = ""
    since: datetime | None = None
    paused_until: datetime | None = None
    segments: int = 0
    heard_at: datetime | None = None
    stopped: int = 0  # texts that it filters
    doubts: int = 0  # messages that a human has to decide on

    @property
    def capped(self) -> bool:
        return 0 < settings().sms_monthly_cap <= self.segments


async def read(gateway: str, *, at: datetime) -> Standing:
    row = await db.fetchrow(
        "SELECT trouble, detail, since, paused_until, month, segments, heard_at FROM carrier_state WHERE gateway = $1",
        gateway,
    )
    if row is None:
        return Standing()
    counted = row["segments"] if row["month"] == _month(at) else 0
    return Standing(
        row["trouble"], row["detail"], row["since"], row["paused_until"], counted, row["heard_at"]
    )


async def read_all(gateway: str, *, at: datetime) -> Standing:
    """With what waits for a human."""
    row = await db.fetchrow(
        """SELECT (SELECT count(*) FROM stopped_template WHERE gateway = $1 AND lifted_at IS NULL) AS stopped,
                  (SELECT count(*) FROM message WHERE state = 'unknown' AND gateway = $1 AND claimed_at < $2) AS doubts""",
        gateway, at - FOR_A_HUMAN,
    )  # fmt: skip
    return replace(await read(gateway, at=at), stopped=row["stopped"], doubts=row["doubts"])


async def pause(gateway: str, trouble: str, detail: str, *, at: datetime) -> None:
    """Stop for a while; the first time of a trouble is logged as an error, for whoever watches the log."""
    first = await db.fetchval(
        """INSERT INTO carrier_state AS s (gateway, trouble, detail, since, paused_until) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (gateway) DO UPDATE SET trouble = $2, detail = $3, paused_until = $5,
               since = CASE WHEN s.trouble = $2 THEN s.since ELSE $4 END
           RETURNING since = $4""",
        gateway, trouble, detail, at, at + PAUSES[trouble],
    )  # fmt: skip
    if first and trouble in TROUBLES:
        log.error("the SMS carrier %s takes nothing: %s %s", gateway, trouble, detail)


async def heard(gateway: str, segments: int, *, at: datetime) -> None:
    """It took `segments` of ours: no trouble any more."""
    await db.execute(
        """INSERT INTO carrier_state AS s (gateway, month, segments, heard_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (gateway) DO UPDATE SET trouble = '', detail = '', since = NULL, paused_until = NULL,
               heard_at = $4, month = $2,
               segments = $3 + CASE WHEN s.month = $2 THEN s.segments ELSE 0 END""",
        gateway, _month(at), segments, at,
    )  # fmt: skip


async def stop_template(gateway: str, template: str, locale: str, code: str, *, at: datetime) -> None:
    """Its messages wait until somebody lifts it: the more a filter sees of a text, the worse for our number."""
    stopped = await db.fetchval(
        """INSERT INTO stopped_template (gateway, template, locale, code, since) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING RETURNING id""",
        gateway, template, locale, code, at,
    )  # fmt: skip
    if stopped is not None:
        log.error("the SMS carrier %s filters template %s (%s): stopped, %s", gateway, template, locale, code)


async def lift(stopped: int, *, by: str, at: datetime) -> bool:
    """Let a text go out again; False when somebody was first."""
    return (
        await db.fetchval(
            "UPDATE stopped_template SET lifted_at = $2, lifted_by = $3 WHERE id = $1 AND lifted_at IS NULL RETURNING id",
            stopped, at, by,
        )
    ) is not None  # fmt: skip


def _month(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m}"
