"""The common form of a verb: shown, sent, sent wrongly, refused, and only to those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from crm.tickets import dispatch, signing
from tests.crm.cast import BOB, at_unit, registered, status, unit_named
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")
UNIT = "D120104-GR"
ASKED = {"ground": "works", "amount": "3", "note": "配件 11 月 27 日到货，29 日前更换完成。", "told": "call"}


async def in_hand() -> tuple[int, int]:
    now, wang = clock.now(), await at_unit()
    number = await registered(now, urgency=3)
    sent = dispatch.Dispatch(await unit_named("南开区供热办"), "派单目录 0301 × 南开区")
    order = next(iter((await dispatch.dispatch(BOB, number, sent, now=now)).orders))
    await signing.sign(wang, order, now=now)
    await signing.contact(wang, order, how="call", reached=True, note="", now=now)
    return number, order


async def test_a_unit_asks_and_the_dispatcher_grants(officer: Hire) -> None:
    number, order = await in_hand()
    wang, bob = await officer("unit_handler", UNIT), await officer("dispatcher")
    page = (await wang.get(f"/orders/{order}")).text
    assert f"/orders/{order}/moves/ask_extension" in page
    assert "需要检测、鉴定、调查取证" in (await wang.get(f"/orders/{order}/moves/ask_extension")).text
    assert (await wang.post(f"/orders/{order}/moves/ask_extension", ASKED)).status_code == 303
    form = (await bob.get(f"/tickets/{number}/moves/grant_extension")).text
    assert "29 日前更换完成" in form
    assert 'value="3"' in form
    sent = await bob.post(f"/tickets/{number}/moves/grant_extension", {"amount": "2", "ruling": "同意"})
    assert sent.headers["location"] == f"/tickets/{number}"
    assert "准延期 2 工作日" in (await bob.get(f"/tickets/{number}")).text


async def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(officer: Hire) -> None:
    _number, order = await in_hand()
    wang = await officer("unit_handler", UNIT)
    answer = await wang.post(f"/orders/{order}/moves/ask_extension", {**ASKED, "amount": "x", "note": "短"})
    assert answer.status_code == 422
    assert "请填一个数" in answer.text
    assert "至少写 10 个字" in answer.text
    assert ">\n短</textarea>" in answer.text


async def test_a_version_gone_by_is_a_conflict_that_keeps_the_text(officer: Hire) -> None:
    number, order = await in_hand()
    wang, bob = await officer("unit_handler", UNIT), await officer("dispatcher")
    until = (clock.local(clock.now()) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    hold = {"ground": "legal", "resume_on": until, "note": "等法院裁定后恢复供热，已附通知。"}
    await wang.post(f"/orders/{order}/moves/ask_hold", hold)
    answer = await bob.post(
        f"/tickets/{number}/moves/grant_hold", {"resume_on": until, "ruling": "同意", "seen": "1"}
    )
    assert answer.status_code == 409
    assert "同意" in answer.text
    assert await status(number) == "handling"


async def test_who_may_not_is_told_so_and_outsiders_see_nothing(officer: Hire) -> None:
    number, order = await in_hand()
    agent, other = await officer("agent"), await officer("unit_handler", "D120103-CG")
    assert (await agent.get(f"/tickets/{number}/moves/grant_extension")).status_code == 403
    assert (await other.get(f"/orders/{order}/moves/ask_extension")).status_code == 404
    assert (await agent.get(f"/tickets/{number}/moves/no_such_move")).status_code == 404
    assert (await agent.get(f"/tickets/{number}/moves/ask_extension")).status_code == 404
