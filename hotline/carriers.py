"""Wires the carrier that the settings name, for as long as a process lives: web, worker, doctor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callbacks import gateway, wake
from core.settings import settings


@asynccontextmanager
async def wired() -> AsyncIterator[None]:
    """Its connections belong to this loop. The vendor's client is imported only where an account is set."""
    if not settings().twilio_account_sid:
        yield
        return
    from callbacks.twilio import connected

    async with connected(settings()) as twilio:
        gateway.use(twilio)
        wake.use(twilio if settings().twilio_voice_from else None)
        try:
            yield
        finally:
            gateway.use(None)
            wake.use(None)
