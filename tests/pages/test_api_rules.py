"""What holds for every operation of `/api/v1`: done once, in one's own language, not too often, and refused in order."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from core import clock, db, sessions
from core.api import rate
from core.settings import settings
from crm.tickets.states import MOVES
from crm.tickets.verbs import VERBS
from tests import people
from tests.crm.cast import HEATING, dispatched, unit_named
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")

#: Moves without a verb of their own: another verb makes them.
MADE_BY = {
    "propose_return": "ask_return",
    "designate_same": "designate",
    "gather": "merge",
    "release": "unmerge",
}
#: Moves that nobody can ask for yet; the list only gets shorter.
NOT_YET = {
    "add_assist", "pass_down", "take_back", "succeed", "merged_answered", "merged_redo", "recompute",
    "withdraw_merged",
}  # fmt: skip


def test_every_move_can_be_asked_for() -> None:
    asked = {move.name for move in MOVES if set(move.who) != {"ticket.auto"}}
    assert asked - set(VERBS) - set(MADE_BY) - NOT_YET == set()
    assert set(MADE_BY.values()) <= set(VERBS)


async def program(app: Litestar, hire: Hire, role: str, unit: str = "", **headers: str) -> httpx.AsyncClient:
    owner = (await hire(role, unit)).officer
    token = await sessions.issue_token(owner.id, "test", sorted(owner.permissions))
    return people.connect(app, authorization=f"Bearer {token}", **headers)


# --- done once ---


@pytest.mark.parametrize("dispatch", [False, True])
async def test_a_key_with_another_body_is_refused(app: Litestar, officer: Hire, dispatch: bool) -> None:
    alice, head = await program(app, officer, "agent"), {"Idempotency-Key": "k1"}
    body = {**HEATING, "dispatch": dispatch}
    first = await alice.post("/api/v1/tickets", json=body, headers=head)
    again = await alice.post("/api/v1/tickets", json=dict(reversed(body.items())), headers=head)
    other = await alice.post("/api/v1/tickets", json={**body, "name": "李女士"}, headers=head)
    assert (first.status_code, again.content, other.status_code) == (201, first.content, 422)
    assert other.json()["code"] == "idempotency_key_reused"
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


async def test_what_was_refused_leaves_its_key_free(app: Litestar, officer: Hire) -> None:
    alice, head = await program(app, officer, "agent"), {"Idempotency-Key": "k1"}
    wrong = await alice.post("/api/v1/tickets", json={**HEATING, "matter": "0"}, headers=head)
    right = await alice.post("/api/v1/tickets", json=HEATING, headers=head)
    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_a_move_sent_twice_at_once_is_made_once(app: Litestar, officer: Hire) -> None:
    number, _order = await dispatched()
    alice, head = await program(app, officer, "agent"), {"Idempotency-Key": "k1"}
    send = {
        "url": f"/api/v1/tickets/{number}/moves/append",
        "json": {"content": "今晚仍不热。"},
        "headers": head,
    }
    answers = await asyncio.gather(*(alice.post(**send) for _ in range(4)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in answers) == ["", *["true"] * 3]
    events = "SELECT count(*) FROM ticket_event WHERE ticket = $1 AND verb = 'append'"
    assert await db.fetchval(events, number) == 1


async def test_a_key_is_its_owners(app: Litestar, officer: Hire) -> None:
    head = {"Idempotency-Key": "k1"}
    made = [
        (
            await (await program(app, officer, "agent")).post("/api/v1/tickets", json=HEATING, headers=head)
        ).json()
        for _ in "12"
    ]
    assert made[0]["number"] != made[1]["number"]


# --- refused in order ---


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/api/v1/nothing", {}, 404, "not_found"),
        ("PATCH", "/api/v1/tickets", {}, 405, "method_not_allowed"),
        ("GET", "/api/v1/tickets", {"headers": {"Accept": "text/csv"}}, 406, "not_acceptable"),
        ("POST", "/api/v1/tickets", {"content": b"kind=help", "headers": {"Content-Type": "text/plain"}}, 415, "unsupported_media_type"),
        ("POST", "/api/v1/tickets", {"json": {"content": "x" * 2**21}}, 413, "too_large"),
        ("GET", "/api/v1/queues/dispatch?after=x", {}, 400, "bad_cursor"),
        ("POST", "/api/v1/tickets", {"json": {}, "headers": {"Idempotency-Key": ""}}, 422, "invalid"),
        ("POST", "/api/v1/articles", {"json": {}}, 403, "denied"),
    ],
)  # fmt: skip
async def test_a_problem_says_what_it_is(
    app: Litestar, officer: Hire, method: str, path: str, more: dict[str, Any], status: int, code: str
) -> None:
    boss = await program(app, officer, "supervisor")
    answer = await boss.request(method, path, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:hotline:problem:{code}"
    assert answer.json()["instance"] == path.partition("?")[0]


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/api/v1/lines", "/healthz", "/sign-in", "/tickets/1"])
async def test_head_is_answered_as_get_is(app: Litestar, officer: Hire, path: str) -> None:
    alice = await officer("agent")
    got, head = await alice.get(path), await alice.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_ends(officer: Hire) -> None:
    alice = await officer("agent")
    answer = await asyncio.wait_for(alice.client.head("/live"), 5)
    assert answer.headers["content-type"].startswith("text/event-stream")


# --- tokens ---


async def test_a_program_is_answered_in_its_owners_language(app: Litestar, officer: Hire) -> None:
    alice = await program(app, officer, "agent")
    await db.execute("UPDATE account SET locale = 'en'")
    sessions.forget_all()
    alice.headers.pop("accept-language", None)
    own = (await alice.get("/api/v1/tickets/1")).json()["detail"]
    asked = (await alice.get("/api/v1/tickets/1", headers={"Accept-Language": "zh-CN"})).json()["detail"]
    assert own.isascii()
    assert not asked.isascii()


async def test_a_token_that_calls_too_often_waits(
    app: Litestar, officer: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "api_calls_per_minute", 3)
    moment = clock.real_now().replace(second=20)
    monkeypatch.setattr(clock, "real_now", lambda: moment)
    rate.forget()
    alice, bob = await program(app, officer, "agent"), await program(app, officer, "agent")
    answers = [await alice.get("/api/v1/lines") for _ in "12345"]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert answers[-1].headers["retry-after"] == "40"
    assert (await bob.get("/api/v1/lines")).status_code == 200


async def test_calls_of_all_processes_count(
    database: str, officer: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = (await officer("agent")).officer
    await sessions.issue_token(owner.id, "test", [])
    token = await db.fetchval("SELECT id FROM api_token")
    for _process in "12":
        rate.forget()
        await rate.count(token)
    row = await db.fetchrow("SELECT calls, used_at FROM api_token")
    assert row["calls"] == 2
    assert clock.real_now() - row["used_at"] < timedelta(minutes=1)


async def test_a_token_does_no_more_than_its_scopes(app: Litestar, officer: Hire) -> None:
    boss = (await officer("supervisor")).officer
    token = await sessions.issue_token(boss.id, "map", ["ticket.see"])
    async with people.connect(app, authorization=f"Bearer {token}") as program:
        assert (await program.get("/api/v1/tickets")).status_code == 200
        assert (await program.post("/api/v1/tickets", json=HEATING)).status_code == 403


async def test_a_cookie_needs_its_own_proof_to_write(officer: Hire) -> None:
    alice = await officer("agent")
    del alice.client.headers["X-CSRF-Token"]
    refused = await alice.client.post("/api/v1/tickets", json=HEATING)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")


async def test_a_dispatch_with_a_unit_that_is_gone_names_the_field(app: Litestar, officer: Hire) -> None:
    number = (await dispatched())[0]
    bob = await program(app, officer, "dispatcher")
    body = {"lead": await unit_named("南开区供热办") + 100_000, "reason": "换一个单位试试"}
    refused = await bob.post(f"/api/v1/tickets/{number}/moves/reassign", json=body)
    assert list(refused.json()["errors"]) == ["lead"]
