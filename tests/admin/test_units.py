"""Units without code: the tree, names that were, and successors who inherit what is open with its clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock, db
from crm import jobs
from crm.pages.names import names
from crm.tickets import queries, replies
from routing.rulebook import forget, rulebook
from routing.units import unit_by_code, units
from tests.admin.forms import filled
from tests.crm import cast
from tests.people import Hire, Visitor

REASON = "津编办〔2026〕12 号"
HEATING, BUREAU = "南开区供热办", "南开区商务局"


async def unit(name: str) -> tuple[int, str]:
    row = await db.fetchrow("SELECT id, code FROM unit WHERE name = $1", name)
    return int(row["id"]), str(row["code"])


async def made(admin: Visitor, code: str, name: str, under: str = "TJ") -> int:
    typed = await filled(
        admin, "/admin/units/new", code=code, name=name, kind="department", parent=under, reason=REASON
    )
    sent = await admin.post("/admin/units", typed)
    assert sent.status_code == 303, sent.text
    return int(sent.headers["location"].rpartition("/")[2])


async def merged(admin: Visitor, row: int, heir: str, **more: str) -> Any:
    today = clock.today().isoformat()
    typed = {"kind": "merge", "heir": heir, "on_day": today, "posts_follow": "1", "reason": REASON}
    return await admin.post(f"/units/{row}/succession", typed | more)


async def test_a_new_unit_hangs_in_the_tree_and_is_found_by_its_initials(officer: Hire) -> None:
    admin = await officer("admin")
    row = await made(admin, "XQZX", "海绵城市办公室")
    below = await made(admin, "XQZX-1", "海绵城市一科", "XQZX")
    paths = await db.fetch("SELECT path, level FROM unit WHERE id = ANY($1::int[]) ORDER BY id", [row, below])
    assert [tuple(p) for p in paths] == [("/TJ/XQZX/", 1), ("/TJ/XQZX/XQZX-1/", 2)]
    forget()
    assert [hit.unit.id for hit in await units("hmcsb", clock.today())] == [row]


async def test_a_unit_that_moves_takes_its_branch_along(officer: Hire) -> None:
    admin = await officer("admin")
    top, middle = await made(admin, "XA", "甲部"), await made(admin, "XB", "乙部")
    await made(admin, "XB-1", "乙部一处", "XB")
    del top
    typed = await filled(admin, f"/admin/units/{middle}", parent="XA", reason=REASON)
    assert (await admin.post(f"/admin/units/{middle}", typed)).status_code == 303
    assert await db.fetchval("SELECT path FROM unit WHERE code = 'XB-1'") == "/TJ/XA/XB/XB-1/"


async def test_a_unit_is_not_hung_below_itself(officer: Hire) -> None:
    admin = await officer("admin")
    row = await made(admin, "XA", "甲部")
    await made(admin, "XA-1", "甲部一处", "XA")
    typed = await filled(admin, f"/admin/units/{row}", parent="XA-1", reason=REASON)
    answer = await admin.post(f"/admin/units/{row}", typed)
    assert answer.status_code == 422
    assert "不能挂在自己下面" in answer.text


async def test_a_duty_phone_is_stored_sealed_and_shown_masked(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    typed = await filled(admin, f"/admin/units/{row}", duty_phone="13800221234", reason=REASON)
    assert (await admin.post(f"/admin/units/{row}", typed)).status_code == 303
    assert "138****1234" in (await admin.get(f"/admin/units/{row}")).text
    kept = str(await db.fetch("SELECT before::text, after::text FROM audit_entry")) + str(
        await db.fetchval("SELECT duty_phone FROM unit WHERE id = $1", row)
    )
    assert "13800221234" not in kept
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    answer = await admin.post(f"/admin/units/changes/{change}/undo", {"reason": "改错了"})
    assert answer.status_code == 409
    assert "加密保存" in answer.text
    typed = await filled(admin, f"/admin/units/{row}", hours="24 小时", reason=REASON)
    await admin.post(f"/admin/units/{row}", typed)
    assert "138****1234" in (await admin.get(f"/admin/units/{row}")).text, "left empty, it stays"


async def test_a_renamed_unit_is_read_under_its_old_name_where_it_was_written(officer: Hire) -> None:
    admin, (row, code) = await officer("admin"), await unit(HEATING)
    number, _order = await cast.dispatched(HEATING)
    typed = await filled(admin, f"/admin/units/{row}", name="南开区供热服务中心", reason=REASON)
    await admin.post(f"/admin/units/{row}", typed)
    page = (await admin.get(f"/admin/units/{row}")).text
    assert HEATING in page
    found = await unit_by_code(code)
    assert found is not None
    assert found.name == "南开区供热服务中心"
    called = await names()
    assert called.unit(row, HEATING) == HEATING
    assert called.unit(row) == "南开区供热服务中心"
    supervisor = await officer("supervisor")
    story = (await supervisor.get(f"/tickets/{number}")).text
    assert f"派出 → {HEATING}" in story
    assert f"/admin/units/{row}" in (await admin.get(f"/admin/units?q={HEATING}")).text


async def test_a_name_that_is_undone_was_never_another(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    await admin.post(
        f"/admin/units/{row}", await filled(admin, f"/admin/units/{row}", name="新名", reason=REASON)
    )
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    await admin.post(f"/admin/units/changes/{change}/undo", {"reason": "改错了"})
    assert await db.fetchval("SELECT name FROM unit WHERE id = $1", row) == HEATING
    assert await db.fetchval("SELECT count(*) FROM unit_name") == 0


async def test_the_preview_of_a_merger_counts_what_would_move(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    await cast.dispatched(HEATING)
    await cast.dispatched(HEATING)
    page = (await admin.get(f"/units/{row}/succession")).text
    assert "转移 2 张在办承办单" in page
    assert (await admin.get("/admin/units/1")).status_code == 200


async def test_the_heir_inherits_open_orders_with_their_clocks_and_history_stays(officer: Hire) -> None:
    admin = await officer("admin")
    (row, _code), (heir, heir_code) = await unit(HEATING), await unit(BUREAU)
    number, order = await cast.dispatched(HEATING)
    assisted, _lead = await cast.dispatched("王顶堤街道办事处", assists=(HEATING,))
    done, finished = await cast.replied()
    await replies.accept(cast.RUTH, done, follow_up="none", ground="匿名", now=cast.NOW + timedelta(hours=3))
    before = dict(await db.fetchrow("SELECT * FROM work_order WHERE id = $1", order))
    assert (await merged(admin, row, heir_code)).status_code == 303
    assert await jobs.follow_units() == 2
    assert await jobs.follow_units() == 0
    after = dict(await db.fetchrow("SELECT * FROM work_order WHERE id = $1", order))
    assert after.pop("unit") == heir
    assert before.pop("unit") == row
    assert after == before, "clocks and all"
    assert await db.fetchval("SELECT lead_unit FROM ticket WHERE id = $1", number) == heir
    assists = await db.fetch("SELECT unit FROM work_order WHERE ticket = $1 AND part = 'assist'", assisted)
    assert [a["unit"] for a in assists] == [heir]
    assert await db.fetchval("SELECT unit FROM work_order WHERE id = $1", finished) == row
    events = [event["verb"] for event in await queries.events(number)]
    assert events.count("succeed") == 1
    supervisor = await officer("supervisor")
    assert f"由{BUREAU}承接" in (await supervisor.get(f"/tickets/{number}")).text


async def test_replayed_the_log_arrives_where_the_tickets_are(officer: Hire) -> None:
    from crm.tickets import replay

    admin = await officer("admin")
    (row, _code), (_heir, heir_code) = await unit(HEATING), await unit(BUREAU)
    await cast.dispatched(HEATING)
    await merged(admin, row, heir_code)
    await jobs.follow_units()
    assert [found async for found in replay.check()] == []


async def test_those_who_worked_at_the_unit_find_their_orders_at_the_heir(officer: Hire) -> None:
    admin = await officer("admin")
    (row, code), (heir, heir_code) = await unit(HEATING), await unit(BUREAU)
    wang = await officer("unit_handler", code)
    _number, order = await cast.dispatched(HEATING)
    await merged(admin, row, heir_code)
    await jobs.follow_units()
    posts = await db.fetch("SELECT unit FROM post WHERE account = $1 AND valid_to IS NULL", wang.officer.id)
    assert [p["unit"] for p in posts] == [heir]
    assert (await wang.get(f"/orders/{order}")).status_code == 200


async def test_a_succession_of_a_later_day_waits_for_it(officer: Hire) -> None:
    admin = await officer("admin")
    (row, _code), (_heir, heir_code) = await unit(HEATING), await unit(BUREAU)
    await cast.dispatched(HEATING)
    await merged(admin, row, heir_code, on_day=(clock.today() + timedelta(days=7)).isoformat())
    assert await jobs.follow_units() == 0
    assert (await rulebook()).units[row].open_on(clock.today())


async def test_a_merger_that_moved_nothing_is_undone_and_one_that_moved_work_is_not(officer: Hire) -> None:
    admin = await officer("admin")
    (row, _code), (_heir, heir_code) = await unit(HEATING), await unit(BUREAU)
    await merged(admin, row, heir_code)
    change = await db.fetchval("SELECT id FROM admin_change WHERE kind = 'merge' AND subject = 'units'")
    assert (await admin.post(f"/admin/units/changes/{change}/undo", {"reason": "暂缓"})).status_code == 303
    assert tuple(await db.fetchrow("SELECT successor, valid_to FROM unit WHERE id = $1", row)) == (None, None)
    await cast.dispatched(HEATING)
    await merged(admin, row, heir_code)
    await jobs.follow_units()
    change = await db.fetchval("SELECT max(id) FROM admin_change WHERE kind = 'merge' AND subject = 'units'")
    answer = await admin.post(f"/admin/units/changes/{change}/undo", {"reason": "暂缓"})
    assert answer.status_code == 409
    assert "已有 1 张承办单转到继任单位" in answer.text


async def test_a_split_names_the_others_and_one_heir(officer: Hire) -> None:
    admin = await officer("admin")
    (row, _code) = await unit(HEATING)
    first, _second = await made(admin, "NK-A", "南开供热一办"), await made(admin, "NK-B", "南开供热二办")
    answer = await merged(admin, row, "NK-A", kind="split")
    assert answer.status_code == 422
    assert (await merged(admin, row, "NK-A", kind="split", others="NK-B")).status_code == 303
    assert await db.fetchval("SELECT successor FROM unit WHERE id = $1", row) == first
    assert await db.fetchval("SELECT kind FROM unit_succession WHERE unit = $1", row) == "split"


@pytest.mark.parametrize(
    ("heir", "more", "says"),
    [
        ("", {}, "选一个那天有效的其他单位"),
        ("GIBTSNICHT", {}, "选一个那天有效的其他单位"),
        ("TJ", {"on_day": "2020-01-01"}, "从今天或以后的一天起"),
        ("TJ", {"reason": ""}, "写明为什么改"),
    ],
)
async def test_a_wrong_succession_is_refused_beside_its_field(
    officer: Hire, heir: str, more: dict[str, str], says: str
) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    answer = await merged(admin, row, heir, **more)
    assert answer.status_code == 422
    assert says in answer.text
    assert await db.fetchval("SELECT count(*) FROM unit_succession") == 0


async def test_a_unit_with_open_orders_does_not_just_end(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    await cast.dispatched(HEATING)
    typed = await filled(admin, f"/admin/units/{row}", valid_to="2026-11-30", reason=REASON)
    answer = await admin.post(f"/admin/units/{row}", typed)
    assert answer.status_code == 422
    assert "还有 1 张在办的承办单" in answer.text


async def test_posts_that_begin_on_the_day_begin_at_the_heir_and_a_unit_of_today_is_not_ended_yet(
    officer: Hire,
) -> None:
    admin, (row, code) = await officer("admin"), await unit(HEATING)
    heir, heir_code = await unit(BUREAU)
    await officer("unit_head", code)
    await db.execute("UPDATE post SET valid_from = $2 WHERE unit = $1", row, clock.today())
    assert (await merged(admin, row, heir_code)).status_code == 303
    posts = await db.fetch("SELECT unit, valid_from, valid_to FROM post WHERE role = 'unit_head'")
    assert [tuple(post) for post in posts] == [(heir, clock.today(), None)]
    young = await made(admin, "XA", "甲部")
    await db.execute("UPDATE unit SET valid_from = $2 WHERE id = $1", young, clock.today())
    answer = await merged(admin, young, heir_code)
    assert answer.status_code == 422
    assert "从后一天起才能撤并" in answer.text
