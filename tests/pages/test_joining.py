"""The agent's desk when many call about one thing, and when somebody calls again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock, db
from crm import calls
from crm.tickets import merging, replay
from crm.tickets.number import show
from tests.crm import cast
from tests.crm.cast import BOB, HEATING, NOW, dispatched, registered
from tests.pages.counting import counted
from tests.people import Hire, Visitor

FRAGMENT = {"HX-Request": "true"}
FORM = {key: value for key, value in HEATING.items() if key not in ("name", "contact")} | {
    "form": "f-1", "then": "dispatch", "channel": "counter", "reply_by": "sms", "phone": "13900330004",
}  # fmt: skip
AROUND = f"/desk/incidents?matter={HEATING['matter']}&street={HEATING['street']}"
LATER = NOW + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def it_is_half_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


async def incident() -> int:
    number, _order = await dispatched()
    await merging.declare(BOB, number, merging.Incident("王顶堤片区停暖"), now=NOW)
    return number


async def merged_into(number: int) -> list[int]:
    return [row["id"] for row in await db.fetch("SELECT id FROM ticket WHERE merged_into = $1", number)]


async def answered(agent: Visitor) -> int:
    await calls.receive(carrier_id="c-1", line="12345", phone="13800221234", now=clock.now())
    answer = await agent.post("/calls/answered", headers=FRAGMENT)
    found = re.search(r"call=(\d+)", answer.headers["HX-Redirect"])
    assert found
    return int(found[1])


async def test_an_incident_around_is_shown_with_its_counter_and_last_word(officer: Hire) -> None:
    agent = await officer("agent")
    assert "人反映" not in (await agent.get(AROUND, headers=FRAGMENT)).text
    number = await incident()
    await merging.announce(BOB, number, merging.Announce("抢修中，预计今天22时前恢复"), now=NOW)
    text = (await agent.get(AROUND, headers=FRAGMENT)).text
    assert "王顶堤片区停暖，已有 1 人反映" in text
    assert "预计今天22时前恢复" in text
    assert f'formaction="/desk/joins/{number}"' in text
    assert "张女士" not in text


@pytest.mark.parametrize(
    "query", ["matter=030101&street=120103001", "matter=040101&street=120104009", "matter=&street="]
)
async def test_elsewhere_and_for_other_matters_it_is_not_shown(officer: Hire, query: str) -> None:
    await incident()
    answer = await (await officer("agent")).get(f"/desk/incidents?{query}", headers=FRAGMENT)
    assert "人反映" not in answer.text


async def test_one_key_registers_and_joins(officer: Hire) -> None:
    number, agent = await incident(), await officer("agent")
    answer = await agent.post(f"/desk/joins/{number}", FORM, headers=FRAGMENT)
    assert answer.status_code == 200, answer.text[:600]
    assert "已登记，并入“王顶堤片区停暖”" in answer.text
    assert "南开区供热办正在办" in answer.text
    (child,) = await merged_into(number)
    assert await cast.status(child) == "merged"
    assert f"{child}"[6:12] in answer.text
    assert [found async for found in replay.check()] == []


async def test_sent_twice_it_is_one_ticket_that_joined_once(officer: Hire) -> None:
    number, agent = await incident(), await officer("agent")
    for _time in range(2):
        assert (await agent.post(f"/desk/joins/{number}", FORM, headers=FRAGMENT)).status_code == 200
    assert len(await merged_into(number)) == 1
    assert await db.fetchval("SELECT merged_count FROM ticket WHERE id = $1", number) == 1


async def test_what_does_not_fit_registers_nothing_and_keeps_the_words(officer: Hire) -> None:
    number, agent = await incident(), await officer("agent")
    answer = await agent.post(f"/desk/joins/{number}", FORM | {"street": "120103001"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "群发事件只收同类事项、同一个区的单" in answer.text
    assert HEATING["content"] in answer.text
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


async def test_a_confidential_word_joins_nobody(officer: Hire) -> None:
    number, agent = await incident(), await officer("agent")
    answer = await agent.post(f"/desk/joins/{number}", FORM | {"confidential": "1"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "保密件不能并单" in answer.text
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


async def test_a_lookalike_of_the_same_matter_and_street_may_be_joined(officer: Hire) -> None:
    number = await registered()
    agent = await officer("agent")
    asked = {"content": HEATING["content"], "matter": HEATING["matter"], "street": HEATING["street"]}
    text = (await agent.post("/lookalikes", asked, headers=FRAGMENT)).text
    assert f"/desk/joins/{number}" in text
    other = asked | {"street": "120104001"}
    assert "/desk/joins/" not in (await agent.post("/lookalikes", other, headers=FRAGMENT)).text


async def test_a_past_ticket_is_urged_by_one_key(officer: Hire) -> None:
    number, _order = await dispatched()
    agent = await officer("agent")
    call = await answered(agent)
    assert f'hx-post="/desk/urges/{number}"' in (await agent.get("/desk")).text
    answer = await agent.post(f"/desk/urges/{number}", {"call": str(call)}, headers=FRAGMENT)
    assert "已催办" in answer.text
    row = await db.fetchrow("SELECT source, answer_due_at FROM urge WHERE ticket = $1", number)
    assert row["source"] == "citizen_call"
    assert row["answer_due_at"] is not None
    assert await db.fetchval("SELECT disposition FROM call WHERE id = $1", call) == "appended"


async def test_what_cannot_be_urged_says_why(officer: Hire) -> None:
    number = await registered()
    await db.execute("UPDATE ticket SET status = 'closed' WHERE id = $1", number)
    answer = await (await officer("agent")).post(f"/desk/urges/{number}", headers=FRAGMENT)
    assert answer.status_code == 409
    assert "不能“催办”" in answer.text


async def test_the_panel_costs_the_same_for_one_incident_and_for_three(officer: Hire) -> None:
    agent, costs = await officer("agent"), []
    for _more in range(2):
        await incident()
        await agent.get(AROUND, headers=FRAGMENT)
        async with counted() as cost:
            await agent.get(AROUND, headers=FRAGMENT)
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0


async def test_the_preview_offers_to_merge_where_one_stands_open(officer: Hire) -> None:
    alone = await registered(urgency="2")
    bob = await officer("dispatcher")
    assert "并单…" not in (await bob.get(f"/dispatch/{alone}/merging", headers=FRAGMENT)).text
    second = await registered(content="隔壁楼也不热，林苑西里 9 号楼，昨天起停暖。")
    assert (
        f"/tickets/{second}/moves/merge?back=/dispatch" in (await bob.get(f"/dispatch/{second}/merging")).text
    )
    form = (await bob.get(f"/tickets/{second}/moves/merge?back=/dispatch")).text
    assert show(alone) in form
    done = {"master": str(alone), "ground": "同一小区同一条管道停暖", "back": "/dispatch"}
    answer = await bob.post(f"/tickets/{second}/moves/merge", done)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dispatch")
    queue = (await bob.get("/dispatch")).text
    assert "⊕ 1" in queue
    assert f'data-number="{second}"' not in queue


async def test_the_form_to_merge_shows_what_each_candidate_is_and_begins_with_the_days_first(
    officer: Hire,
) -> None:
    first = await registered(urgency="2")
    await registered(content="隔壁楼也不热，林苑西里 9 号楼，昨天起停暖。")
    third = await registered(content="我家 8 号楼也停暖了，想问什么时候能好。")
    form = (await (await officer("dispatcher")).get(f"/tickets/{third}/moves/merge")).text
    assert f'value="{show(first)}"' in form
    assert "隔壁楼也不热，林苑西里 9 号楼" in form
