"""Sheets of a subject: out, in over a preview of the differences, applied once, undone as a whole."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from core import db
from core.admin import sheets
from tests.people import Hire, Visitor

REASON = "线路归并方案第 3 批"


def sheet_of(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def exported(admin: Visitor, path: str = "/admin/lines/sheet.xlsx?state=all") -> list[list[Any]]:
    answer = await admin.get(path)
    assert answer.headers["content-type"] == sheets.MEDIA_TYPE
    book = load_workbook(io.BytesIO(answer.content))
    return [list(row) for row in book.active.iter_rows(values_only=True)]  # type: ignore[union-attr]


async def brought(admin: Visitor, rows: list[list[Any]] | bytes, **fields: str) -> Any:
    data = rows if isinstance(rows, bytes) else sheet_of(rows)
    return await admin.post("/admin/lines/imports", fields, files={"file": ("线路.xlsx", data)})


async def confirmed(admin: Visitor, location: str, reason: str = REASON) -> Any:
    page = (await admin.get(location)).text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    return await admin.post(location, {"reason": reason, "seen": seen[1]})


async def test_what_is_exported_comes_back_without_a_difference(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await brought(admin, await exported(admin))
    page = (await admin.get(answer.headers["location"])).text
    assert "没有可以导入的差别" in page
    assert await db.fetchval("SELECT count(*) FROM admin_change") == 0


async def test_rows_that_nobody_could_type_any_more_stay_and_are_not_taken_for_missing(officer: Hire) -> None:
    admin = await officer("admin")
    for number in ("96xx8", "96xx9"):
        await db.execute(
            "UPDATE line SET number = $1 WHERE id = (SELECT max(id) FROM line WHERE number !~ 'x')", number
        )
    rows = await exported(admin)
    answer = await brought(admin, rows, removes="1")
    page = (await admin.get(answer.headers["location"])).text
    assert "没有可以导入的差别" in page
    assert "重复" not in page


async def test_two_wrong_names_are_not_one_name_twice(officer: Hire) -> None:
    admin = await officer("admin")
    rows = await exported(admin)
    rows[1][1], first = "先到的名称", rows[1][0]
    rows += [["abc", "甲"], ["def", "乙"], [first, "后到的名称"]]
    answer = await brought(admin, rows)
    page = (await admin.get(answer.headers["location"])).text
    assert page.count("重复") == 1
    assert re.search(r"第 2 行(?:(?!第 \d+ 行).)*先到的名称", page, re.S)


async def test_an_english_sheet_comes_back_in_chinese(officer: Hire) -> None:
    admin = await officer("admin")
    admin.client.cookies.set("locale", "en")
    rows = await exported(admin)
    assert rows[0][0] == "Number"
    admin.client.cookies.set("locale", "zh_CN")
    answer = await brought(admin, rows)
    assert "没有可以导入的差别" in (await admin.get(answer.headers["location"])).text


async def test_a_sheet_shows_its_differences_before_it_changes_anything(officer: Hire) -> None:
    admin = await officer("admin")
    rows = await exported(admin)
    at = {row[0]: row for row in rows}
    at["12345"][1] = "便民热线"
    at["12319"][4] = "不知道"
    rows.append(["96090", "新专线", "", "市某局", "整体并入", "", None, "24 小时", None, None, ""])
    answer = await brought(admin, rows)
    page = (await admin.get(answer.headers["location"])).text
    for words in ("<del>政务服务便民热线</del> → <ins>便民热线</ins>", "新专线", "只能填：主号、整体并入"):
        assert words in page
    assert await db.fetchval("SELECT name FROM line WHERE number = '12345'") == "政务服务便民热线"
    done = await confirmed(admin, answer.headers["location"])
    assert done.status_code == 303
    assert await db.fetchval("SELECT name FROM line WHERE number = '12345'") == "便民热线"
    assert await db.fetchval("SELECT mode FROM line WHERE number = '96090'") == "merged"
    assert await db.fetchval("SELECT rows FROM admin_change") == 2


async def test_a_whole_import_is_undone_at_once(officer: Hire) -> None:
    admin = await officer("admin")
    before = await db.fetch("SELECT * FROM line ORDER BY id")
    rows = await exported(admin)
    for row in rows[1:]:
        row[7] = "改过"
    rows.append(["96090", "新专线", "", "", "main", "", None, "", None, None, ""])
    answer = await brought(admin, rows)
    await confirmed(admin, answer.headers["location"])
    change = await db.fetchval("SELECT id FROM admin_change")
    assert (await admin.post(f"/admin/lines/changes/{change}/undo", {"reason": "导错了"})).status_code == 303
    assert await db.fetch("SELECT * FROM line ORDER BY id") == before


async def test_a_yes_counts_once(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await brought(admin, [["号码", "名称", "接入方式"], ["96090", "新专线", "main"]])
    page = (await admin.get(answer.headers["location"])).text
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]  # type: ignore[index]
    both = [await admin.post(answer.headers["location"], {"reason": REASON, "seen": seen}) for _ in range(2)]
    assert both[0].headers["location"] == both[1].headers["location"]
    assert await db.fetchval("SELECT count(*) FROM admin_change") == 1


async def test_a_yes_is_to_what_was_shown(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await brought(admin, [["号码", "名称"], ["12345", "便民热线"]])
    page = (await admin.get(answer.headers["location"])).text
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]  # type: ignore[index]
    await db.execute("UPDATE line SET name = '别人改的' WHERE number = '12345'")
    late = await admin.post(answer.headers["location"], {"reason": REASON, "seen": seen})
    assert late.status_code == 409
    assert "别人改的" in late.text
    assert f'value="{REASON}"' in late.text


async def test_an_import_needs_a_reason(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await brought(admin, [["号码", "名称"], ["12345", "便民热线"]])
    refused = await confirmed(admin, answer.headers["location"], reason=" ")
    assert refused.status_code == 422
    assert "写明为什么改" in refused.text


async def test_columns_that_a_sheet_lacks_stay_as_they_are(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await brought(admin, [["号码", "名称"], ["12345", "便民热线"]])
    await confirmed(admin, answer.headers["location"])
    greeting = await db.fetchval("SELECT greeting FROM line WHERE number = '12345'")
    assert greeting.startswith("您好")


async def test_rows_a_sheet_lacks_end_only_when_asked(officer: Hire) -> None:
    admin = await officer("admin")
    kept = [["号码", "名称"], ["12345", "政务服务便民热线"]]
    answer = await brought(admin, kept)
    assert "没有可以导入的差别" in (await admin.get(answer.headers["location"])).text
    answer = await brought(admin, kept, removes="1")
    await confirmed(admin, answer.headers["location"])
    assert await db.fetchval("SELECT count(*) FROM line WHERE valid_to IS NULL") == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["号码", "名称", "接入方式"], ["96090", "甲", "main"], ["96090", "乙", "main"]], "与第 2 行重复"),
        ([["号码", "名称", "接入方式"], ["96090", "", "main"]], "请填写这一项"),
        ([["号码", "名称"], ["96090", "甲"]], "请填写这一项"),
        ([["号码", "名称", "接入方式"], ["电话", "甲", "main"]], "只填数字"),
        ([["号码", "名称"], ["12345", "=1+1"]], "公式不收"),
        ([["号码", "起用日期", "停用日期"], ["12345", "2026-05-01", "2026-04-01"]], "止不能早于起"),
        ([["号码", "默认事项"], ["12345", "999999"]], "没有“999999”"),
    ],
)
async def test_a_wrong_line_is_told_with_its_reason(officer: Hire, rows: list[list[Any]], says: str) -> None:
    admin = await officer("admin")
    answer = await brought(admin, rows)
    page = (await admin.get(answer.headers["location"])).text
    assert says in page[page.index('id="rejected"') :]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"number,name\n1,2\n", "这不是 XLSX 文件"),
        (sheet_of([["号码", "颜色"], ["12345", "红"]]), "不认识的标题：颜色"),
        (sheet_of([["名称"], ["甲"]]), "表里缺这几列：号码"),
        (sheet_of([["号码", "名称"]]), "除了标题没有内容"),
        (sheet_of([["号码", "号码"], ["1", "2"]]), "出现了两次"),
        (sheet_of([["号码"]] + [[str(n)] for n in range(100_000, 100_000 + sheets.MOST_ROWS + 1)]), "行数太多"),
    ],
)  # fmt: skip
async def test_a_file_that_is_no_sheet_is_refused_in_words(officer: Hire, data: bytes, says: str) -> None:
    admin = await officer("admin")
    answer = await brought(admin, data)
    assert answer.status_code == 422
    assert says in answer.text


async def test_a_zip_that_unpacks_to_gigabytes_is_refused_before_it_is_read(officer: Hire) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    admin = await officer("admin")
    answer = await brought(admin, out.getvalue())
    assert answer.status_code == 422
    assert "解开后太大" in answer.text


async def test_text_that_looks_like_a_formula_leaves_as_text_and_comes_back(officer: Hire) -> None:
    evil = '=HYPERLINK("http://evil.example","点我")'
    await db.execute("UPDATE line SET note = $1 WHERE number = '12345'", evil)
    admin = await officer("admin")
    data = (await admin.get("/admin/lines/sheet.xlsx?q=12345")).content
    cells = [cell for row in load_workbook(io.BytesIO(data)).active for cell in row if cell.value == evil]  # type: ignore[union-attr]
    assert [cell.data_type for cell in cells] == ["s"]
    assert [cell.quotePrefix for cell in cells] == [True]
    answer = await brought(admin, data)
    assert "没有可以导入的差别" in (await admin.get(answer.headers["location"])).text


async def test_a_sheet_is_for_who_brought_it(officer: Hire) -> None:
    admin, other = await officer("admin"), await officer("admin")
    answer = await brought(admin, [["号码", "名称"], ["12345", "便民热线"]])
    assert (await other.get(answer.headers["location"])).status_code == 404
