"""What pages show of unsigned orders, assists and orders passed down, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import db, privacy
from crm.tickets import escalating, replies, signing
from routing import rulebook
from tests.crm.cast import NOW, at_unit, dispatched, unit_named
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")
CITY = "南开区城市管理委"


async def woken(outcome: str) -> int:
    """A P1 ticket whose duty phone was rung once by voice, with that outcome."""
    sealed = privacy.seal("+8613622110001")
    await db.execute("UPDATE unit SET duty_phone = $1 WHERE code = 'D120104-GR'", sealed)
    number, _order = await dispatched(urgency=1)
    await escalating.escalate_next(now=NOW)
    await escalating.escalate_next(now=NOW + timedelta(minutes=3))
    await db.execute("UPDATE duty_call SET outcome = $1, done_at = $2", outcome, NOW)
    return number


@pytest.mark.parametrize(("outcome", "word"), [("no_answer", "无人接听"), ("confirmed", "按键确认听到")])
async def test_the_ticket_shows_who_was_rung_and_how_it_went(officer: Hire, outcome: str, word: str) -> None:
    number = await woken(outcome)
    html = (await (await officer("dispatcher")).get(f"/tickets/{number}")).text
    listed = html[html.index('id="escalation"') :]
    assert "随派单通知发出" in listed
    assert word in listed
    assert "13622110001" not in html


async def test_a_ticket_that_was_signed_in_time_has_no_such_list(officer: Hire) -> None:
    number, _order = await dispatched()
    assert 'id="escalation"' not in (await (await officer("dispatcher")).get(f"/tickets/{number}")).text


async def test_a_dispatcher_adds_assists_on_the_form_made_from_the_verb(officer: Hire) -> None:
    number, _order = await dispatched()
    visitor = await officer("dispatcher")
    assert f"/tickets/{number}/moves/add_assist" in (await visitor.get(f"/tickets/{number}")).text
    typed = {"assists": str(await unit_named(CITY)), "reason": "路面恢复需要配合"}
    answer = await visitor.post(f"/tickets/{number}/moves/add_assist", typed)
    assert answer.status_code in (302, 303)
    assert await db.fetchval("SELECT count(*) FROM work_order WHERE part = 'assist'") == 1


async def test_the_reply_form_names_the_assists_that_are_missing_and_takes_the_reply(officer: Hire) -> None:
    _number, order = await dispatched(assists=(CITY,))
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    visitor = await officer("unit_handler", "D120104-GR")
    html = (await visitor.get(f"/orders/{order}/reply")).text
    assert f"协办还没有回意见：{CITY}" in html
    answer = "华苑站 2 号炉已修复点火，您家今天 18:00 前回到 18 度。"
    await visitor.post(f"/orders/{order}/reply", {"result": "solved", "answer": answer})
    assert await db.fetchval("SELECT status FROM work_order WHERE id = $1", order) == "replied"


async def test_the_reviewer_marks_the_assists_with_what_stands_there(officer: Hire) -> None:
    number, order = await dispatched(assists=(CITY,))
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    await replies.reply(wang, order, replies.Reply("solved", "已修复点火，今天恢复到 18 度。"), now=NOW)
    visitor = await officer("reviewer")
    html = (await visitor.get(f"/review/{number}")).text
    assert "没有回意见" in html
    assist = await db.fetchval("SELECT id FROM work_order WHERE part = 'assist'")
    field = re.search(
        rf'name="mark-{assist}"[^>]*value="3"[^>]*checked|value="3"[^>]*name="mark-{assist}"', html
    )
    assert field, "poor is what stands there when nothing came"
    typed = {"verdict": "accept", "follow_up": "must", f"mark-{assist}": "2"}
    await visitor.post(f"/review/{number}", typed)
    assert await db.fetchval("SELECT mark FROM work_order WHERE id = $1", assist) == 2


async def test_a_district_passes_an_order_to_a_street_and_the_street_reads_by_whom(officer: Hire) -> None:
    _number, order = await dispatched("南开区热线办")
    office = await officer("unit_handler", "D120104")
    assert f"/orders/{order}/moves/pass_down" in (await office.get(f"/orders/{order}")).text
    typed = {"unit": str(await unit_named("王顶堤街道办事处")), "note": "请现场核实"}
    await office.post(f"/orders/{order}/moves/pass_down", typed)
    html = (await office.get(f"/orders/{order}")).text
    assert "南开区热线办转派，时限不变" in html
    assert f"/orders/{order}/moves/take_back" in html


async def test_the_form_says_which_rule_keeps_it_from_the_streets(officer: Hire) -> None:
    await db.execute("UPDATE matter SET no_push_down = TRUE WHERE code = '030101'")
    rulebook.forget()
    _number, order = await dispatched("南开区热线办")
    office = await officer("unit_handler", "D120104")
    assert "不得下推给街道" in (await office.get(f"/orders/{order}/moves/pass_down")).text
    typed = {"unit": str(await unit_named("王顶堤街道办事处"))}
    answer = await office.post(f"/orders/{order}/moves/pass_down", typed)
    assert answer.status_code == 422
    assert "不得下推给街道" in answer.text
    rulebook.forget()
