"""However a limit or a day is changed (form, removal, sheet, undo), the open orders are told first and a second yes asked."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from core import clock, db
from crm import jobs
from routing import rulebook
from tests.admin.forms import asked, filled
from tests.crm.cast import dispatched
from tests.people import Hire
from tests.routing.calendars import shown

NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)
EARLIER = "1 件在办单的到期时间会变：0 件延后，1 件提前。"
LATER = "1 件在办单的到期时间会变：1 件延后，0 件提前。"


@pytest.fixture(autouse=True)
async def november(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(jobs, "SETTLES", timedelta(seconds=-60))
    rulebook.forget()
    yield
    rulebook.forget()


async def due_of(number: int) -> str | None:
    return shown(await db.fetchval("SELECT due_at FROM ticket WHERE id = $1", number))


async def close_limit(kind: str = "help") -> int:
    return int(
        await db.fetchval(
            "SELECT id FROM time_limit WHERE kind = $1 AND urgency = 3 AND clock = 'close'", kind
        )
    )


async def amount() -> int:
    return int(await db.fetchval("SELECT amount FROM time_limit WHERE id = $1", await close_limit()))


async def changes_made() -> int:
    return int(await db.fetchval("SELECT count(*) FROM admin_change"))


async def followed(admin: Any, path: str) -> str:
    """The limit's row set to 3 working days, and open orders told to follow; the path of the change."""
    question = await admin.post(path, await filled(admin, path, amount="3", reason="提速"))
    assert (await admin.post(path, asked(question.text, answer="follow"))).status_code == 303
    assert await jobs.recompute() == 1
    return f"/admin/limits/changes/{await db.fetchval('SELECT max(id) FROM admin_change')}"


async def test_the_row_form_asks_and_does_what_was_answered(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    path = f"/admin/limits/{await close_limit()}"
    question = await admin.post(path, await filled(admin, path, amount="3", reason="提速"))
    assert question.status_code == 200
    assert EARLIER in question.text
    assert f"…{str(number)[-5:]}" in question.text
    assert re.search(r'value="keep" checked', question.text)
    assert (await amount(), await changes_made()) == (5, 0)
    done = await admin.post(path, asked(question.text, answer="follow"))
    assert done.status_code == 303
    assert done.headers["location"].startswith("/runs/")
    assert await amount() == 3
    assert await jobs.recompute() == 1
    assert await due_of(number) == "11-27 18:00"


async def test_the_answer_keep_moves_nothing(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    path = f"/admin/limits/{await close_limit()}"
    question = await admin.post(path, await filled(admin, path, amount="3", reason="提速"))
    done = await admin.post(path, asked(question.text))
    assert done.headers["location"] == path
    assert (await amount(), await jobs.recompute(), await due_of(number)) == (3, 0, "12-01 18:00")


async def test_the_yes_is_to_what_was_shown_and_to_nothing_else(officer: Hire) -> None:
    await dispatched(urgency=3)
    admin, other = await officer("admin"), await officer("admin")
    path, second = f"/admin/limits/{await close_limit()}", f"/admin/limits/{await close_limit('complaint')}"
    question = await admin.post(path, await filled(admin, path, amount="3", reason="提速"))
    theirs = await other.post(second, await filled(other, second, amount="4", reason="先到"))
    assert (await other.post(second, asked(theirs.text))).status_code == 303
    late = await admin.post(path, asked(question.text, answer="follow"))
    assert late.status_code == 409
    assert "您看过之后，有人改了这些内容" in late.text
    assert await amount() == 5
    changed = asked(late.text, amount="2")
    assert (await admin.post(path, changed)).status_code == 409, "a yes to 3 is none to 2"
    assert (await admin.post(path, asked(late.text))).status_code == 303
    assert await amount() == 3


async def test_what_breaks_a_rule_is_told_at_its_field_before_anything_is_asked(officer: Hire) -> None:
    admin = await officer("admin")
    path = f"/admin/limits/{await close_limit()}"
    wrong = await admin.post(path, await filled(admin, path, amount="0", reason="试试"))
    assert wrong.status_code == 422
    assert "至少是 1" in wrong.text
    assert "看过了，照改" not in wrong.text


async def test_undoing_what_was_followed_offers_the_way_back_and_goes_it(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    change = await followed(admin, f"/admin/limits/{await close_limit()}")
    assert await due_of(number) == "11-27 18:00"
    question = await admin.post(f"{change}/undo", {"reason": "改错了"})
    assert LATER in question.text
    assert "退回恢复的时限" in question.text
    assert re.search(r'value="follow" checked', question.text)
    assert await amount() == 3
    done = await admin.post(f"{change}/undo", asked(question.text))
    assert done.headers["location"].startswith("/runs/")
    assert await jobs.recompute() == 1
    assert (await amount(), await due_of(number)) == (5, "12-01 18:00")


async def test_undoing_the_sheets_new_version_moves_back_too(officer: Hire) -> None:
    """There the old row was ended and a new one made; the undo puts an old end back and a row away."""
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    typed = {"close.help.3": "3 工作日", "valid_from": "2026-11-24"}
    preview = (await admin.post("/admin/limit-table", typed)).text
    seen = re.search(r'name="seen" value="(\d+)"', preview)
    assert seen
    sent = {**typed, "confirmed": "1", "seen": seen[1], "open": "follow", "reason": "提速"}
    assert (await admin.post("/admin/limit-table", sent)).status_code == 303
    assert await jobs.recompute() == 1
    change = f"/admin/limits/changes/{await db.fetchval('SELECT max(id) FROM admin_change')}"
    question = await admin.post(f"{change}/undo", {"reason": "改错了"})
    assert LATER in question.text
    await admin.post(f"{change}/undo", asked(question.text))
    assert await jobs.recompute() == 1
    assert await due_of(number) == "12-01 18:00"


async def test_a_limit_that_ends_leaves_the_one_for_every_kind_and_asks(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    row = await close_limit()
    await db.execute("UPDATE time_limit SET amount = 4 WHERE kind = '*' AND urgency = 3 AND clock = 'close'")
    await rulebook.bump()
    question = await admin.post(f"/admin/limits/{row}/removal", {"removal_reason": "合并"})
    assert EARLIER in question.text
    done = await admin.post(f"/admin/limits/{row}/removal", asked(question.text, answer="follow"))
    assert done.status_code == 303
    assert await jobs.recompute() == 1
    assert await due_of(number) == "11-30 18:00"


async def test_the_last_limit_of_a_cell_stays(officer: Hire) -> None:
    admin = await officer("admin")
    row = await db.fetchval("SELECT id FROM time_limit WHERE kind = '*' AND urgency = 3 AND clock = 'sign'")
    refused = await admin.post(f"/admin/limits/{row}/removal", {"removal_reason": "不要了"})
    assert refused.status_code == 422
    assert "没有别的时限可以代替它" in refused.text


async def test_a_day_by_its_own_form_its_deletion_and_its_undo_are_all_asked(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    day = {
        "day": "2026-11-25",
        "kind": "off",
        "name": "大雪",
        "name_en": "",
        "source": "市府",
        "version": "2026-2",
    }
    question = await admin.post("/admin/calendar", {**day, "reason": "停工"})
    assert LATER in question.text
    assert await db.fetchval("SELECT count(*) FROM calendar_day WHERE day = '2026-11-25'") == 0
    done = await admin.post("/admin/calendar", asked(question.text))
    assert done.headers["location"].startswith("/runs/")
    assert await jobs.recompute() == 1
    assert await due_of(number) == "12-02 18:00"
    row = await db.fetchval("SELECT id FROM calendar_day WHERE day = '2026-11-25'")
    question = await admin.post(f"/admin/calendar/{row}/removal", {"removal_reason": "照常"})
    assert EARLIER in question.text
    await admin.post(f"/admin/calendar/{row}/removal", asked(question.text))
    assert await jobs.recompute() == 1
    assert await due_of(number) == "12-01 18:00"
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    question = await admin.post(f"/admin/calendar/changes/{change}/undo", {"reason": "还是停"})
    assert LATER in question.text
    await admin.post(f"/admin/calendar/changes/{change}/undo", asked(question.text))
    assert await jobs.recompute() == 1
    assert await due_of(number) == "12-02 18:00"


async def test_a_name_that_moves_nothing_is_not_asked_about(officer: Hire) -> None:
    admin = await officer("admin")
    row = await db.fetchval("SELECT id FROM calendar_day WHERE day = '2026-10-01'")
    path = f"/admin/calendar/{row}"
    done = await admin.post(path, await filled(admin, path, name="国庆", reason="简称"))
    assert (done.status_code, done.headers["location"]) == (303, path)


async def test_a_sheet_of_limits_is_asked_about_with_the_same_choice(officer: Hire) -> None:
    number, _order = await dispatched(urgency=3)
    admin = await officer("admin")
    book, out = Workbook(), io.BytesIO()
    values = await db.fetchrow("SELECT * FROM time_limit WHERE id = $1", await close_limit())
    start = values["valid_from"].isoformat() if values["valid_from"] else ""
    for line in (["类型", "紧急程度", "时钟", "数量", "有效期起"], ["求助", "3", "办结", "3", start]):
        book.active.append(line)
    book.save(out)
    sent = await admin.post("/admin/limits/imports", {}, files={"file": ("时限.xlsx", out.getvalue())})
    path = sent.headers["location"]
    preview = (await admin.get(path)).text
    assert EARLIER in preview
    seen = re.search(r'name="seen" value="(\w+)"', preview)
    assert seen
    done = await admin.post(path, {"seen": seen[1], "reason": "提速", "answer": "follow"})
    assert done.status_code == 303
    assert await jobs.recompute() == 1
    assert await due_of(number) == "11-27 18:00"


async def test_a_new_row_of_another_day_is_asked_about_as_of_that_day(officer: Hire) -> None:
    await dispatched(urgency=3)
    admin = await officer("admin")
    row = await close_limit()
    path = f"/admin/limits/{row}"
    kept = await admin.post(path, await filled(admin, path, valid_to="2026-12-31", reason="年底换版"))
    assert kept.status_code == 303, "nothing counts otherwise today"
    fields = {"kind": "help", "urgency": "3", "clock": "close", "amount": "3", "unit": "workday",
              "version": "2027-1", "valid_from": "2027-01-01", "valid_to": "", "reason": "新版"}  # fmt: skip
    question = await admin.post("/admin/limits", fields)
    assert EARLIER in question.text
    assert (await admin.post("/admin/limits", asked(question.text))).status_code == 303
    assert await db.fetchval("SELECT valid_from FROM time_limit WHERE version = '2027-1'") == date(2027, 1, 1)
