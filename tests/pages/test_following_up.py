"""The follow-up desk over HTTP: the worklist, the call, what came of it."""

from __future__ import annotations

import pytest

from core import clock
from crm.tickets import figures, following_up, merging, replies
from crm.tickets.following_up import Answer
from crm.tickets.merging import Merge
from tests.crm import cast
from tests.pages.counting import counted
from tests.people import Hire


async def to_ask() -> int:
    number, _order = await cast.replied()
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    return number


@pytest.mark.parametrize("role", ["dispatcher", "unit_handler", "kb_editor"])
async def test_others_do_not_come_in(officer: Hire, role: str) -> None:
    number = await to_ask()
    visitor = await officer(role)
    for path in ("/review/follow-ups", f"/review/{number}/follow-up"):
        assert (await visitor.get(path)).status_code == 403
    for path in (f"/review/{number}/phone", "/review/follow-ups/next", f"/review/{number}/follow-up"):
        assert (await visitor.post(path)).status_code == 403


async def test_an_agent_takes_the_next_and_writes_down_a_call_in_vain(officer: Hire) -> None:
    number = await to_ask()
    agent, other = await officer("agent"), await officer("agent")
    taken = await agent.post("/review/follow-ups/next")
    assert taken.headers["Location"] == f"/review/{number}/follow-up"
    assert f"{agent.officer.name}在办" in (await other.get("/review/follow-ups")).text
    done = await agent.post(
        f"/review/{number}/follow-up", {"verdict": "missed", "outcome": "no_answer", "remark": "白天上班"}
    )
    assert done.status_code == 303
    text = (await agent.get("/review/follow-ups")).text
    assert "无人接听。还要在另外 2 个半天各拨一次" in text
    assert "试 1 次 · 无人接听" in text
    pane = (await agent.get(f"/review/{number}/follow-up")).text
    for shown in ("已拨 1 次", "白天上班", "本半天已试过"):
        assert shown in pane
    assert (await agent.post("/review/follow-ups/next")).headers["Location"] == "/review/follow-ups"


async def test_a_call_in_vain_needs_its_reason_and_an_unsolved_one_its_ground(officer: Hire) -> None:
    number = await to_ask()
    visitor = await officer("reviewer")
    answer = await visitor.post(f"/review/{number}/follow-up", {"verdict": "missed"})
    assert (answer.status_code, "选为什么没有联系上" in answer.text) == (422, True)
    answer = await visitor.post(
        f"/review/{number}/follow-up", {"verdict": "close", "solved": "no", "remark": "短"}
    )
    assert (answer.status_code, "写明为什么不转重办" in answer.text) == (422, True)
    answer = await visitor.post(f"/review/{number}/follow-up", {"verdict": "close", "solved": "declined"})
    assert answer.status_code == 303
    assert await cast.status(number) == "closed"


async def test_the_parts_of_the_list_and_a_unit_narrow_it(officer: Hire) -> None:
    first, second = await to_ask(), await to_ask()
    await following_up.record(cast.ALICE, first, Answer("busy"), now=clock.now())
    visitor = await officer("agent")
    unit = await cast.unit_named("南开区供热办")
    for query, shown, not_shown in (
        ("part=now", second, first), ("part=waits", first, second), (f"unit={unit}&part=now", second, first),
    ):  # fmt: skip
        text = (await visitor.get(f"/review/follow-ups?{query}")).text
        assert f'data-number="{shown}"' in text
        assert f'data-number="{not_shown}"' not in text
    assert "这一部分没有了" in (await visitor.get("/review/follow-ups?unit=999999")).text


async def test_the_story_tells_of_the_tries(officer: Hire) -> None:
    number = await to_ask()
    await following_up.record(cast.ALICE, number, Answer("off", note="号码已停机"), now=clock.now())
    text = (await (await officer("agent")).get(f"/tickets/{number}")).text
    assert "回访未联系上" in text
    assert "关机或停机 · 号码已停机" in text


async def test_a_long_list_costs_no_more_questions(officer: Hire) -> None:
    visitor = await officer("agent")
    costs = []
    for more in (2, 5):
        for _ticket in range(more):
            await to_ask()
        await visitor.get("/review/follow-ups")
        figures.forget()
        async with counted() as cost:
            await visitor.get("/review/follow-ups")
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0


async def test_in_english_no_chinese_is_left_in_the_form(officer: Hire) -> None:
    number = await to_ask()
    visitor = await officer("agent")
    visitor.client.headers["Accept-Language"] = "en"
    text = (await visitor.get(f"/review/{number}/follow-up")).text
    for shown in ("Not reached", "Would not say", "Why nobody was reached"):
        assert shown in text


async def test_a_merged_citizen_is_asked_about_the_masters_answer_by_their_own_number(officer: Hire) -> None:
    master, _order = await cast.replied()
    child = await cast.registered(phone="13900001111")
    await merging.merge(cast.BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=clock.now())
    await replies.accept(cast.RUTH, master, follow_up="must", ground="", now=clock.now())
    agent = await officer("agent")
    listed = (await agent.get("/review/follow-ups")).text
    assert f"并入 …{master % 100000:05d}" in listed
    pane = (await agent.get(f"/review/{child}/follow-up")).text
    assert "华苑站 2 号炉已修复点火" in pane
    assert "不要提起别人" in pane
    assert "13900001111" in (await agent.post(f"/review/{child}/phone")).text
    said = {"verdict": "close", "solved": "yes", "satisfied": "2"}
    assert (await agent.post(f"/review/{child}/follow-up", said)).status_code == 303
    text = (await agent.get("/review/follow-ups")).text
    assert f"…{child % 100000:05d} 回访已记下。工单仍随主单 …{master % 100000:05d}" in text
    assert "不用回访了" in (await agent.get(f"/review/{child}/follow-up")).text
