"""A ticket's whole way by programs alone, and what each answers on the way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar

from core import db, sessions
from tests import people
from tests.crm.cast import HEATING, replied, unit_named
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")


async def program(app: Litestar, hire: Hire, role: str, unit: str = "", **headers: str) -> httpx.AsyncClient:
    """A program with a token of somebody with this post."""
    owner = (await hire(role, unit)).officer
    token = await sessions.issue_token(owner.id, "test", sorted(owner.permissions))
    return people.connect(app, authorization=f"Bearer {token}", **headers)


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_ticket_goes_its_whole_way(app: Litestar, officer: Hire) -> None:
    alice, bob = await program(app, officer, "agent"), await program(app, officer, "dispatcher")
    wang = await program(app, officer, "unit_handler", "D120104-GR")
    ruth = await program(app, officer, "reviewer")
    made = ok(await alice.post("/api/v1/tickets", json=HEATING), 201)
    ticket = f"/api/v1/tickets/{made['number']}"
    assert ok(await bob.post("/api/v1/queues/dispatch/next", json={}))["number"] == made["number"]
    body = {"lead": await unit_named("南开区供热办"), "reason": "派单目录 0301 × 南开区"}
    assert ok(await bob.post(f"{ticket}/moves/dispatch", json=body))["status"] == "dispatched"
    (row,) = ok(await wang.get("/api/v1/orders?tab=sign"))["orders"]
    order = f"/api/v1/orders/{row['id']}"
    assert ok(await wang.post("/api/v1/orders/signatures", json={"orders": [row["id"]]}))["done"]
    assert {one["move"] for one in ok(await wang.get(f"{order}/moves"))} >= {"contact", "reply", "ask_hold"}
    ok(await wang.post(f"{order}/moves/contact", json={"how": "call", "reached": True}))
    reply = {"result": "solved", "answer": "2 号炉已修复点火，今天 18:00 前回到 18 度。"}
    assert ok(await wang.post(f"{order}/moves/reply", json=reply))["status"] == "replied"
    assert ok(await ruth.post(f"{ticket}/moves/accept", json={"follow_up": "must"}))["status"] == "follow_up"
    assert (
        ok(await ruth.post(f"{ticket}/moves/close", json={"solved": "yes", "satisfied": 1}))["status"]
        == "closed"
    )
    story = [event["verb"] for event in ok(await alice.get(ticket))["events"]]
    assert story == ["close", "accept", "reply", "contact", "sign", "dispatch", "register"]
    assert {clock["name"] for clock in ok(await alice.get(f"{ticket}/clocks"))} == {
        "sign",
        "contact",
        "close",
    }


async def test_a_move_that_does_not_fit_is_refused_by_its_name(app: Litestar, officer: Hire) -> None:
    """`reassign` is no way to dispatch what waits in the queue."""
    alice, bob = await program(app, officer, "agent"), await program(app, officer, "dispatcher")
    number = ok(await alice.post("/api/v1/tickets", json=HEATING), 201)["number"]
    body = {"lead": await unit_named("南开区供热办"), "reason": "派单目录 0301 × 南开区"}
    refused = ok(await bob.post(f"/api/v1/tickets/{number}/moves/reassign", json=body), 409)
    assert refused["code"] == "wrong_state"


async def test_who_was_first_is_named(app: Litestar, officer: Hire) -> None:
    alice, bob = await program(app, officer, "agent"), await program(app, officer, "dispatcher")
    number = ok(await alice.post("/api/v1/tickets", json=HEATING), 201)["number"]
    lead = {"lead": await unit_named("南开区供热办"), "reason": "派单目录 0301 × 南开区", "seen": 1}
    ok(await bob.post(f"/api/v1/tickets/{number}/moves/dispatch", json=lead))
    late = ok(await bob.post(f"/api/v1/tickets/{number}/moves/reassign", json=lead), 409)
    assert late["code"] == "conflict"
    assert late["by"]


async def test_outsiders_cannot_tell_what_is_there(app: Litestar, officer: Hire) -> None:
    alice = await program(app, officer, "agent")
    number = ok(await alice.post("/api/v1/tickets", json=HEATING), 201)["number"]
    stranger = await program(app, officer, "unit_handler", "D120104-CG")
    there = ok(await stranger.get(f"/api/v1/tickets/{number}"), 404)
    nowhere = ok(await stranger.get("/api/v1/tickets/2601010000003"), 404)
    assert there["code"] == nowhere["code"] == "not_found"
    assert there["detail"] == nowhere["detail"]


async def test_a_number_is_seen_with_a_reason_that_is_kept_and_the_number_is_not(
    app: Litestar, officer: Hire
) -> None:
    boss = await program(app, officer, "supervisor")
    number = ok(await boss.post("/api/v1/tickets", json=HEATING), 201)["number"]
    path = f"/api/v1/tickets/{number}/phone"
    assert ok(await boss.post(path, json={"reason": "x"}), 422)["errors"]["reason"]
    head = {"Idempotency-Key": "look"}
    for _ in "12":
        seen = ok(await boss.post(path, json={"reason": "回电核实地址"}, headers=head))
        assert seen == {"phone": "+8613800221234"}
    looks = await db.fetch("SELECT reason FROM view_log WHERE what = 'phone'")
    assert [row["reason"] for row in looks] == ["回电核实地址"] * 2
    assert not await db.fetchval("SELECT count(*) FROM idempotency_claim")


async def test_who_follows_up_sees_the_number_only_then(app: Litestar, officer: Hire) -> None:
    ruth = await program(app, officer, "reviewer")
    number, _order = await replied()
    path = f"/api/v1/tickets/{number}/phone"
    body = {"reason": "电话回访"}
    assert ok(await ruth.post(path, json=body), 403)["code"] == "denied"
    ok(await ruth.post(f"/api/v1/tickets/{number}/moves/accept", json={"follow_up": "must"}))
    assert ok(await ruth.post(path, json=body))["phone"] == "+8613800221234"


async def test_what_is_sent_in_bulk_is_foreseen(app: Litestar, officer: Hire) -> None:
    boss = await program(app, officer, "supervisor")
    number = ok(await boss.post("/api/v1/tickets", json=HEATING), 201)["number"]
    body = {"numbers": [number, "2601010000003", "2601010000004"]}
    preview = ok(await boss.post("/api/v1/queues/dispatch/preview", json=body))
    assert [one["number"] for one in preview["going"]] == [number]
    assert set(preview["refused"]) == {"2601010000003", "2601010000004"}
    assert ok(await boss.get(f"/api/v1/tickets/{number}"))["status"] == "received"
    sent = ok(await boss.post("/api/v1/queues/dispatch/batch", json=body))
    assert (sent["done"], sent["refused"]) == ([number], preview["refused"])


async def test_a_list_goes_on_where_it_ended(app: Litestar, officer: Hire) -> None:
    alice = await program(app, officer, "agent")
    made = [ok(await alice.post("/api/v1/tickets", json=HEATING), 201)["number"] for _ in "12345"]
    found: list[str] = []
    after = ""
    for _ in range(3):
        page = ok(await alice.get(f"/api/v1/tickets?limit=2{after}"))
        found += [ticket["number"] for ticket in page["tickets"]]
        after = f"&after={page['next']}"
    assert page["next"] is None
    assert found == made[::-1]


async def test_a_filter_that_nobody_knows_is_no_filter_of_everything(app: Litestar, officer: Hire) -> None:
    alice = await program(app, officer, "agent")
    assert "statsu" in ok(await alice.get("/api/v1/tickets?statsu=closed"), 422)["errors"]


async def test_a_file_is_added_fetched_and_taken_back(app: Litestar, officer: Hire) -> None:
    alice = await program(app, officer, "agent")
    number = ok(await alice.post("/api/v1/tickets", json=HEATING), 201)["number"]
    path, file = f"/api/v1/tickets/{number}/attachments", {"file": ("a.pdf", b"%PDF-1.4\n%%EOF\n")}
    (kept,) = ok(await alice.post(path, files=file), 201)["attachments"]
    fetched = await alice.get(f"/api/v1/attachments/{kept['id']}")
    assert fetched.content == file["file"][1]
    assert ok(await alice.delete(f"/api/v1/attachments/{kept['id']}"))["attachments"] == []


async def test_an_agent_takes_a_call_and_says_how_it_ended(app: Litestar, officer: Hire) -> None:
    from core import clock
    from crm import calls

    call = await calls.receive(carrier_id="c1", line="12345", phone="13800221234", now=clock.now())
    alice = await program(app, officer, "agent")
    assert ok(await alice.get("/api/v1/calls"))["waiting"] == 1
    taken = ok(await alice.post("/api/v1/calls/answered"))["call"]
    assert (taken["id"], taken["phone"]) == (call, "138****1234")
    body = {**HEATING, "phone": "", "call": call}
    number = ok(await alice.post("/api/v1/tickets", json=body), 201)["number"]
    assert ok(await alice.get(f"/api/v1/tickets/{number}"))["phone_tail"] == "1234"
    assert ok(await alice.post(f"/api/v1/calls/{call}/end"))["call"] is None


async def test_an_editor_writes_what_agents_find(app: Litestar, officer: Hire) -> None:
    sun, alice = await program(app, officer, "kb_editor"), await program(app, officer, "agent")
    body = {
        "code": "GR-9001",
        "title": "供暖期是哪几天",
        "body": "每年 11 月 15 日至次年 3 月 15 日。",
        "source": "条例",
    }
    assert ok(await sun.post("/api/v1/articles", json=body), 201) == {"code": "GR-9001", "version": 1}
    ok(await alice.get("/api/v1/articles/GR-9001"), 404)
    ok(await sun.post("/api/v1/articles/GR-9001/publication", json={"version": 1}))
    assert ok(await alice.get("/api/v1/articles/GR-9001"))["status"] == "published"
    late = ok(await sun.post("/api/v1/articles/GR-9001/withdrawal", json={"version": 1, "note": "旧"}), 409)
    assert late["code"] == "conflict"


@pytest.mark.parametrize("what", ["units", "matters", "streets", "limits", "lines", "calendar?year=2026"])
async def test_reference_data_is_sent_once(app: Litestar, officer: Hire, what: str) -> None:
    alice = await program(app, officer, "agent")
    first = await alice.get(f"/api/v1/{what}")
    assert ok(first)
    again = await alice.get(f"/api/v1/{what}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
