"""The calendar and the limits in a real browser: toggle, see who moves, say yes, and read it on the ticket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from playwright.async_api import expect

from core import clock, db
from crm import jobs
from routing import rulebook
from tests.browser.driving import Site, driven, served
from tests.crm.cast import dispatched
from tests.people import Hire

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def november(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(jobs, "SETTLES", timedelta(seconds=-60))
    rulebook.forget()
    yield
    rulebook.forget()


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def test_a_day_is_toggled_told_confirmed_and_read_on_the_ticket(site: Site, officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    page = await site.page(await officer("admin"), "/admin/calendar-year/2026")
    day = page.locator('input[name="works"][value="2026-11-25"]')
    await day.focus()
    await page.keyboard.press("Space")
    await page.locator("#f-name").fill("大雪")
    await page.locator("#f-source").fill("市府通知")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".note")).to_contain_text("1 件在办单的到期时间会变：1 件延后")
    await page.locator("#f-reason").fill("暴雪停工")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("年日历已改 1 天")
    assert await jobs.recompute() == 1
    ticket = await site.page(await officer("supervisor"), f"/tickets/{number}")
    await expect(ticket.locator("main")).to_contain_text("暴雪停工")
    why = ticket.locator("#ticket-why")
    await expect(why).to_contain_text("12-02 18:00")
    await expect(why).to_contain_text("大雪")


async def test_a_limit_by_its_row_is_asked_followed_and_taken_back(site: Site, officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    row = await db.fetchval("SELECT id FROM time_limit WHERE (kind, urgency, clock) = ('help', 3, 'close')")
    page = await site.page(await officer("admin"), f"/admin/limits/{row}")
    await page.locator("#f-amount").fill("3")
    await page.locator("#f-reason").fill("提速")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#consequences")).to_contain_text(
        "1 件在办单的到期时间会变：0 件延后，1 件提前"
    )
    await page.locator('[name="answer"][value="follow"]').check()
    await page.locator("#f-reason").focus()
    await page.keyboard.press("Control+Enter")
    await expect(page).to_have_url(re.compile(r"/runs/\d+$"))
    assert await jobs.recompute() == 1
    ticket = await site.page(await officer("supervisor"), f"/tickets/{number}")
    why = ticket.locator("#ticket-why")
    await expect(why).to_contain_text("11-27 18:00")
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    await page.goto(f"/admin/limits/changes/{change}")
    await page.locator("#f-reason").fill("改错了")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator('[name="answer"][value="follow"]')).to_be_checked()
    await page.locator("#f-reason").focus()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已撤销")
    assert await jobs.recompute() == 1
    await ticket.reload()
    await expect(why).to_contain_text("12-01 18:00")
