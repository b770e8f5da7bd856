"""`/s/{token}`: a citizen's page by link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from callbacks import links
from core import clock, db
from core.db import tx
from crm.tickets import closing, dispatch
from hotline.app import create_app, life
from tests.callbacks.conftest import ALICE, BOB, MORNING, STAFF, SetClocks, Texter, ticket, unit_with_phone


@pytest.fixture
async def visitor(database: str, at: SetClocks) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(("core.pages", "callbacks.pages"))
    async with life(app):
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", follow_redirects=True
        ) as client:
            yield client


async def link(number: int) -> str:
    async with tx() as t:
        return (await links.make(t, number, at=clock.real_now())).removeprefix("http://testserver")


async def post(visitor: httpx.AsyncClient, path: str, **data: str) -> httpx.Response:
    return await visitor.post(path, data=data | {"_csrf": visitor.cookies["hotline_before"]})


async def test_a_text_from_the_own_phone_brings_the_link(text: Texter, visitor: httpx.AsyncClient) -> None:
    number = await ticket()
    answer = await text("链接") or ""
    found = re.search(r"http://testserver(/s/[\w-]{16})$", answer)
    assert found
    shown = await visitor.get(found[1])
    assert f"工单尾号 {number % 100000:05d}" in shown.text
    assert "没有查到" in (await text(f"链接 {number}", BOB) or "")


async def test_a_confidential_ticket_has_no_page(text: Texter, visitor: httpx.AsyncClient) -> None:
    number = await ticket(confidential=True)
    assert await text(f"链接 {number}") == "【12345】请致电12345查询"
    assert (await visitor.get(await link(number))).status_code == 404


async def test_the_page_tells_where_and_by_when(visitor: httpx.AsyncClient) -> None:
    number = await ticket()
    path = await link(number)
    assert "已受理" in (await visitor.get(path)).text
    unit = await unit_with_phone()
    await dispatch.dispatch(STAFF, number, dispatch.Dispatch(unit, "属供热，住建牵头"), now=clock.now())
    shown = (await visitor.get(path)).text
    assert f"由{await db.fetchval('SELECT name FROM unit WHERE id = $1', unit)}承办" in shown
    assert re.search(r"<b>\d+ 月 \d+ 日 \d\d:\d\d 前</b>", shown)


async def test_the_page_names_nobody_and_runs_no_script(visitor: httpx.AsyncClient) -> None:
    number = await ticket()
    shown = (await visitor.get(await link(number))).text
    assert not [
        word for word in ("王某某", "301", "暖气", ALICE, "李静", str(number), "<script") if word in shown
    ]
    assert 'content="noindex' in shown


async def test_a_link_lasts_a_day(visitor: httpx.AsyncClient, at: SetClocks) -> None:
    path = await link(await ticket())
    at(MORNING + timedelta(hours=23, minutes=59))
    assert (await visitor.get(path)).status_code == 200
    at(MORNING + timedelta(hours=24))
    gone = await visitor.get(path)
    assert gone.status_code == 404
    assert "短信“链接”" in gone.text


async def test_only_the_links_hash_is_kept(visitor: httpx.AsyncClient) -> None:
    path = await link(await ticket())
    kept = await db.fetchval("SELECT row_to_json(s)::text FROM status_link s")
    assert path.removeprefix("/s/") not in kept


@pytest.mark.parametrize("token", ["x", "A" * 16, "%00" * 16, "字" * 16])
async def test_a_guess_finds_nothing(visitor: httpx.AsyncClient, token: str) -> None:
    await ticket()
    assert (await visitor.get(f"/s/{token}")).status_code == 404


async def test_urging_and_adding_reach_the_ticket(visitor: httpx.AsyncClient) -> None:
    number = await ticket()
    path = await link(number)
    await visitor.get(path)
    assert "催办已记下" in (await post(visitor, f"{path}/urges")).text
    assert "今天已记过催办" in (await post(visitor, f"{path}/urges")).text
    assert "已记入工单" in (await post(visitor, f"{path}/additions", text="水又停了")).text
    said = await db.fetch(
        "SELECT verb, data ->> 'content' FROM ticket_event WHERE verb <> 'register' ORDER BY id"
    )
    assert [tuple(row) for row in said] == [("urge", ""), ("append", "市民网页补充：水又停了")]
    assert await db.fetchval("SELECT urges FROM ticket WHERE id = $1", number) == 1


async def test_what_was_typed_stays_when_it_is_too_long(visitor: httpx.AsyncClient) -> None:
    path = await link(await ticket())
    await visitor.get(path)
    answer = await post(visitor, f"{path}/additions", text="水" * 501)
    assert answer.status_code == 422
    assert "水" * 501 in answer.text


async def test_another_site_cannot_urge(visitor: httpx.AsyncClient) -> None:
    path = await link(await ticket())
    assert (await visitor.post(f"{path}/urges")).status_code == 403


async def test_a_withdrawn_ticket_offers_nothing_to_press(visitor: httpx.AsyncClient) -> None:
    number = await ticket()
    path = await link(number)
    await visitor.get(path)
    await closing.withdraw(STAFF, number, ground="市民来电要求撤诉", now=clock.now())
    shown = (await visitor.get(path)).text
    assert "已撤回" in shown
    assert "/urges" not in shown
    assert "已不在办理中" in (await post(visitor, f"{path}/urges")).text


async def test_in_english(visitor: httpx.AsyncClient) -> None:
    path = await link(await ticket())
    visitor.cookies.set("locale", "en")
    shown = (await visitor.get(path)).text
    assert "<h1>Received</h1>" in shown
    assert "Remind them" in shown
