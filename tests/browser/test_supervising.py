"""The supervisor's and the follow-up desk by keyboard, in a real browser before the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import expect

from core import clock, db
from crm.kpi import snapshots
from crm.kpi.rules import rules
from crm.tickets import replies
from tests.browser.driving import Site, driven, served
from tests.crm import cast
from tests.people import Hire

pytestmark = pytest.mark.browser


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def to_ask() -> int:
    number, _order = await cast.replied()
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    return number


async def test_an_agent_asks_by_keyboard_alone(site: Site, officer: Hire) -> None:
    number = await to_ask()
    page = await site.page(await officer("agent"), "/review/follow-ups")
    await page.keyboard.press("Alt+KeyJ")
    await expect(page).to_have_url(f"{site.base}/review/{number}/follow-up")
    await page.keyboard.press("Alt+KeyO")
    await expect(page.locator("#number")).to_contain_text("13800221234")
    await expect(page.locator("#number [data-focus]")).to_be_focused()
    await page.keyboard.press("Alt+KeyM")
    await expect(page.locator("#f-outcome")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".errors")).to_contain_text("选为什么没有联系上")
    await page.locator("#f-outcome").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("无人接听。还要在另外 2 个半天各拨一次")
    assert await db.fetchval("SELECT outcome FROM follow_up_try WHERE ticket = $1", number) == "no_answer"


async def test_what_the_citizen_says_is_written_in_the_pane(site: Site, officer: Hire) -> None:
    number = await to_ask()
    page = await site.page(await officer("agent"), "/review/follow-ups")
    await expect(page.locator(f'[data-previewed="{number}"]')).to_be_visible()
    await page.locator("#f-solved-yes").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result")).to_contain_text("市民说已解决")
    assert await cast.status(number) == "closed"


async def test_a_number_opens_by_keyboard_and_escape_closes_the_drawer(site: Site, officer: Hire) -> None:
    await to_ask()
    await snapshots.take(clock.today(), rules(), now=clock.now())
    page = await site.page(await officer("supervisor"), "/supervise?by=line")
    await page.get_by_role("link", name="接通率", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#drawer")).to_have_count(0)


async def test_the_board_moves_by_itself_when_something_was_counted(site: Site, officer: Hire) -> None:
    from crm import calls

    await snapshots.take(clock.today(), rules(), now=clock.now())
    visitor = await officer("supervisor")
    page = await site.page(visitor, "/sign-in")
    async with page.expect_response(lambda answer: "/live?" in answer.url):
        await page.goto("/supervise?by=line")
    await expect(page.locator("#rate-connection")).to_be_visible()
    await page.wait_for_timeout(300)
    await calls.receive(carrier_id="c-1", line="12345", phone="13800001111", now=clock.now())
    await calls.answer_next(visitor.officer, now=clock.now())
    await snapshots.take(clock.today(), rules(), now=clock.now())
    await expect(page.locator("#board")).to_contain_text("1 ÷ 1", timeout=15_000)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_on_a_phone_nothing_sticks_out(site: Site, officer: Hire, locale: str) -> None:
    await to_ask()
    for day in (clock.today(),):
        await snapshots.take(day, rules(), now=clock.now())
    visitor = await officer("supervisor")
    page = await site.page(visitor, "/supervise?rate=follow_up", locale=locale)
    for path in ("/supervise?rate=follow_up", "/supervise/rows?rate=connection", "/review/follow-ups"):
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.goto(path)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, path
