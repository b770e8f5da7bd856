"""Limits, calendar and catalogue by page: what a change would do is told, asked, done and undone."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock, db
from crm import jobs
from crm.tickets import recompute_plans
from routing import rulebook
from tests.admin.forms import asked
from tests.crm.cast import dispatched
from tests.pages.counting import counted
from tests.people import Hire
from tests.routing.calendars import shown

NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def november(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(jobs, "SETTLES", timedelta(seconds=-60))
    rulebook.forget()
    yield
    rulebook.forget()


def hidden(body: str) -> dict[str, str]:
    """The fields of the form that confirms."""
    form = body[body.index('name="confirmed"') - 400 :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in found}


async def due_of(number: int) -> str | None:
    return shown(await db.fetchval("SELECT due_at FROM ticket WHERE id = $1", number))


# --- limits ---


async def test_the_sheet_shows_every_limit_with_its_unit(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.get("/admin/limit-table")
    assert answer.status_code == 200
    assert 'name="close.help.3" value="5 工作日"' in answer.text
    assert 'name="sign.any.1" value="15 分钟"' in answer.text


async def test_a_changed_limit_tells_which_open_orders_would_follow_and_moves_them_when_told(
    officer: Hire,
) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    preview = await admin.post("/admin/limit-table", {"close.help.3": "3 工作日", "valid_from": "2026-11-24"})
    assert preview.status_code == 200
    assert "1 件在办单的到期时间会变：0 件延后，1 件提前。" in preview.text
    assert await db.fetchval("SELECT count(*) FROM admin_change") == 0
    fields = {**hidden(preview.text), "reason": "市府〔2026〕8 号", "open": "follow"}
    done = await admin.post("/admin/limit-table", fields)
    assert done.status_code == 303
    assert done.headers["location"].startswith("/runs/")
    assert await jobs.recompute() == 1
    assert await due_of(number) == "11-27 18:00"


async def test_open_orders_keep_their_limit_by_default(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    preview = await admin.post("/admin/limit-table", {"close.help.3": "3 wd", "valid_from": "2026-11-24"})
    assert re.search(r'value="keep" checked', preview.text)
    done = await admin.post("/admin/limit-table", {**hidden(preview.text), "reason": "提速", "open": "keep"})
    assert done.headers["location"] == "/admin/limit-table"
    assert await jobs.recompute() == 0
    assert await due_of(number) == "12-01 18:00"
    rules = await recompute_plans.rulebook_afresh()
    assert rules.limits.resolve("help", 3, "close", date(2026, 11, 24)).amount == 3
    assert rules.limits.resolve("help", 3, "close", date(2026, 11, 23)).amount == 5


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("close.help.3", "五天", "写数量和单位"),
        ("sign.any.1", "0 分钟", "至少是 1"),
        ("sign.any.1", "", "这一格不能空"),
        ("valid_from", "2026-01-01", "最早从今天起"),
        ("valid_from", "2026-11-24", "没有一格和现在不同"),
        ("extension.any.1", "不得延期", "没有一格和现在不同"),
    ],
)
async def test_a_wrong_cell_is_told_beside_it_and_what_was_typed_is_kept(
    officer: Hire, field: str, typed: str, says: str
) -> None:
    admin = await officer("admin")
    answer = await admin.post("/admin/limit-table", {"valid_from": "2026-11-24", field: typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'id="f-{field}"' in answer.text
    assert f'value="{typed}"' in answer.text


async def test_a_change_that_somebody_else_was_first_with_is_shown_again(officer: Hire) -> None:
    admin, other = await officer("admin"), await officer("admin")
    typed = {"close.help.3": "3 工作日", "valid_from": "2026-11-24"}
    preview = hidden((await admin.post("/admin/limit-table", typed)).text)
    first = hidden((await other.post("/admin/limit-table", {**typed, "close.help.3": "4 工作日"})).text)
    assert (await other.post("/admin/limit-table", {**first, "reason": "先到"})).status_code == 303
    late = await admin.post("/admin/limit-table", {**preview, "reason": "后到"})
    assert late.status_code == 409
    assert "预览之后有人改过" in late.text
    assert 'value="后到"' in late.text


# --- the calendar ---


async def test_a_day_unticked_tells_what_moves_and_moves_it(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    year = await admin.get("/admin/calendar-year/2026")
    works = re.findall(r'name="works" value="([\d-]+)" checked', year.text)
    assert "2026-11-25" in works
    assert "2026-10-10" in works
    fields = {
        "by": "ticks",
        "works": [d for d in works if d != "2026-11-25"],
        "source": "市府通知",
        "name": "大雪",
    }
    preview = await admin.post("/admin/calendar-year/2026", fields)
    assert preview.status_code == 200
    assert "1 件在办单的到期时间会变：1 件延后，0 件提前。" in preview.text
    done = await admin.post("/admin/calendar-year/2026", {**hidden(preview.text), "reason": "暴雪停工"})
    assert done.status_code == 303
    assert await jobs.recompute() == 1
    assert await due_of(number) == "12-02 18:00"
    row = await db.fetchrow("SELECT kind, name, version FROM calendar_day WHERE day = '2026-11-25'")
    assert tuple(row) == ("off", "大雪", "2026-2")


async def test_a_provisional_year_is_flagged_until_its_notice_is_pasted(officer: Hire) -> None:
    admin = await officer("admin")
    assert "2027 年的放假通知还没有录入" in (await admin.get("/admin/calendar-year/2027")).text
    notice = "\n".join(
        (
            "一、元旦：1月1日（周五）至3日（周日）放假，共3天。", "二、春节：2月5日至11日放假调休。2月14日（周日）上班。",
            "三、劳动节：5月1日至5日放假调休，共5天。5月8日（周六）上班。", "四、国庆节：10月1日至7日放假调休，共7天。",
        )
    )  # fmt: skip
    fields = {"by": "notice", "notice": notice, "source": "国办发明电〔2026〕7号"}
    preview = await admin.post("/admin/calendar-year/2027", fields)
    assert preview.status_code == 200
    done = await admin.post("/admin/calendar-year/2027", {**hidden(preview.text), "reason": "通知已出"})
    assert done.status_code == 303
    assert "2027 年的放假通知还没有录入" not in (await admin.get("/admin/calendar-year/2027")).text
    assert (await recompute_plans.rulebook_afresh()).calendar.is_workday(date(2027, 5, 8))


async def test_a_notice_that_cannot_be_read_is_told_by_line(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.post(
        "/admin/calendar-year/2027", {"by": "notice", "notice": "国庆节快乐", "source": "x"}
    )
    assert answer.status_code == 422
    assert "第 1 行没有读出日期" in answer.text
    assert "国庆节快乐</textarea>" in answer.text


async def test_a_year_cannot_lose_its_days_off(officer: Hire) -> None:
    admin = await officer("admin")
    packed = json.dumps([["2026-01-01", "off", "元旦"]])
    preview = await admin.post("/admin/calendar-year/2026", {"packed": packed, "source": "x"})
    fields = {**hidden(preview.text), "reason": "试试"}
    refused = await admin.post("/admin/calendar-year/2026", fields)
    assert refused.status_code == 409
    assert "2026 年至少要留 5 天放假" in refused.text
    assert 'value="试试"' in refused.text


# --- the catalogue ---


async def test_the_catalogue_is_found_by_pinyin(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.get("/admin/catalogue?q=gongre")
    assert "供热" in answer.text
    assert "占道经营" not in answer.text


async def test_an_overlap_is_listed_and_mended_with_one_click(officer: Hire) -> None:
    admin = await officer("admin")
    fields = {
        "code": "PD-TEST", "matter_code": "010101", "lead": "district", "valid_from": "2026-11-01", "reason": "试点",
        "assists": "", "district": "", "street": "", "legal_basis": "", "valid_to": "",
    }  # fmt: skip
    made = await admin.post("/admin/catalogue", fields)
    assert "PD-TEST 和 PD-010101 同样具体" in made.text or "PD-010101 和 PD-TEST 同样具体" in made.text
    assert await db.fetchval("SELECT count(*) FROM catalogue_line WHERE code = 'PD-TEST'") == 0
    made = await admin.post("/admin/catalogue", asked(made.text))
    assert made.status_code == 303, made.text
    gaps = await admin.get("/admin/catalogue-gaps")
    assert "现在用 PD-TEST，PD-010101 用不上。" in gaps.text
    rows = dict(await db.fetch("SELECT code, id FROM catalogue_line WHERE code IN ('PD-TEST', 'PD-010101')"))
    done = await admin.post(
        "/admin/catalogue-gaps/overlap", {"keep": str(rows["PD-TEST"]), "drop": str(rows["PD-010101"])}
    )
    assert done.status_code == 303
    assert await db.fetchval("SELECT valid_to FROM catalogue_line WHERE code = 'PD-010101'") == date(
        2026, 10, 31
    )
    assert "现在用 PD-TEST" not in (await admin.get("/admin/catalogue-gaps")).text


async def test_a_hole_is_listed_with_a_way_to_mend_it(officer: Hire) -> None:
    await db.execute("DELETE FROM catalogue_line WHERE matter_code IN ('*', '01', '0101', '010101')")
    rulebook.forget()
    await rulebook.bump()
    admin = await officer("admin")
    answer = await admin.get("/admin/catalogue-gaps")
    assert "/admin/catalogue/new?matter_code=010101" in answer.text


async def test_the_try_out_says_who_and_why(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.get("/admin/catalogue-trial?matter=030101&street=120104009")
    assert "南开区供热办" in answer.text
    assert "<b>用这一行</b>" in answer.text
    assert (await admin.get("/admin/catalogue-trial?matter=xx&street=120104009")).status_code == 422


@pytest.mark.parametrize("path", ["limit-table", "calendar-year/2026", "catalogue-gaps", "catalogue-trial"])
async def test_only_administrators_come_in(officer: Hire, path: str) -> None:
    assert (await (await officer("supervisor")).get(f"/admin/{path}")).status_code == 403


@pytest.mark.parametrize("path", ["limit-table", "calendar-year/2026", "catalogue-gaps"])
async def test_a_page_costs_a_handful_of_queries(officer: Hire, path: str) -> None:
    admin = await officer("admin")
    await admin.get(f"/admin/{path}")
    async with counted() as count:
        await admin.get(f"/admin/{path}")
    assert count.n <= 8, count.statements
