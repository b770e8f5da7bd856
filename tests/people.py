"""People for tests: hired with the real verbs, signed in without the wait for a password."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from litestar import Litestar

from core import db, sessions, visits
from core.officers import Officer
from routing.posts import staff_add

_numbers = itertools.count(1)


@dataclass
class Visitor:
    """A signed-in browser; what it posts carries the token of its session."""

    officer: Officer
    client: httpx.AsyncClient

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    async def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return await self.client.post(path, data=data, **options)


class Hire(Protocol):
    def __call__(self, role: str, unit: str = "", *, named: bool = False) -> Awaitable[Visitor]: ...


def connect(app: Litestar, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


@asynccontextmanager
async def signed_in(app: Litestar, role: str, unit: str, *, named: bool = False) -> AsyncIterator[Visitor]:
    """Somebody new with this post. `unit` is a unit's code, empty for the hotline itself."""
    place = await db.fetchval(
        "SELECT id FROM unit WHERE code = $1 OR ($1 = '' AND kind = 'hotline') ORDER BY id LIMIT 1", unit
    )
    assert place is not None, f"no unit {unit}"
    username = f"{role}{next(_numbers)}"
    account = await staff_add(username, username, unit=place, role=role, password_hash="!", named=named)
    token = await sessions.begin(account, address="127.0.0.1")
    session = await sessions.find(token)
    assert session is not None
    async with connect(app, **{"X-CSRF-Token": session.csrf}) as client:
        client.cookies.set(visits.session_cookie(), token)
        yield Visitor(session.account, client)
