"""Lines without code, and with them what every subject can: lists, errors, history, undo, conflicts."""

from __future__ import annotations

import html
import re

from core import db
from tests.admin.forms import filled
from tests.people import Hire

REASON = "市政府〔2026〕12 号文"


async def line_id(number: str) -> int:
    return int(await db.fetchval("SELECT id FROM line WHERE number = $1", number))


async def test_only_an_admin_comes_in(officer: Hire) -> None:
    agent = await officer("supervisor")
    for path in ("/admin", "/admin/lines", "/admin/lines/1", "/admin/lines/changes"):
        assert (await agent.get(path)).status_code == 403
    assert "管理" not in (await agent.get("/account")).text


async def test_the_admin_lands_on_what_there_is_to_administer(officer: Hire) -> None:
    admin = await officer("admin")
    assert (await admin.get("/")).headers["location"] == "/admin"
    assert "线路" in (await admin.get("/admin")).text


async def test_a_list_is_searched_filtered_and_says_how_many(officer: Hire) -> None:
    admin = await officer("admin")
    page = (await admin.get("/admin/lines?q=供热")).text
    found = re.findall(r'data-href="/admin/lines/(\d+)"', page)
    assert len(found) == await db.fetchval("SELECT count(*) FROM line WHERE name LIKE '%供热%'")
    links = (await admin.get("/admin/lines?mode=link")).text
    assert len(re.findall(r"data-href=", links)) == 1


async def test_an_edit_is_saved_with_before_after_and_why(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    sent = await admin.post(
        f"/admin/lines/{row}", await filled(admin, f"/admin/lines/{row}", name="便民热线", reason=REASON)
    )
    assert sent.status_code == 303
    assert await db.fetchval("SELECT name FROM line WHERE id = $1", row) == "便民热线"
    page = (await admin.get(f"/admin/lines/{row}")).text
    assert REASON in page
    assert "<del>政务服务便民热线</del>" in page


async def test_agents_see_the_new_greeting_at_once(officer: Hire) -> None:
    from crm.lines import lines

    admin, row = await officer("admin"), await line_id("12345")
    assert (await lines())["12345"].greeting.startswith("您好")
    await admin.post(
        f"/admin/lines/{row}",
        await filled(admin, f"/admin/lines/{row}", greeting="欢迎致电。", reason=REASON),
    )
    assert (await lines())["12345"].greeting == "欢迎致电。"


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    typed = await filled(
        admin, f"/admin/lines/{row}", number="十二三", name="<b>新名</b>", default_matter="999999"
    )
    answer = await admin.post(f"/admin/lines/{row}", typed)
    assert answer.status_code == 422
    assert 'id="f-number-error"' in answer.text
    assert 'value="&lt;b&gt;新名&lt;/b&gt;"' in answer.text
    assert 'value="十二三"' in answer.text
    typed |= {"number": "12345"}
    answer = await admin.post(f"/admin/lines/{row}", typed)
    assert 'id="f-reason-error"' in answer.text
    answer = await admin.post(f"/admin/lines/{row}", typed | {"reason": REASON})
    assert "没有“999999”" in answer.text


async def test_a_number_is_given_once(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    answer = await admin.post(
        f"/admin/lines/{row}", await filled(admin, f"/admin/lines/{row}", number="88908890", reason=REASON)
    )
    assert answer.status_code == 422
    assert "已有号码相同的一行" in answer.text


async def test_a_line_is_made_once_however_often_the_form_comes(officer: Hire) -> None:
    admin = await officer("admin")
    typed = await filled(
        admin, "/admin/lines/new", number="96099", name="测试专线", mode="merged", reason=REASON
    )
    first = await admin.post("/admin/lines", typed)
    again = await admin.post("/admin/lines", typed)
    assert first.headers["location"] == again.headers["location"]
    assert await db.fetchval("SELECT count(*) FROM line WHERE number = '96099'") == 1
    assert await db.fetchval("SELECT count(*) FROM admin_change") == 1


async def test_the_same_edit_sent_twice_is_one_change(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    typed = await filled(admin, f"/admin/lines/{row}", name="便民热线", reason=REASON)
    assert [(await admin.post(f"/admin/lines/{row}", typed)).status_code for _ in range(2)] == [303, 303]
    assert await db.fetchval("SELECT count(*) FROM admin_change") == 1


async def test_the_second_of_two_admins_hears_who_was_first_and_loses_no_word(officer: Hire) -> None:
    first, second, row = await officer("admin"), await officer("admin"), await line_id("12345")
    early, late = [await filled(who, f"/admin/lines/{row}") for who in (first, second)]
    await first.post(f"/admin/lines/{row}", early | {"name": "甲改的", "owner": "甲处", "reason": REASON})
    answer = await second.post(f"/admin/lines/{row}", late | {"name": "乙改的", "reason": REASON})
    assert answer.status_code == 409
    assert f"{first.officer.name}先改了这一行" in answer.text
    assert 'value="乙改的"' in answer.text
    assert 'value="甲处"' in answer.text, "what only the first changed stands as it is now"
    was = html.unescape(re.search(r'name="was" value="([^"]*)"', answer.text)[1])  # type: ignore[index]
    done = await second.post(
        f"/admin/lines/{row}",
        late | {"name": "乙改的", "owner": "甲处", "keep_name": "yours", "was": was, "reason": REASON},
    )
    assert done.status_code == 303
    now = await db.fetchrow("SELECT name, owner FROM line WHERE id = $1", row)
    assert tuple(now) == ("乙改的", "甲处")


async def test_the_last_change_is_undone_with_a_reason(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    await admin.post(
        f"/admin/lines/{row}", await filled(admin, f"/admin/lines/{row}", name="便民热线", reason=REASON)
    )
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    assert (await admin.post(f"/admin/lines/changes/{change}/undo", {"reason": ""})).status_code == 422
    assert (await admin.post(f"/admin/lines/changes/{change}/undo", {"reason": "改错了"})).status_code == 303
    assert await db.fetchval("SELECT name FROM line WHERE id = $1", row) == "政务服务便民热线"
    again = await admin.post(f"/admin/lines/changes/{change}/undo", {"reason": "改错了"})
    assert again.status_code == 409
    assert "已经撤销过" in again.text


async def test_a_change_that_others_build_on_is_not_undone(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("12345")
    path = f"/admin/lines/{row}"
    await admin.post(path, await filled(admin, path, name="甲", reason="第一次"))
    await admin.post(path, await filled(admin, path, name="乙", reason="第二次"))
    first, second = [r["id"] for r in await db.fetch("SELECT id FROM admin_change ORDER BY id")]
    answer = await admin.post(f"/admin/lines/changes/{first}/undo", {"reason": "改错了"})
    assert answer.status_code == 409
    assert "第二次" in answer.text
    for change in (second, first):
        assert (
            await admin.post(f"/admin/lines/changes/{change}/undo", {"reason": "改错了"})
        ).status_code == 303
    assert await db.fetchval("SELECT name FROM line WHERE id = $1", row) == "政务服务便民热线"


async def test_a_new_line_is_undone_unless_calls_came_in_on_it(officer: Hire) -> None:
    admin = await officer("admin")
    for number in ("96091", "96092"):
        typed = await filled(
            admin, "/admin/lines/new", number=number, name="测试", mode="merged", reason=REASON
        )
        await admin.post("/admin/lines", typed)
    await db.execute(
        "INSERT INTO call (carrier_id, line, offered_at) VALUES ('c1', $1, '2026-11-24 10:00+08')",
        await line_id("96092"),
    )
    first, second = [r["id"] for r in await db.fetch("SELECT id FROM admin_change ORDER BY id")]
    assert (await admin.post(f"/admin/lines/changes/{first}/undo", {"reason": "重复"})).status_code == 303
    answer = await admin.post(f"/admin/lines/changes/{second}/undo", {"reason": "重复"})
    assert answer.status_code == 409
    assert "1 通来电" in answer.text
    assert await db.fetchval("SELECT count(*) FROM line WHERE number IN ('96091', '96092')") == 1


async def test_a_line_ends_and_stays_to_be_read(officer: Hire) -> None:
    admin, row = await officer("admin"), await line_id("88908890")
    sent = await admin.post(
        f"/admin/lines/{row}/removal", {"last_day": "2026-11-01", "removal_reason": REASON}
    )
    assert sent.status_code == 303
    assert f'/admin/lines/{row}"' not in (await admin.get("/admin/lines")).text
    assert f'/admin/lines/{row}"' in (await admin.get("/admin/lines?state=ended")).text


async def test_the_list_asks_as_much_of_the_database_for_five_rows_as_for_fifty(officer: Hire) -> None:
    from tests.pages.counting import counted

    admin = await officer("admin")
    costs = []
    for query in ("?mode=link", ""):
        await admin.get(f"/admin/lines{query}")
        async with counted() as count:
            await admin.get(f"/admin/lines{query}")
        costs.append(count.n)
    assert costs[0] == costs[1]
