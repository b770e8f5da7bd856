"""The demo's citizen at the other end of a line: dials, waits, hangs up. A `crm.calls.Carrier` without a voice."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime

from crm import calls

log = logging.getLogger("hotline.calls")
PREFIX = "local-"


class LocalCaller:
    """What the desk does to the call stands in its row, which the page `/phone` reads; no sound is switched."""

    async def answer(self, carrier_id: str) -> None:
        log.info("local call answered")

    async def hang_up(self, carrier_id: str) -> None:
        log.info("local call ended by the desk")

    async def hold(self, carrier_id: str, on: bool) -> None:
        log.info("local call %s", "held" if on else "taken back")

    async def mute(self, carrier_id: str, on: bool) -> None:
        log.info("local call %s", "muted" if on else "unmuted")


async def dial(*, line: str, phone: str, now: datetime) -> str:
    """The call's carrier id; whoever knows it may end the call. `phone` "" is withheld. Raises Invalid."""
    carrier_id = PREFIX + secrets.token_urlsafe(12)
    await calls.receive(carrier_id=carrier_id, line=line, phone=phone, now=now)
    return carrier_id


async def put_down(carrier_id: str, *, now: datetime) -> None:
    """Raises NotFound."""
    await calls.hung_up(carrier_id, now=now)
