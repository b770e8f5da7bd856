"""The unit's desk on a phone: sign several, contact, answer, by thumb and by keyboard; the paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import Page, expect

from core import clock, db, visits
from crm.tickets import dispatch
from crm.tickets.dispatch import Dispatch
from tests.browser.driving import Site, driven, served
from tests.crm import cast
from tests.crm.cast import order_status
from tests.crm.test_attachment_types import photo
from tests.people import Hire, Visitor

pytestmark = pytest.mark.browser
UNIT = "D120104-GR"
ANSWER = "张女士：华苑站 2 号炉已修复点火，您家预计今天 18:00 前回到 18 度。"


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def phone(site: Site, visitor: Visitor, path: str) -> Page:
    context = await site.browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN", base_url=site.base
    )
    token = visitor.client.cookies.get(visits.session_cookie())
    assert token is not None
    await context.add_cookies([{"name": visits.session_cookie(), "value": token, "url": site.base}])
    page = await context.new_page()
    await page.goto(path)
    return page


async def sent(n: int = 1) -> list[int]:
    """Lead orders in the unit's inbox, dispatched this moment."""
    orders = []
    for _ in range(n):
        number = await cast.registered(at=clock.now())
        to = Dispatch(await cast.unit_named("南开区供热办"), "派单目录 0301 × 南开区")
        orders += (await dispatch.dispatch(cast.BOB, number, to, now=clock.now())).orders
    return orders


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_two_are_signed_then_one_is_contacted_and_answered_by_thumb(site: Site, officer: Hire) -> None:
    first, second, third = await sent(3)
    page = await phone(site, await officer("unit_handler", UNIT), "/orders")
    await expect(page.locator("#orders > li")).to_have_count(3)
    assert await fits(page)
    for order in (first, second):
        await page.locator(f'li[data-number="{order}"] .card-check').tap()
    await page.get_by_role("button", name="签收已选 2 件").tap()
    await expect(page.locator("#strips")).to_contain_text("已签收 2 件")
    assert [await order_status(order) for order in (first, second, third)] == [
        "handling",
        "handling",
        "dispatched",
    ]

    await page.goto("/orders?tab=handling")
    await page.locator(f'li[data-number="{first}"] a.tail').tap()
    await page.locator("summary", has_text="看电话号码").tap()
    await page.get_by_role("button", name="联系市民，核实情况").tap()
    await expect(page.locator('a[href="tel:+8613800221234"]')).to_be_focused()
    await page.get_by_role("link", name="联系并记录").tap()
    await page.get_by_text("联系上了", exact=True).tap()
    await page.get_by_role("button", name="记下这次联系").tap()
    await expect(page.get_by_role("heading", name="下一步：写答复")).to_be_visible()

    await page.get_by_role("link", name="写答复").tap()
    await page.get_by_text("部分解决", exact=True).tap()
    await page.get_by_label("给市民的答复").fill(ANSWER)
    await expect(page.get_by_text("字 · 短信按 1 条发")).to_be_visible()
    file = {"name": "炉.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    await page.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
    await expect(page.locator(".photos img")).to_be_visible()
    assert await fits(page)
    await expect(page.get_by_label("给市民的答复")).to_have_value(ANSWER)
    await page.get_by_role("button", name="提交答复待审核").tap()
    await expect(page.locator("#strips")).to_contain_text("等热线审核")
    assert await order_status(first) == "replied"


async def test_the_same_by_keyboard_alone(site: Site, officer: Hire) -> None:
    (order,) = await sent()
    page = await site.page(await officer("unit_handler", UNIT), "/orders")
    await page.locator("#orders > li").first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("全部签收了")).to_be_visible()
    await page.goto(f"/orders/{order}")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/contact")
    await page.locator("#f-reached-1").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(f"**/orders/{order}")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/reply")
    await page.locator('input[name="result"]').first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.type(ANSWER)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("等热线审核")
    assert await order_status(order) == "replied"


async def test_new_orders_wait_behind_the_strip(site: Site, officer: Hire) -> None:
    await sent()
    page = await phone(site, await officer("unit_handler", UNIT), "/orders")
    await expect(page.locator("#orders > li")).to_have_count(1)
    await page.wait_for_timeout(500)  # the stream opens after the page
    await sent()
    strip = page.locator("[data-strip] .strip")
    await expect(strip).to_contain_text("有 1 件新单", timeout=15_000)
    await expect(page.locator("#orders > li")).to_have_count(1)
    await strip.get_by_role("button", name="显示").tap()
    await expect(page.locator("#orders > li")).to_have_count(2)


async def test_the_draft_of_an_answer_is_there_again(site: Site, officer: Hire) -> None:
    (order,) = await sent()
    wang = await officer("unit_handler", UNIT)
    await wang.post(f"/orders/{order}/signature", {})
    page = await phone(site, wang, f"/orders/{order}/reply")
    await page.get_by_label("给市民的答复").fill(ANSWER)
    await expect(page.locator("[data-draft-state]")).to_contain_text("已存", timeout=10_000)
    other = await phone(site, wang, f"/orders/{order}/reply")
    await expect(other.get_by_label("给市民的答复")).to_have_value(ANSWER)


async def test_printing_counts_before_the_paper_is_made(site: Site, officer: Hire) -> None:
    (order,) = await sent()
    page = await site.page(await officer("unit_handler", UNIT), f"/orders/{order}/print")
    await page.wait_for_load_state("networkidle")
    await page.evaluate(
        "window.print = () => (window.printed = document.querySelector('[data-prints]').textContent)"
    )
    await page.keyboard.press("Control+Enter")
    await page.wait_for_function("window.printed === '1'")
    for _attempt in range(100):
        if await db.fetchval("SELECT prints FROM work_order WHERE id = $1", order) == 1:
            break
        await asyncio.sleep(0.05)
    assert await db.fetchval("SELECT prints FROM work_order WHERE id = $1", order) == 1
    await page.emulate_media(media="print")
    await expect(page.locator(".paper")).to_be_visible()
    await expect(page.locator(".thumb")).to_be_hidden()
    paper = await page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") == 1
