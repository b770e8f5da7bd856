"""What presses on a ticket, on the unit's pages and on the ticket's own; and which buttons stand where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock, db
from crm.tickets import conferences, extensions, holds, merging, returns, signing, supervising, urging
from tests.crm.cast import BOB, NOW, SIMON, at_unit, dispatched, head_of, registered, unit_named
from tests.pages.counting import counted
from tests.people import Hire, Visitor

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def it_is_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


async def seen(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


async def unit(officer: Hire, role: str = "unit_handler") -> Visitor:
    code = await db.fetchval("SELECT code FROM unit WHERE name = '南开区供热办'")
    return await officer(role, code)


async def in_hand() -> tuple[int, int]:
    number, order = await dispatched(urgency=3)
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    return number, order


async def test_an_urge_stands_first_with_its_moment_and_its_button(officer: Hire) -> None:
    number, order = await in_hand()
    await urging.urge(BOB, number, urging.Urge("市民 13800221234 今天第二次来电，家里仍不热。"), now=NOW)
    wang = await unit(officer)
    text = await seen(wang, f"/orders/{order}")
    assert "1 次催办没有回复" in text
    assert f"/orders/{order}/moves/answer_urge" in text
    assert "13800221234" not in text
    assert text.index("1 次催办没有回复") < text.index("家里暖气从昨天下午开始不热")
    inbox = await seen(wang, "/orders?tab=handling")
    assert "催办 1" in inbox
    assert "前回复催办" in inbox


async def test_a_supervision_is_answered_by_the_head(officer: Hire) -> None:
    number, order = await in_hand()
    await supervising.issue(
        SIMON, number, supervising.Issue("manual", "三日内到现场核实并书面答复。"), now=NOW
    )
    handler, head = await unit(officer), await unit(officer, "unit_head")
    assert "由本单位负责人书面答复" in await seen(handler, f"/orders/{order}")
    assert f"/orders/{order}/moves/answer_supervision" in await seen(head, f"/orders/{order}")
    assert "督办 1 级" in await seen(handler, "/orders?tab=handling")


async def test_a_request_is_marked_and_cannot_be_asked_twice(officer: Hire) -> None:
    number, order = await in_hand()
    wang = await unit(officer)
    assert "moves/ask_extension" in await seen(wang, f"/orders/{order}")
    form = extensions.Ask("works", 3, "配件 11 月 27 日到货，29 日前更换完成。", "call")
    await extensions.ask(await at_unit(), order, form, now=NOW)
    text = await seen(wang, f"/orders/{order}")
    assert "延期申请等热线裁定" in text
    assert "moves/ask_extension" not in text
    assert "已申请延期" in await seen(wang, "/orders?tab=handling")
    assert "moves/grant_extension" in await seen(await officer("dispatcher"), f"/tickets/{number}")


async def test_a_ruling_is_offered_only_where_something_was_asked(officer: Hire) -> None:
    number, _order = await in_hand()
    text = await seen(await officer("dispatcher"), f"/tickets/{number}")
    assert "moves/urge" in text
    assert "grant_extension" not in text
    assert "grant_hold" not in text


async def test_children_are_for_the_hotline_and_their_number_for_the_unit(officer: Hire) -> None:
    number, order = await dispatched()
    child = await registered(content="隔壁楼也不热，林苑西里 9 号楼，昨天起停暖。")
    await merging.merge(BOB, child, merging.Merge(str(number), "同一小区同一条管道停暖"), now=NOW)
    ours = await seen(await officer("dispatcher"), f"/tickets/{number}")
    assert f'href="/tickets/{child}"' in ours
    assert "隔壁楼" not in ours
    wang = await unit(officer)
    for path in (f"/tickets/{number}", f"/orders/{order}"):
        text = await seen(wang, path)
        assert str(child) not in text
        assert "位市民反映同一件事" in text
    assert f'href="/tickets/{number}"' in await seen(await officer("dispatcher"), f"/tickets/{child}")
    assert "⊕ 1" in await seen(wang, "/orders")


async def test_a_long_inbox_with_all_marks_costs_no_more_questions(officer: Hire) -> None:
    wang, costs = await unit(officer), []
    for more in (2, 5):
        for _one in range(more):
            number, _order = await in_hand()
            await urging.urge(BOB, number, urging.Urge("市民第二次来电"), now=NOW)
        await seen(wang, "/orders?tab=handling")
        async with counted() as cost:
            await seen(wang, "/orders?tab=handling")
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0


async def test_whoever_asks_for_time_reads_first_how_much_there_is_and_what_it_comes_to(
    officer: Hire,
) -> None:
    number, order = await in_hand()
    wang = await unit(officer)
    text = await seen(wang, f"/orders/{order}/moves/ask_extension")
    assert "5 工作日，办结从 12-01 18:00 改到 12-08 18:00" in text
    assert "还没有附件" in text
    await extensions.ask(
        await at_unit(), order, extensions.Ask("works", 3, "配件 27 日到货，29 日换完。", "call"), now=NOW
    )
    ruled = await seen(await officer("dispatcher"), f"/tickets/{number}/moves/grant_extension")
    assert "3 工作日，办结从 12-01 18:00 改到 12-04 18:00" in ruled


@pytest.mark.parametrize("move", ["ask_extension", "ask_hold"])
async def test_who_cannot_ask_for_time_hears_it_before_typing(officer: Hire, move: str) -> None:
    _number, order = await in_hand()
    await extensions.ask(
        await at_unit(), order, extensions.Ask("works", 3, "配件 27 日到货，29 日换完。", "call"), now=NOW
    )
    answer = await (await unit(officer)).get(f"/orders/{order}/moves/{move}", follow_redirects=True)
    assert "已有一个申请在等热线裁定" in answer.text
    assert f'action="/orders/{order}/moves/{move}"' not in answer.text


async def test_a_proposed_return_stands_first_and_the_head_answers_it_there(officer: Hire) -> None:
    number, order = await dispatched(urgency=3)
    handler, head = await unit(officer), await unit(officer, "unit_head")
    assert "drop_return" not in await seen(head, f"/orders/{order}")
    await returns.ask(await at_unit(), order, returns.Return("R2", "噪声源为物业二次泵，附移交清单"), now=NOW)
    text = await seen(handler, f"/orders/{order}")
    assert "提请退单，等本单位负责人同意" in text
    assert f"/orders/{order}/return" not in text
    again = await handler.get(f"/orders/{order}/return", follow_redirects=True)
    assert "已提请退单，等本单位负责人同意。" in again.text
    assert f'action="/orders/{order}/return"' not in again.text
    text = await seen(head, f"/orders/{order}")
    assert text.index("附移交清单") < text.index("家里暖气从昨天下午开始不热")
    assert f"/orders/{order}/return" in text
    assert f"/orders/{order}/moves/drop_return" in text
    assert "退单待负责人同意" in await seen(head, "/orders")
    assert "提请退单，等本单位负责人同意" not in await seen(await officer("dispatcher"), f"/tickets/{number}")


async def test_a_designated_order_offers_no_return_anywhere(officer: Hire) -> None:
    _number, order = await dispatched(urgency=3)
    await returns.ask(await head_of(), order, returns.Return("R2", "噪声源为物业二次泵，附移交清单"), now=NOW)
    units = (await unit_named("南开区供热办"), await unit_named("南开区住房建设委"))
    await conferences.call(BOB, _number, conferences.Call(units, "由谁主办"), now=NOW)
    await conferences.designate(
        SIMON, _number, conferences.Designate(units[0], (), "会商纪要第 3 号"), now=NOW
    )
    wang = await unit(officer)
    text = await seen(wang, f"/orders/{order}")
    assert "会商指定由本单位办理，不能再退" in text
    assert f"/orders/{order}/return" not in text
    assert "可退" not in text
    assert 'data-kind="return"' not in await seen(wang, "/orders?tab=handling")
    answer = await wang.get(f"/orders/{order}/return", follow_redirects=True)
    assert "本单由会商指定，不能再退，须由本单位办理。" in answer.text
    assert f'action="/orders/{order}/return"' not in answer.text


async def test_a_refusal_that_is_nobodys_doing_blames_nobody(officer: Hire) -> None:
    _number, order = await dispatched(urgency=3)
    wang = await unit(officer)
    typed = {"code": "R2", "basis": "噪声源为物业二次泵，附移交清单", "status": "dispatched"}
    assert (await wang.post(f"/orders/{order}/return", typed)).status_code == 303
    answer = await wang.post(f"/orders/{order}/return", typed)
    assert answer.status_code == 409
    assert "已提请退单，等本单位负责人同意。" in answer.text
    assert "先改了这张单" not in answer.text
    assert "附移交清单" in answer.text


async def test_whoever_rules_on_a_hold_begins_with_the_moment_that_was_asked_for(officer: Hire) -> None:
    number, order = await in_hand()
    until = NOW + timedelta(days=3)
    await holds.ask(
        await at_unit(), order, holds.Ask("legal", until, "等法院裁定后恢复供热，已附通知。"), now=NOW
    )
    text = await seen(await officer("dispatcher"), f"/tickets/{number}/moves/grant_hold")
    assert f'value="{clock.local(until):%Y-%m-%dT%H:%M}"' in text
