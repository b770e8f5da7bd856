"""Wires the carrier that the settings name, for as long as a process lives: web, worker, doctor."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from callbacks import carrier_state, gateway, wake
from core import clock, db
from core.i18n import _
from core.render import add_layout
from core.settings import settings
from core.visits import Visit

LOOK_EVERY: Final = 15.0
_standing = carrier_state.Standing()


@asynccontextmanager
async def wired() -> AsyncIterator[None]:
    """Its connections belong to this loop. The vendor's client is imported only where an account is set."""
    if not settings().twilio_account_sid:
        yield
        return
    from callbacks.twilio import connected

    _tell_pages()
    async with connected(settings()) as twilio:
        assert twilio is not None
        gateway.use(twilio)
        wake.use(twilio if settings().twilio_voice_from else None)
        watch = asyncio.create_task(_watch(twilio.name), name="carrier")
        try:
            yield
        finally:
            gateway.use(None)
            wake.use(None)
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch


def _tell_pages() -> None:
    """Pages say when nobody can be told anything: to supervisors and administrators."""
    if _alarms not in _told:
        _told.append(_alarms)
        add_layout(_alarms)


_told: list[Any] = []


async def _watch(name: str) -> None:
    """Pages may not wait for the database to draw a strip, so they read what was last seen."""
    global _standing
    while True:
        with contextlib.suppress(*db.UNREACHABLE):
            _standing = await carrier_state.read_all(name, at=clock.real_now())
        await asyncio.sleep(LOOK_EVERY)


def _alarms(reader: Visit) -> dict[str, Any]:
    officer = reader.officer
    if officer is None or not officer.can("admin.carrier", "audit.see"):
        return {}
    return {"alarms": [{"words": words, "href": "/carrier"} for words in _words(_standing)]}


def _words(standing: carrier_state.Standing) -> list[str]:
    words = {
        "account": _("短信发不出去：运营商不认我们的账号（{code}）。").format(code=standing.detail),
        "away": _("短信发不出去：连不上运营商。"),
    }
    found = [words[standing.trouble]] if standing.trouble in words else []
    if standing.capped:
        found.append(_("短信已到本月上限，市民收不到通知。"))
    if standing.stopped:
        found.append(_("{n} 个短信模板被运营商拦截，已停用。").format(n=standing.stopped))
    if standing.doubts:
        found.append(_("{n} 条短信不知是否发出，等您决定。").format(n=standing.doubts))
    return found
