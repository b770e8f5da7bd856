"""The agent's desk by keyboard alone, in a real browser before the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import Page, Route, expect

from core import clock, db
from crm import calls
from tests.browser.driving import Site, driven, served
from tests.crm import cast
from tests.people import Hire

pytestmark = pytest.mark.browser
CONTENT = "家里暖气从昨天下午开始不热，室温 14 度，有 82 岁老人和婴儿。"


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def ring(carrier_id: str = "c-1") -> None:
    await calls.receive(carrier_id=carrier_id, line="12345", phone="13800221234", now=clock.now())


async def pick(page: Page, key: str, typed: str, shown: str) -> None:
    await page.keyboard.press(key)
    await page.keyboard.type(typed)
    await expect(page.locator(".listbox:visible [aria-selected=true]")).to_contain_text(shown)
    await page.keyboard.press("Enter")


async def answered(site: Site, officer: Hire) -> Page:
    page = await site.page(await officer("agent"), "/desk")
    await expect(page.locator("#call-wait")).to_have_text("没有人在等")
    await ring()
    await expect(page.locator("#call-wait")).to_contain_text("等待 1 人", timeout=8000)
    await page.keyboard.press("Alt+KeyJ")
    await expect(page.locator("#call-end")).to_be_visible()
    await expect(page.locator("#f-content")).to_be_focused()
    return page


async def filled(page: Page) -> None:
    await page.keyboard.type(CONTENT)
    await pick(page, "Alt+KeyX", "grb", "不热")
    await pick(page, "Alt+KeyP", "wangdd", "王顶堤街道")
    await expect(page.locator("#suggestion")).to_contain_text("南开区供热办")
    await expect(page.locator("#consequence")).to_contain_text("签收限 30 分钟")


async def test_a_call_becomes_a_ticket_by_keyboard_and_a_reload_loses_nothing(
    site: Site, officer: Hire
) -> None:
    page = await answered(site, officer)
    await filled(page)
    await expect(page.locator("#f-urgency-2")).to_be_checked()
    await expect(page.locator("[data-draft-state]")).to_contain_text("已存")
    await page.wait_for_timeout(2100)
    await page.reload()
    await expect(page.locator("#f-content")).to_have_value(CONTENT)
    await expect(page.locator("#suggestion")).to_contain_text("南开区供热办")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved-h")).to_be_focused()
    number = await db.fetchval("SELECT id FROM ticket")
    digits = f"{number:013d}"
    await expect(page.locator("#saved-h")).to_have_text(f"{digits[:6]} {digits[6:12]} {digits[12]}")
    assert await cast.status(number) == "dispatched"
    await expect(page.locator("#f-content")).to_have_value("")
    await page.keyboard.press("Alt+KeyR")
    await expect(page.locator("#f-content")).to_be_focused()
    await page.keyboard.press("Alt+KeyG")
    await expect(page.locator("#callbar")).to_contain_text("已挂机")


async def test_the_call_is_muted_held_and_ended_by_keys(site: Site, officer: Hire) -> None:
    page = await answered(site, officer)
    await page.keyboard.press("Alt+KeyM")
    await expect(page.locator("#call-mute")).to_have_attribute("aria-pressed", "true")
    await page.wait_for_timeout(100)
    await page.keyboard.press("Alt+KeyC")
    await expect(page.locator("#callbar")).to_contain_text("保持中")
    await page.wait_for_timeout(100)  # a fresh button listens from its second frame on
    await page.keyboard.press("Alt+KeyC")
    await expect(page.locator("#callbar")).to_contain_text("通话中")
    await page.wait_for_timeout(100)
    await page.keyboard.press("Alt+KeyG")
    await page.locator("#call-silent").wait_for()
    await page.wait_for_timeout(100)
    await page.locator("#call-silent").click()
    await expect(page.locator("#strips")).to_contain_text("这通电话记为“无声”")
    assert await db.fetchval("SELECT disposition FROM call") == "silent"


async def test_a_supervisor_sees_the_number_for_a_reason(site: Site, officer: Hire) -> None:
    page = await site.page(await officer("supervisor"), "/desk")
    await ring()
    await page.locator("#call-answer").click(timeout=8000)
    await page.locator("#call-number summary").click()
    await page.locator("#f-reason").fill("核对回拨号码")
    await page.keyboard.press("Enter")
    await expect(page.locator("#call-number")).to_contain_text("13800221234")


async def test_a_waiting_call_takes_no_focus_from_what_is_written(site: Site, officer: Hire) -> None:
    page = await site.page(await officer("agent"), "/desk")
    await page.locator("#f-content").focus()
    await page.keyboard.type("窗口来人反映")
    await ring()
    await expect(page.locator("#call-answer")).to_be_visible(timeout=8000)
    await expect(page.locator("#f-content")).to_be_focused()
    await page.keyboard.type("路灯不亮")
    await expect(page.locator("#f-content")).to_have_value("窗口来人反映路灯不亮")


async def test_alt_w_leaves_it_to_the_dispatchers_and_the_main_button_says_so(
    site: Site, officer: Hire
) -> None:
    page = await answered(site, officer)
    await filled(page)
    await expect(page.locator("#save")).to_contain_text("登记并派单")
    await page.keyboard.press("Alt+KeyW")
    await expect(page.locator("#save")).to_contain_text("登记，交派单台")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved-h")).to_be_focused()
    assert await db.fetchval("SELECT status FROM ticket") == "received"


async def test_errors_take_the_focus_and_leave_the_text(site: Site, officer: Hire) -> None:
    page = await answered(site, officer)
    await page.keyboard.type(CONTENT)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".errors")).to_be_focused()
    await expect(page.locator("#f-content")).to_have_value(CONTENT)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#f-matter")).to_be_focused()
    await filled_after_error(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved-h")).to_be_focused()


async def test_sent_again_after_a_lost_answer_is_one_ticket(site: Site, officer: Hire) -> None:
    page = await answered(site, officer)
    await filled(page)

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort("connectionreset")

    await page.route("**/tickets", lose_the_answer)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("服务器没有回应")
    await expect(page.locator("#f-content")).to_have_value(CONTENT)
    await page.unroute("**/tickets")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved-h")).to_be_focused()
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


async def filled_after_error(page: Page) -> None:
    await pick(page, "Alt+KeyX", "grb", "不热")
    await pick(page, "Alt+KeyP", "wangdd", "王顶堤街道")


async def test_the_other_numbers_are_found_by_a_key_and_esc_goes_back(site: Site, officer: Hire) -> None:
    page = await site.page(await officer("agent"), "/desk")
    await page.locator("#f-content").focus()
    await page.keyboard.press("Alt+KeyY")
    await expect(page.locator("#other-q")).to_be_focused()
    await page.keyboard.type("12388")
    await expect(page.locator("#other-list li:visible")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("#other-numbers")).to_be_hidden()


async def test_a_report_says_that_it_will_be_a_secret(site: Site, officer: Hire) -> None:
    page = await site.page(await officer("agent"), "/desk")
    said = page.locator("#secret")
    await expect(said).to_be_hidden()
    await page.get_by_text("举报", exact=True).click()
    await expect(said).to_be_visible()
    await page.get_by_text("求助", exact=True).click()
    await expect(said).to_be_hidden()
