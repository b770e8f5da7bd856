"""The dispatcher's and the reviewer's desks by keyboard alone, in a real browser before the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import expect

from core import clock, db
from crm.tickets import dispatch
from crm.tickets.dispatch import Dispatch
from tests.browser.driving import Site, driven, served
from tests.crm import cast
from tests.people import Hire

pytestmark = pytest.mark.browser


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def registered(n: int = 1) -> list[int]:
    return [await cast.registered(at=clock.now()) for _ in range(n)]


async def lead_of(number: int) -> str | None:
    lead: str | None = await db.fetchval(
        "SELECT u.name FROM work_order w JOIN unit u ON u.id = w.unit WHERE w.ticket = $1 AND w.part = 'lead'"
        " AND w.status = 'dispatched'",
        number,
    )
    return lead


async def test_the_next_is_claimed_and_dispatched_by_two_keys(site: Site, officer: Hire) -> None:
    (number,) = await registered()
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await page.keyboard.press("Alt+KeyJ")
    await expect(page).to_have_url(f"{site.base}/dispatch/{number}")
    assert await db.fetchval("SELECT claimed_by FROM ticket WHERE id = $1", number) is not None
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("派给南开区供热办")
    assert await lead_of(number) == "南开区供热办"
    await expect(page.get_by_text("全部派完了")).to_be_visible()


async def test_the_focused_row_goes_out_and_the_next_one_is_in_hand(site: Site, officer: Hire) -> None:
    first, second = await registered(2)
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await expect(page.locator(f'[data-previewed="{first}"]')).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result")).to_contain_text(str(first)[-5:])
    await expect(page.locator(f'[data-previewed="{second}"]')).to_be_visible()
    assert (await cast.status(first), await cast.status(second)) == ("dispatched", "received")


async def test_another_unit_wants_the_dispatchers_own_reason(site: Site, officer: Hire) -> None:
    (number,) = await registered()
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await expect(page.locator(f'[data-previewed="{number}"]')).to_be_visible()
    await page.keyboard.press("Alt+KeyW")
    await page.keyboard.type("南开区住房建设委")
    await page.locator('[role="option"]').first.wait_for()
    await page.keyboard.press("Enter")
    await expect(page.locator("#f-reason")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".errors")).to_be_focused()
    await page.locator("#f-reason").fill("楼内立管归物业，住建牵头")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result")).to_contain_text("南开区住房建设委")
    assert await lead_of(number) == "南开区住房建设委"


async def test_a_unit_overwritten_in_one_go_is_no_longer_chosen(site: Site, officer: Hire) -> None:
    (number,) = await registered()
    page = await site.page(await officer("dispatcher"), f"/dispatch/{number}")
    await page.locator("#f-lead").fill("住建")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".errors")).to_contain_text("从列表里选一个现有的承办单位")
    await expect(page.locator("#f-lead")).to_have_value("住建")
    assert await lead_of(number) is None


async def test_who_comes_second_sees_who_was_first_and_keeps_the_text(site: Site, officer: Hire) -> None:
    (number,) = await registered()
    bob, charlie = await officer("dispatcher"), await officer("dispatcher")
    page = await site.page(charlie, f"/dispatch/{number}")
    await page.locator("#f-note").fill("有婴儿，请先上门看看")
    await dispatch.dispatch(
        bob.officer,
        number,
        Dispatch(await cast.unit_named("南开区住房建设委"), "楼内立管归物业"),
        now=clock.now(),
    )
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".conflict")).to_contain_text(bob.officer.name)
    await expect(page.locator("#f-note")).to_have_value("有婴儿，请先上门看看")
    await expect(page.locator("#f-lead")).to_have_value("南开区住房建设委")
    await page.locator('input[name="keep_lead"][value="yours"]').check()
    await expect(page.locator("#f-lead")).to_have_value("南开区供热办")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("南开区供热办")
    assert await lead_of(number) == "南开区供热办"


async def test_the_bar_says_what_will_happen_before_it_does(site: Site, officer: Hire) -> None:
    first, second, third = await registered(3)
    other = await officer("dispatcher")
    await dispatch.claim(other.officer, second)
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await expect(page.locator(f'[data-previewed="{first}"]')).to_be_visible()
    for key in ("Space", "KeyJ", "KeyX", "ArrowDown", "Space"):
        await page.keyboard.press(key)
    await expect(page.locator("#foreseen")).to_contain_text("南开区供热办 2")
    await expect(page.locator("#foreseen")).to_contain_text(f"…{str(second)[-5:]} {other.officer.name}已领")
    await expect(page.locator("#send-batch")).to_contain_text("派出 2 件")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result h2")).to_be_focused()
    await expect(page.locator("#result")).to_contain_text("没派 1 件")
    assert [await cast.status(n) for n in (first, second, third)] == ["dispatched", "received", "dispatched"]
    await expect(page.locator("#rows [data-number]")).to_have_count(1)
    await expect(page.locator("#bulk")).to_be_hidden()


async def test_a_new_ticket_waits_behind_the_strip_and_a_taken_one_says_by_whom(
    site: Site, officer: Hire
) -> None:
    first, second, _last = await registered(3)
    other = await officer("dispatcher")
    page = await site.page(await officer("dispatcher"), "/dispatch")
    await expect(page.locator(f'[data-previewed="{first}"]')).to_be_visible()
    await page.wait_for_timeout(500)  # the stream opens
    await dispatch.dispatch_suggested(other.officer, [second], now=clock.now())
    (fresh,) = await registered()
    await expect(page.locator("[data-strip]")).to_contain_text("有 1 件新单", timeout=15_000)
    taken = page.locator(f'tr[data-number="{second}"]')
    await expect(taken).to_contain_text(f"{other.officer.name} 已派出")
    await expect(taken.locator("input")).to_be_disabled()
    await expect(page.locator(f'tr[data-number="{fresh}"]')).to_have_count(0)
    await page.get_by_role("button", name="显示").click()
    await expect(page.locator(f'tr[data-number="{fresh}"]')).to_be_visible()


async def test_a_reply_is_accepted_by_one_key_and_sent_back_by_another(site: Site, officer: Hire) -> None:
    first, _order = await cast.replied()
    second, _order = await cast.replied()
    page = await site.page(await officer("reviewer"), "/review")
    await expect(page.get_by_role("heading", name=f"审核 …{str(first)[-5:]}")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result")).to_contain_text("转回访（必访）")
    await expect(page.get_by_role("heading", name=f"审核 …{str(second)[-5:]}")).to_be_visible()
    await page.keyboard.press("Alt+KeyR")
    await expect(page.locator("#f-defect")).to_be_focused()
    await page.locator("#f-defect").select_option("D2")
    await page.locator("#f-note").fill("没有回答何时能修好")
    await expect(page.locator("#preview .btn-main")).to_contain_text("退回承办单位")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("全部审完了").or_(page.locator("#result"))).to_contain_text("答非所问")
    assert (await cast.status(first), await cast.status(second)) == ("follow_up", "handling")
