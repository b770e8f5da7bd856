"""Administration by keyboard in a real browser: edit, import over the preview, undo, a type-ahead, a conflict."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from openpyxl import Workbook
from playwright.async_api import Page, expect

from core import db
from tests.browser.driving import Site, driven, served
from tests.people import Hire

pytestmark = pytest.mark.browser
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def site(app: Litestar) -> AsyncIterator[Site]:
    async with served(app) as base, driven() as browser:
        yield Site(base, browser)


async def typed(page: Page, field: str, text: str) -> None:
    """Into the field by keys alone, over what stands there."""
    await page.locator(f"#f-{field}").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.type(text)


async def undone(page: Page) -> None:
    await typed(page, "reason", "改错了")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已撤销")


async def test_a_line_is_found_edited_and_put_back_by_keys(site: Site, officer: Hire) -> None:
    page = await site.page(await officer("admin"), "/admin/lines")
    await page.keyboard.press("Alt+KeyL")
    await page.keyboard.type("12345")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-list] tbody tr")).to_have_count(1)
    await page.locator("a[data-open]").focus()
    await page.keyboard.press("Enter")
    await typed(page, "name", "便民热线")
    await page.keyboard.press("Control+Enter")  # without a reason the browser stops at the field
    assert await page.evaluate("document.activeElement.id") == "f-reason"
    await page.keyboard.type("市政府〔2026〕12 号文")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已保存")
    await expect(page.locator(".told ins")).to_have_text("便民热线")
    await page.get_by_role("link", name="看这次改动").focus()
    await page.keyboard.press("Enter")
    await undone(page)
    assert await db.fetchval("SELECT name FROM line WHERE number = '12345'") == "政务服务便民热线"


async def test_a_sheet_is_looked_at_imported_and_taken_back_by_keys(site: Site, officer: Hire) -> None:
    book, out = Workbook(), io.BytesIO()
    for row in (
        ["号码", "名称", "接入方式"],
        ["12345", "便民热线", "main"],
        ["96090", "新专线", "merged"],
        ["甲", "", ""],
    ):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(out)
    page = await site.page(await officer("admin"), "/admin/lines/imports")
    file = {"name": "线路.xlsx", "mimeType": SHEET, "buffer": out.getvalue()}
    await page.locator("#f-file").set_input_files(file)  # type: ignore[arg-type]
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#changed .told ins")).to_have_text("便民热线")
    await expect(page.locator("#added")).to_contain_text("新专线")
    await expect(page.locator("#rejected")).to_contain_text("第 4 行")
    await typed(page, "reason", "归并方案第 3 批")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已导入")
    assert await db.fetchval("SELECT mode FROM line WHERE number = '96090'") == "merged"
    await undone(page)
    assert await db.fetchval("SELECT count(*) FROM line WHERE number = '96090'") == 0


async def test_a_matter_is_picked_from_a_list_while_typing(site: Site, officer: Hire) -> None:
    row = await db.fetchval("SELECT id FROM line WHERE number = '12345'")
    page = await site.page(await officer("admin"), f"/admin/lines/{row}")
    await typed(page, "default_matter", "供热")
    await expect(page.locator("[role=option]").first).to_contain_text("供热")
    await page.keyboard.press("Enter")
    await typed(page, "reason", "默认供热")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已保存")
    assert str(await db.fetchval("SELECT default_matter FROM line WHERE id = $1", row)).startswith("03")


async def test_the_second_admin_reads_the_conflict_first_and_keeps_what_was_typed(
    site: Site, officer: Hire
) -> None:
    row = await db.fetchval("SELECT id FROM line WHERE number = '12345'")
    first, second = [await site.page(await officer("admin"), f"/admin/lines/{row}") for _ in range(2)]
    for page, name in ((first, "甲改的"), (second, "乙改的")):
        await typed(page, "name", name)
        await typed(page, "reason", "更名")
        await page.keyboard.press("Control+Enter")
    await expect(second.locator(".conflict h2")).to_contain_text("先改了这一行")
    await expect(second.locator("#f-name")).to_have_value("乙改的")
    await second.locator('[name="keep_name"][value="yours"]').check()
    await second.locator("#f-reason").focus()
    await second.keyboard.press("Control+Enter")
    await expect(second.locator("#strips")).to_contain_text("已保存")
    assert await db.fetchval("SELECT name FROM line WHERE id = $1", row) == "乙改的"


async def test_a_unit_is_merged_by_keys(site: Site, officer: Hire) -> None:
    row = await db.fetchval("SELECT id FROM unit WHERE name = '南开区供热办'")
    page = await site.page(await officer("admin"), f"/units/{row}/succession")
    await typed(page, "heir", "南开区商务")
    await expect(page.locator("[role=option]").first).to_contain_text("南开区商务局")
    await page.keyboard.press("Enter")
    await typed(page, "reason", "机构改革")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#strips")).to_contain_text("已定下继任单位")
    assert await db.fetchval(
        "SELECT h.name FROM unit u JOIN unit h ON h.id = u.successor WHERE u.id = $1", row
    ) == ("南开区商务局")
