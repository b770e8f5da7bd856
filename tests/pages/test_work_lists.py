"""The further lists of the hotline over HTTP: who finds which work where, and by what keys it is decided."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core import clock, db
from crm.tickets import (
    appealing,
    conferences,
    extensions,
    figures,
    holds,
    merging,
    returns,
    signing,
    supervising,
)
from tests.crm import cast
from tests.crm.cast import ALICE, BOB, NOW, SIMON, at_unit, dispatched, head_of, registered, unit_named
from tests.pages.counting import counted
from tests.people import Hire, Visitor

LATER = NOW + timedelta(hours=3)
ROW = re.compile(r'<tr data-number="(\d+)"')
ASK = extensions.Ask("works", 3, "配件 11 月 27 日到货，29 日前更换完成。", "call")


@pytest.fixture(autouse=True)
def it_is_three_hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


def numbers(text: str) -> list[int]:
    return [int(number) for number in ROW.findall(text)]


async def seen(visitor: Visitor, path: str, *, pane: bool = False) -> str:
    answer = await visitor.get(path, headers={"HX-Request": "true"} if pane else {})
    assert answer.status_code == 200, answer.text[:400]
    return answer.text


async def in_hand() -> tuple[int, int]:
    number, order = await dispatched(urgency=3)
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    return number, order


async def asked(at: int = 0) -> int:
    number, order = await in_hand()
    await extensions.ask(await at_unit(), order, ASK, now=NOW + timedelta(minutes=at))
    return number


async def held() -> int:
    number, order = await in_hand()
    form = holds.Ask("season", LATER + timedelta(days=9), "管道改造 12 月 5 日前完成，此前无法供热。")
    await holds.ask(await at_unit(), order, form, now=NOW)
    return number


async def conferred(at: int = 0) -> int:
    number, order = await dispatched(urgency=3)
    await returns.ask(await head_of(), order, returns.Return("R2", "楼前阀门后为开发商未移交管段"), now=NOW)
    units = (await unit_named("南开区供热办"), await unit_named("南开区住房建设委"))
    form = conferences.Call(units, "小区外管段漏水由谁主办")
    await conferences.call(BOB, number, form, now=NOW + timedelta(minutes=at))
    return number


async def appealed(at: int = 0) -> int:
    number = await registered()
    await db.execute("UPDATE ticket SET status = 'closed', closed_at = $2 WHERE id = $1", number, NOW)
    form = appealing.Appeal("答复说已修好，今天又停暖了。")
    await appealing.appeal(ALICE, number, form, now=NOW + timedelta(minutes=at))
    return number


async def incident(at: int = 0) -> int:
    number, _order = await dispatched()
    await merging.declare(BOB, number, merging.Incident("王顶堤片区停暖"), now=NOW + timedelta(minutes=at))
    return number


async def supervised(at: int = 0) -> int:
    number, _order = await dispatched()
    form = supervising.Issue("manual", "三日内到现场核实并书面答复。")
    await supervising.issue(SIMON, number, form, now=NOW + timedelta(minutes=at))
    return number


MADE: dict[str, Callable[[int], Awaitable[int]]] = {
    "/dispatch/requests": asked,
    "/dispatch/conferences": conferred,
    "/dispatch/appeals": appealed,
    "/dispatch/incidents": incident,
    "/supervise/supervisions": supervised,
}


@pytest.mark.parametrize("path", MADE)
async def test_a_list_shows_its_work_and_says_when_there_is_none(officer: Hire, path: str) -> None:
    visitor = await officer("supervisor")
    assert 'class="empty"' in await seen(visitor, path)
    number = await MADE[path](0)
    text = await seen(visitor, path)
    assert numbers(text) == [number]
    assert "13800221234" not in text
    assert numbers(await seen(visitor, f"{path}/rows")) == [number]


@pytest.mark.parametrize("path", MADE)
async def test_others_do_not_come_in(officer: Hire, path: str) -> None:
    for role in ("agent", "reviewer", "unit_head", "kb_editor"):
        visitor = await officer(role)
        for address in (path, f"{path}/rows"):
            assert (await visitor.get(address)).status_code == 403


@pytest.mark.parametrize("path", MADE)
async def test_pages_follow_each_other_without_gap(
    officer: Hire, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dispatch_work", "supervision_list"):
        monkeypatch.setattr(f"crm.pages.{module}.PAGE", 2)
    made = [await MADE[path](minute) for minute in range(5)]
    if path == "/dispatch/incidents":
        made.reverse()
    visitor, found, address = await officer("supervisor"), [], path
    for _page in range(3):
        text = await seen(visitor, address)
        found += numbers(text)
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert (found, address) == (made, "")


@pytest.mark.parametrize("path", MADE)
async def test_a_long_list_costs_no_more_questions(officer: Hire, path: str) -> None:
    visitor, costs = await officer("supervisor"), []
    for more in (2, 6):
        for minute in range(more):
            await MADE[path](minute)
        await seen(visitor, path)
        figures.forget()
        async with counted() as cost:
            await seen(visitor, path)
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0


async def test_the_figures_stand_beside_the_tabs(officer: Hire) -> None:
    await asked()
    await asked()
    await incident()
    text = await seen(await officer("dispatcher"), "/dispatch")
    assert figure(text, "/dispatch/requests") == 2
    assert figure(text, "/dispatch/incidents") == 1
    assert figure(text, "/dispatch/conferences") == 0


async def test_a_figure_changes_with_the_ruling_at_once(officer: Hire) -> None:
    number = await asked()
    visitor = await officer("dispatcher")
    assert figure(await seen(visitor, "/dispatch"), "/dispatch/requests") == 1
    form = {"ruling": "同意，配件确需到货", "amount": "2", "back": "/dispatch/requests"}
    answer = await visitor.post(f"/tickets/{number}/moves/grant_extension", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dispatch/requests")
    assert figure(await seen(visitor, "/dispatch/requests"), "/dispatch/requests") == 0


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/account", "/dispatch/../x"]
)
async def test_nobody_is_sent_elsewhere_after_a_ruling(officer: Hire, back: str) -> None:
    number = await asked()
    form = {"ruling": "同意，配件确需到货", "amount": "2", "back": back}
    answer = await (await officer("dispatcher")).post(f"/tickets/{number}/moves/grant_extension", form)
    assert answer.headers["location"] == f"/tickets/{number}"


async def test_a_request_is_shown_with_its_own_verbs_only(officer: Hire) -> None:
    extension, hold = await asked(), await held()
    visitor = await officer("dispatcher")
    text = await seen(visitor, f"/dispatch/{extension}/case?of=requests", pane=True)
    assert "moves/grant_extension?back=" in text
    assert "grant_hold" not in text
    assert "配件 11 月 27 日到货" in text
    assert "moves/grant_hold?back=" in await seen(visitor, f"/dispatch/{hold}/case?of=requests", pane=True)
    only_holds = await seen(visitor, "/dispatch/requests?kind=hold")
    assert numbers(only_holds) == [hold]


async def test_a_request_that_has_lapsed_leaves_the_list(officer: Hire) -> None:
    number = await asked()
    await db.execute("UPDATE work_order SET status = 'replied' WHERE ticket = $1", number)
    assert numbers(await seen(await officer("dispatcher"), "/dispatch/requests")) == []


async def test_an_appeal_is_taken_up_or_left_closed_from_its_list(officer: Hire) -> None:
    first, second = await appealed(), await appealed(1)
    visitor = await officer("dispatcher")
    text = await seen(visitor, f"/dispatch/{first}/case?of=appeals", pane=True)
    assert "今天又停暖了" in text
    address = f"/tickets/{first}/moves/reopen?back=/dispatch/appeals"
    assert 'name="facts"' in await seen(visitor, address)
    done = {"facts": "又停暖了，重新派单。", "back": "/dispatch/appeals"}
    assert (await visitor.post(f"/tickets/{first}/moves/reopen", done)).status_code == 303
    kept = {"ground": "没有新事实，维持原答复。", "back": "/dispatch/appeals"}
    assert (await visitor.post(f"/tickets/{second}/moves/keep_closed", kept)).status_code == 303
    assert (await cast.status(first), await cast.status(second)) == ("received", "closed")
    assert numbers(await seen(visitor, "/dispatch/appeals")) == []


async def test_a_conference_is_the_supervisors_to_end(officer: Hire) -> None:
    number = await conferred()
    await conferences.minute(BOB, number, conferences.Minute("住建委认为属供热管段。"), now=LATER)
    pane = f"/dispatch/{number}/case?of=conferences"
    dispatcher, supervisor = await officer("dispatcher"), await officer("supervisor")
    text = await seen(dispatcher, pane, pane=True)
    assert "住建委认为属供热管段" in text
    assert "moves/designate" not in text
    assert "moves/designate" in await seen(supervisor, pane, pane=True)


async def test_an_incident_counts_who_joined_and_tells_the_last_word(officer: Hire) -> None:
    number = await incident()
    child = await registered(content="家里也停暖了，林苑西里 9 号楼，求尽快恢复供热。")
    await merging.merge(BOB, child, merging.Merge(str(number), "同一片区停暖"), now=LATER)
    await merging.announce(BOB, number, merging.Announce("抢修中，预计今天22时前恢复"), now=LATER)
    text = await seen(await officer("dispatcher"), "/dispatch/incidents")
    assert "⊕ 1" in text
    assert "预计今天22时前恢复" in text


async def test_answered_supervisions_stand_first_and_overdue_ones_are_counted_in_red(officer: Hire) -> None:
    waiting, answered = await supervised(), await supervised(1)
    order = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1", answered)
    form = supervising.Answer("已到现场核实，明日上午更换阀门。")
    await supervising.answer(await head_of(), order, form, now=NOW + timedelta(minutes=9))
    visitor = await officer("supervisor")
    path = "/supervise/supervisions"
    assert numbers(await seen(visitor, path)) == [answered, waiting]
    assert numbers(await seen(visitor, f"{path}?state=waiting")) == [waiting]
    assert numbers(await seen(visitor, f"{path}?trigger=leader")) == []
    await db.execute("UPDATE supervision SET due_at = $1 WHERE ticket = $2", NOW, waiting)
    figures.forget()
    text = await seen(visitor, f"{path}?state=overdue&level=1&nonsense=9")
    assert numbers(text) == [waiting]
    assert '<b class="bad">超期未答复 1</b>' in text


async def test_confidential_work_is_covered_and_for_named_posts_only(officer: Hire) -> None:
    number = await asked()
    await db.execute("UPDATE ticket SET confidential = TRUE WHERE id = $1", number)
    assert numbers(await seen(await officer("dispatcher"), "/dispatch/requests")) == []
    text = await seen(await officer("dispatcher", named=True), "/dispatch/requests")
    assert numbers(text) == [number]
    assert "配件" not in text
    assert "室温" not in text


def figure(text: str, path: str) -> int:
    found = re.search(rf'href="{path}"[^>]*>[^<]*<span class="count"[^>]*>(\d+)<', text)
    assert found, path
    return int(found[1])
