"""Matters without code: the tree, what follows from a name, and ending what is no longer taken."""

from __future__ import annotations

import html
import re

import httpx

from core import clock, db
from routing.matters import matters
from tests.admin.forms import filled
from tests.people import Hire, Visitor

REASON = "事项目录 2026 版"


async def matter_id(code: str) -> int:
    return int(await db.fetchval("SELECT id FROM matter WHERE code = $1", code))


async def made(admin: Visitor, code: str, name: str, **more: str) -> httpx.Response:
    given = {"kind": "help", "urgency": "3", "follow_up": "must", "reason": REASON}
    return await admin.post(
        "/admin/matters", await filled(admin, "/admin/matters/new", code=code, name=name, **given | more)
    )


async def test_a_new_matter_is_found_by_pinyin_at_once(officer: Hire) -> None:
    admin = await officer("admin")
    assert (await made(admin, "030188", "暖气片漏水", questions="哪个房间？\n关阀了吗？")).status_code == 303
    found = await matters("nqpls", 3)
    assert found[0].matter.code == "030188"
    assert found[0].matter.questions == ("哪个房间？", "关阀了吗？")
    row = await db.fetchrow("SELECT parent_code, level, leaf, path_name FROM matter WHERE code = '030188'")
    assert tuple(row) == ("0301", 3, True, "供热 › 暖气片漏水")


async def test_a_matter_needs_its_parent_and_a_code_of_pairs(officer: Hire) -> None:
    admin = await officer("admin")
    assert "没有上级事项 9901" in (await made(admin, "990101", "无根")).text
    assert "每级两位数字" in (await made(admin, "0301a", "错码")).text
    assert (await made(admin, "030189", "紧急", urgency="7")).status_code == 422


async def test_a_new_name_changes_the_paths_below_it(officer: Hire) -> None:
    admin, row = await officer("admin"), await matter_id("0301")
    typed = await filled(admin, f"/admin/matters/{row}", name="集中供热", reason=REASON)
    assert (await admin.post(f"/admin/matters/{row}", typed)).status_code == 303
    path, pinyin = await db.fetchrow("SELECT path_name, pinyin FROM matter WHERE code = '030101'")
    assert path == "集中供热 › 不热"
    assert pinyin == "ji zhong gong re bu re"


async def test_a_parent_that_gets_its_first_child_is_a_leaf_no_more(officer: Hire) -> None:
    admin = await officer("admin")
    await made(admin, "03010101", "整楼不热")
    leaves = await db.fetch(
        "SELECT code, leaf FROM matter WHERE code IN ('030101', '03010101') ORDER BY code"
    )
    assert [tuple(row) for row in leaves] == [("030101", False), ("03010101", True)]


async def test_an_ended_matter_is_offered_no_more(officer: Hire) -> None:
    admin, agent, row = await officer("admin"), await officer("agent"), await matter_id("030101")
    assert "030101" in (await agent.get("/matters?q=030101")).text
    sent = await admin.post(f"/admin/matters/{row}/removal", {"removal_reason": REASON})
    assert sent.status_code == 303
    assert 'data-value="030101"' not in (await agent.get("/matters?q=030101")).text
    assert await db.fetchval("SELECT valid_to FROM matter WHERE id = $1", row) < clock.today()


async def test_a_branch_ends_from_below(officer: Hire) -> None:
    admin, row = await officer("admin"), await matter_id("0301")
    answer = await admin.post(f"/admin/matters/{row}/removal", {"removal_reason": REASON})
    assert answer.status_code == 422
    assert "下面还有现行的事项" in answer.text


async def test_who_refers_to_a_matter_stands_beside_it(officer: Hire) -> None:
    from tests.crm import cast

    admin, row = await officer("admin"), await matter_id("0301")
    await cast.registered()
    page = (await admin.get(f"/admin/matters/{row}")).text
    for words in ("1 张工单", "条派单目录", "个下级事项"):
        assert words in page


async def test_english_readers_see_english_names_in_the_list(officer: Hire) -> None:
    admin = await officer("admin")
    admin.client.cookies.set("locale", "en")
    page = (await admin.get("/admin/matters?q=030101")).text
    assert str(await db.fetchval("SELECT name_en FROM matter WHERE code = '030101'")) in page


async def test_a_matter_is_moved_by_making_it_anew_with_the_same_defaults(officer: Hire) -> None:
    admin, row = await officer("admin"), await matter_id("030101")
    page = (await admin.get(f"/admin/matters/{row}")).text
    link = html.unescape(re.search(r'href="(/admin/matters/new\?[^"]+)"', page)[1])  # type: ignore[index]
    typed = await filled(admin, link, code="030288", reason=REASON)
    assert typed["name"] == "不热"
    assert (await admin.post("/admin/matters", typed)).status_code == 303
    old, new = [
        await db.fetchrow("SELECT kind, urgency, questions FROM matter WHERE code = $1", c)
        for c in ("030101", "030288")
    ]
    assert tuple(old) == tuple(new)
