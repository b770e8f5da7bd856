"""An account at the local carrier: the official client talks to it over real HTTP, its webhooks reach the application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from callbacks import gateway, wake
from callbacks.twilio import Twilio, connected
from core.settings import Settings, settings
from hotline.demo.carrier import ACCOUNT, NUMBER, SERVICE, TOKEN, Carrier, Moods, body_of
from hotline.demo.carrier_app import app_of


def chosen(url: str, **more: Any) -> Settings:
    given = {
        "twilio_api_url": url, "twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_messaging_service": SERVICE,
        "twilio_voice_from": NUMBER, "public_url": settings().public_url, **more,
    }  # fmt: skip
    return settings().model_copy(update=given)


@asynccontextmanager
async def served(app: Litestar, *, moods: Moods | None = None) -> AsyncIterator[tuple[str, Carrier]]:
    """The carrier at a port of its own; its webhooks go straight into `app`."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:

        async def post(url: str, form: list[tuple[str, str]], headers: dict[str, str]) -> tuple[int, str]:
            answer = await client.post(url, content=body_of(form), headers=headers)
            return answer.status_code, answer.text

        carrier = Carrier(post, settings().public_url, moods or Moods())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Server(app_of(carrier), port=port, interface=Interfaces.ASGI, log_enabled=False)
        task = asyncio.create_task(server.serve())
        try:
            await _listening(port)
            yield f"http://127.0.0.1:{port}", carrier
            await carrier.rest()
        finally:
            server.stop()
            await asyncio.wait([task], timeout=10)


async def _listening(port: int) -> None:
    for _ in range(200):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise TimeoutError


@asynccontextmanager
async def account(
    app: Litestar, *, moods: Moods | None = None, **more: Any
) -> AsyncIterator[tuple[Twilio, Carrier]]:
    """Wired as at start."""
    async with served(app, moods=moods) as (url, carrier), connected(chosen(url, **more)) as twilio:
        assert twilio is not None
        gateway.use(twilio)
        wake.use(twilio)
        try:
            yield twilio, carrier
        finally:
            gateway.use(None)
            wake.use(None)
