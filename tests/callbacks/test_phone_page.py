"""`/phone`: the demo's citizen, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from core import clock, db, installation
from crm import calls
from hotline.app import create_app, life
from tests.callbacks.conftest import ALICE, BOB, STAFF, ticket

HTMX = {"hx-request": "true"}


@dataclass
class Page:
    client: httpx.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def post(self, path: str, **data: str) -> httpx.Response:
        return await self.client.post(path, data=data, headers=HTMX | await self.token())

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers=HTMX | await self.token())

    async def token(self) -> dict[str, str]:
        if "hotline_before" not in self.client.cookies:
            await self.client.get("/phone")
        return {"x-csrf-token": self.client.cookies["hotline_before"]}

    async def text(self, body: str, key: str, phone: str = ALICE) -> str:
        return (await self.post("/phone/messages", phone=phone, body=body, key=key)).text


@pytest.fixture
async def demo(database: str) -> AsyncIterator[Page]:
    await installation.keep("purpose", "demo")
    app = create_app(("core.pages", "callbacks.pages"))
    async with life(app):
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield Page(client)


async def test_outside_a_demo_there_is_no_such_page(demo: Page) -> None:
    await demo.token()
    await installation.keep("purpose", "production")
    assert (await demo.get("/phone")).status_code == 404
    assert (await demo.get(f"/phone/thread?phone={ALICE}")).status_code == 404
    assert (await demo.post("/phone/messages", phone=ALICE, body="查", key="1")).status_code == 404
    assert (await demo.post("/phone/calls", phone=ALICE, who="phone", line="12345")).status_code == 404
    assert (await demo.get(f"/phone/calls/local-1?phone={ALICE}")).status_code == 404
    assert (await demo.delete(f"/phone/calls/local-1?phone={ALICE}")).status_code == 404
    assert (
        await db.fetchval("SELECT count(*) FROM message") + await db.fetchval("SELECT count(*) FROM call")
        == 0
    )


async def test_a_foreign_page_cannot_write_for_a_citizen(demo: Page) -> None:
    answer = await demo.client.post("/phone/messages", data={"phone": ALICE, "body": "查", "key": "1"})
    assert answer.status_code == 403


async def test_a_message_is_answered_on_the_page(demo: Page) -> None:
    number = await ticket()
    assert f"工单尾号{number % 100000:05d}：已受理" in await demo.text("查", "1")


async def test_a_form_sent_twice_is_one_message(demo: Page) -> None:
    await ticket()
    await demo.text("查", "same")
    await demo.text("查", "same")
    assert await db.fetchval("SELECT count(*) FROM message WHERE direction = 'in'") == 1


async def test_a_thread_without_news_is_not_sent_again(demo: Page) -> None:
    await demo.text("查", "1")
    shown = (await demo.get(f"/phone/thread?phone={ALICE}")).text
    found = re.search(r"last=(\d+)", shown)
    assert found
    assert (await demo.get(f"/phone/thread?phone={ALICE}&last={found[1]}")).status_code == 204


async def test_the_page_offers_the_citizens_with_open_tickets(demo: Page) -> None:
    await ticket(ALICE)
    await ticket(BOB)
    shown = (await demo.get("/phone")).text
    assert ALICE in shown
    assert BOB in shown


async def test_a_wrong_number_says_what_to_type(demo: Page) -> None:
    answer = await demo.get("/phone?phone=12")
    assert answer.status_code == 200
    assert "不是电话号码" in answer.text


async def test_a_call_goes_its_way(demo: Page) -> None:
    dialled = await demo.post("/phone/calls", phone=ALICE, who="phone", line="12345")
    assert "排队等接听" in dialled.text
    found = re.search(r"/phone/calls/(local-[\w-]+)\?phone=[^&]*&amp;seen=([\d-]+)", dialled.text)
    assert found
    path = f"/phone/calls/{found[1]}?phone={ALICE}"
    assert (await demo.get(f"{path}&seen={found[2]}")).status_code == 204
    call = await calls.answer_next(STAFF, now=clock.now())
    assert call is not None
    assert "通话中" in (await demo.get(f"{path}&seen={found[2]}")).text
    await calls.hold(STAFF, call, True)
    assert "保持中" in (await demo.get(path)).text
    ended = await demo.delete(path)
    assert "市民挂断" in ended.text
    assert "hx-trigger" not in ended.text
    row = await db.fetchrow("SELECT status, ended_by, phone_tail FROM call")
    assert tuple(row) == ("ended", "caller", ALICE[-4:])


async def test_a_withheld_number_reaches_nobody(demo: Page) -> None:
    await demo.post("/phone/calls", phone=ALICE, who="withheld", line="12345")
    row = await db.fetchrow("SELECT phone, phone_hash, phone_tail FROM call")
    assert tuple(row) == (None, None, "")


async def test_a_call_of_another_carrier_cannot_be_ended_here(demo: Page) -> None:
    await calls.receive(carrier_id="pbx-1", line="12345", phone=ALICE, now=clock.now())
    assert (await demo.delete(f"/phone/calls/pbx-1?phone={ALICE}")).status_code == 404
    assert await db.fetchval("SELECT status FROM call") == "queued"


async def test_in_english(demo: Page) -> None:
    demo.client.cookies.set("locale", "en")
    shown = (await demo.get("/phone")).text
    assert "Be the citizen" in shown
    assert not re.search(
        r"[\u4e00-\u9fff]",
        re.sub(
            r"<button[^>]*lang=\"zh-CN\".*?</button>|<script.*?</script>|<nav class=\"skips\".*?</nav>|<option.*?</option>",
            "",
            shown.split("<main")[1].split("</main")[0],
        ),
    )
