"""`/account/tokens`: shown once, no more than one's own, revoked at once; `/admin/tokens`: everybody's."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar

from core import db
from tests import people
from tests.people import Hire, Visitor

pytestmark = pytest.mark.usefixtures("database")


async def made(visitor: Visitor, *scopes: str) -> str:
    answer = await visitor.post("/account/tokens", {"name": "地图大屏", "scopes": list(scopes), "days": "90"})
    found = re.search(r"hl_[\w-]{43}", answer.text)
    assert found, answer.text
    return found[0]


async def test_a_token_is_shown_once_and_kept_as_a_hash(app: Litestar, officer: Hire) -> None:
    alice = await officer("agent")
    token = await made(alice, "ticket.see")
    assert token not in (await alice.get("/account/tokens")).text
    assert token[3:] not in str(dict(await db.fetchrow("SELECT * FROM api_token")))
    async with people.connect(app, authorization=f"Bearer {token}") as program:
        assert (await program.get("/api/v1/tickets")).status_code == 200


async def test_what_is_missing_is_named_and_what_was_typed_stays(officer: Hire) -> None:
    alice = await officer("agent")
    answer = await alice.post("/account/tokens", {"name": "地图大屏", "days": "7"})
    assert answer.status_code == 422
    assert 'value="地图大屏"' in answer.text
    assert "至少选一项权限" in answer.text


async def test_nobody_gives_away_what_is_not_theirs(officer: Hire) -> None:
    alice = await officer("agent")
    answer = await alice.post(
        "/account/tokens", {"name": "x", "scopes": ["ticket.see", "ticket.unmask"], "days": "90"}
    )
    assert answer.status_code == 403
    assert not await db.fetchval("SELECT count(*) FROM api_token")


async def test_a_revoked_token_is_shut_out_at_once(app: Litestar, officer: Hire) -> None:
    alice = await officer("agent")
    token = await made(alice, "ticket.see")
    number = await db.fetchval("SELECT id FROM api_token")
    async with people.connect(app, authorization=f"Bearer {token}") as program:
        assert (await program.get("/api/v1/tickets")).status_code == 200
        await alice.post(f"/account/tokens/{number}/revocation")
        assert (await program.get("/api/v1/tickets")).status_code == 401


async def test_an_administrator_sees_and_revokes_everybodys(officer: Hire) -> None:
    alice, mallory, root = await officer("agent"), await officer("agent"), await officer("admin")
    await made(alice, "ticket.see")
    number = await db.fetchval("SELECT id FROM api_token")
    assert (await mallory.post(f"/account/tokens/{number}/revocation")).status_code == 404
    assert (await mallory.get("/admin/tokens")).status_code == 403
    assert "地图大屏" in (await root.get("/admin/tokens")).text
    await root.post(f"/admin/tokens/{number}/revocation")
    assert await db.fetchval("SELECT revoked_by FROM api_token") == root.officer.name
    actions = [row["action"] for row in await db.fetch("SELECT action FROM audit_entry ORDER BY id")]
    assert actions[-2:] == ["token.issue", "token.revoke"]
