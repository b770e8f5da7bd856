"""The application in this process over a database of the test's own, and a browser to go there with."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from litestar import Litestar
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core import accounts, i18n, sessions
from hotline.app import create_app, life

#: These tests are about the ground floor; the pages above have theirs.
GROUND = ("core.pages",)
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash takes a quarter of a second, which is its purpose, but not the tests'."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(accounts, "_hasher", lambda: cheap)
    accounts._nobodys.cache_clear()


@pytest.fixture(autouse=True)
def _chinese() -> None:
    i18n.set_locale("zh_CN")


@dataclass
class Browser:
    """A client that sends back the token of the page it last saw, as a form does."""

    client: httpx.AsyncClient
    token: str = ""

    async def get(self, path: str, **options: Any) -> httpx.Response:
        answer = await self.client.get(path, **options)
        if found := re.search(r'name="_csrf" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer

    async def post(self, path: str, data: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        return await self.client.post(path, data={"_csrf": self.token} | (data or {}), **options)

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/sign-in")
        answer = await self.post("/sign-in", {"username": username, "password": password})
        if answer.status_code == 303:
            await self.get("/account")
        return answer


@pytest.fixture
async def app(database: str) -> AsyncIterator[Litestar]:
    sessions.forget_all()
    app = create_app(GROUND)
    async with life(app):
        yield app


@pytest.fixture
async def browser(app: Litestar) -> AsyncIterator[Browser]:
    async with connect(app) as client:
        yield Browser(client)


@pytest.fixture
async def alice(app: Litestar) -> int:
    return await accounts.add("alice", "李静", password=PASSWORD)


def connect(app: Litestar, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)
