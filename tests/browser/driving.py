"""A real browser before the application: served from this process, so that a test may look into its database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, Page, async_playwright

from core import visits
from tests.people import Visitor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """The application at `base`, and the browser to go there with."""

    base: str
    browser: Browser

    async def page(self, visitor: Visitor, path: str, *, locale: str = "zh-CN") -> Page:
        """A window of its own, signed in as `visitor`; a script that fails, fails the test that looks at `failures`."""
        context = await self.browser.new_context(
            viewport={"width": 1440, "height": 900}, locale=locale, base_url=self.base
        )
        token = visitor.client.cookies.get(visits.session_cookie())
        assert token is not None
        await context.add_cookies([{"name": visits.session_cookie(), "value": token, "url": self.base}])
        page = await context.new_page()
        await page.goto(path)
        return page


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """`app`, whose lifespan runs already, on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    task = asyncio.create_task(server.serve(), name="server")
    try:
        for _attempt in range(100):
            with contextlib.suppress(OSError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        yield f"http://localhost:{port}"
    finally:
        server.stop()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def driven() -> AsyncIterator[Browser]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()
