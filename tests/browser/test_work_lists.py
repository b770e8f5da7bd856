"""The lifecycle's desks by keyboard alone: more time from request to new date, and a caller joined to an incident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from playwright.async_api import expect

from core import clock, db
from crm.tickets import dispatch, merging, signing
from crm.tickets.dispatch import Dispatch
from tests.browser.driving import Site, driven, served
from tests.crm import cast
from tests.crm.cast import BOB, at_unit, unit_named
from tests.people import Hire

pytestmark = pytest.mark.browser
#: Tuesday, before noon: limits in working days have their day.
MORNING = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


@pytest.fixture
async def site(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(clock, "now", lambda: MORNING + timedelta(hours=1))
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def dispatched(**changes: object) -> tuple[int, int]:
    number = await cast.registered(at=MORNING, **changes)
    form = Dispatch(await unit_named("南开区供热办"), "派单目录 0301 × 南开区")
    await dispatch.dispatch(BOB, number, form, now=MORNING)
    return number, await db.fetchval("SELECT id FROM work_order WHERE ticket = $1", number)


async def test_an_extension_is_asked_for_granted_from_the_list_and_seen(site: Site, officer: Hire) -> None:
    number, order = await dispatched(urgency=3)
    wang = await at_unit()
    await signing.sign(wang, order, now=MORNING)
    await signing.contact(wang, order, how="call", reached=True, note="", now=MORNING)
    code = await db.fetchval("SELECT code FROM unit WHERE name = '南开区供热办'")
    unit = await site.page(await officer("unit_handler", code), f"/orders/{order}/moves/ask_extension")
    await unit.locator('input[name="ground"]').first.focus()
    await unit.keyboard.press("Space")
    await unit.locator("#f-amount").fill("3")
    await unit.locator("#f-note").fill("配件 11 月 27 日到货，29 日前更换完成。")
    await unit.locator('input[name="told"]').first.focus()
    await unit.keyboard.press("Space")
    await unit.keyboard.press("Control+Enter")
    await expect(unit.get_by_text("延期申请等热线裁定")).to_be_visible()
    before = await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order)

    desk = await site.page(await officer("dispatcher"), "/dispatch/requests")
    await expect(desk.locator(f'[data-previewed="{number}"]')).to_be_visible()
    await desk.keyboard.press("Control+Enter")
    await expect(desk.locator("#f-ruling")).to_be_visible()
    await desk.locator("#f-ruling").fill("同意，配件确需到货")
    await desk.keyboard.press("Control+Enter")
    await expect(desk).to_have_url(f"{site.base}/dispatch/requests")
    await expect(desk.get_by_text("没有待裁定的申请")).to_be_visible()

    after = await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order)
    assert after > before
    await unit.goto(f"/orders/{order}")
    due = clock.local(after)
    await expect(unit.locator(".clocks")).to_contain_text(f"{due:%m-%d}")
    await expect(unit.get_by_text("延期申请等热线裁定")).to_be_hidden()


async def test_a_caller_joins_an_incident_by_one_key(site: Site, officer: Hire) -> None:
    number, _order = await dispatched()
    now = clock.now()
    await merging.declare(BOB, number, merging.Incident("王顶堤片区停暖"), now=now)
    await merging.announce(BOB, number, merging.Announce("抢修中，预计今天22时前恢复"), now=now)
    page = await site.page(await officer("agent"), "/desk")
    await page.locator("#f-content").fill("家里暖气不热，楼上楼下都停了，什么时候能恢复？")
    for field, typed in (("#f-matter", "gongre bure"), ("#f-street", "王顶堤")):
        await page.locator(field).focus()
        await page.keyboard.type(typed)
        await page.locator('[role="option"]:visible').first.wait_for()
        await page.keyboard.press("Enter")
    await page.locator("#f-phone").fill("13900330004")
    await expect(page.locator("#incidents")).to_contain_text("王顶堤片区停暖，已有 1 人反映")
    await page.keyboard.press("Alt+KeyG")
    await expect(page.locator("#saved-h")).to_be_visible()
    await expect(page.locator("#desk")).to_contain_text("已登记，并入“王顶堤片区停暖”")
    await expect(page.locator("#desk")).to_contain_text("预计今天22时前恢复")
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", number) == 1


async def test_a_second_report_is_merged_from_the_queue_by_keys(site: Site, officer: Hire) -> None:
    master, _order = await dispatched()
    second = await cast.registered(at=MORNING, content="隔壁楼也不热，林苑西里 9 号楼，昨天起停暖。")
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await expect(page.locator("#preview")).to_contain_text("同一街道、同一事项")
    await page.keyboard.press("Alt+KeyG")
    await page.locator("#f-ground").fill("同一小区同一条管道停暖")
    await page.keyboard.press("Control+Enter")
    await expect(page).to_have_url(f"{site.base}/dispatch")
    assert await db.fetchval("SELECT merged_into FROM ticket WHERE id = $1", second) == master
