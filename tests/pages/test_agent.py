"""The agent's desk over HTTP: calls, the form, help beside it."""

import re
from datetime import timedelta

from core import clock, db
from crm import calls
from crm.tickets import number
from tests.crm import cast
from tests.crm.cast import HEATING
from tests.pages.counting import Count, counted
from tests.people import Hire, Visitor

FRAGMENT = {"HX-Request": "true"}
CALLER = "13800221234"
FORM = {key: value for key, value in HEATING.items() if key not in ("name", "contact")} | {
    "form": "f-1", "then": "dispatch", "channel": "counter", "reply_by": "sms",
}  # fmt: skip


async def ringing(carrier_id: str = "c-1", phone: str = CALLER) -> int:
    return await calls.receive(carrier_id=carrier_id, line="12345", phone=phone, now=clock.now())


async def answered(agent: Visitor, carrier_id: str = "c-1", phone: str = CALLER) -> int:
    await ringing(carrier_id, phone)
    answer = await agent.post("/calls/answered", headers=FRAGMENT)
    found = re.search(r"call=(\d+)", answer.headers["HX-Redirect"])
    assert found
    return int(found[1])


async def disposition(call: int) -> str:
    return str(await db.fetchval("SELECT disposition FROM call WHERE id = $1", call))


async def tickets() -> int:
    return int(await db.fetchval("SELECT count(*) FROM ticket"))


async def test_others_have_no_agents_desk(officer: Hire) -> None:
    bob = await officer("dispatcher")
    assert (await bob.get("/desk")).status_code == 403


async def test_a_waiting_call_is_counted_and_answered_with_its_caller_masked(officer: Hire) -> None:
    alice = await officer("agent")
    await cast.registered(at=clock.now())
    await ringing()
    assert "等待 1 人" in (await alice.get("/desk/bar")).text
    await answered(alice)
    html = (await alice.get("/desk")).text
    assert "138****1234" in html
    assert CALLER not in html
    assert "张女士" in html
    assert "没有人在等" in html


async def test_two_agents_never_get_the_same_call(officer: Hire) -> None:
    alice, zhou = await officer("agent"), await officer("agent")
    one, two = await answered(alice, "c-1"), await answered(zhou, "c-2")
    assert one != two
    assert (await zhou.post(f"/calls/{one}/end", headers=FRAGMENT)).status_code == 404


async def test_the_masked_number_of_the_call_is_sent_as_the_calls_own(officer: Hire) -> None:
    alice = await officer("agent")
    call = await answered(alice)
    sent = FORM | {"call": str(call), "phone": "138****1234"}
    answer = await alice.post("/tickets", sent, headers=FRAGMENT)
    assert answer.status_code == 200
    assert await db.fetchval("SELECT phone_tail FROM ticket") == "1234"
    assert (await disposition(call), await cast.status(await db.fetchval("SELECT id FROM ticket"))) == (
        "ticket", "dispatched",
    )  # fmt: skip


async def test_the_number_is_shown_once_with_what_happens_next_and_a_fresh_form(officer: Hire) -> None:
    alice = await officer("agent")
    html = (await alice.post("/tickets", FORM, headers=FRAGMENT)).text
    assert re.search(r'<span class="number">\d{6} \d{6} \d</span>', html)
    assert "已登记，派给南开区供热办" in html
    assert "单号短信马上发到尾号 1234" in html
    assert FORM["content"] not in re.sub(r"<section.*?</section>", "", html, count=1, flags=re.S)


async def test_the_same_form_sent_twice_is_one_ticket_and_says_so(officer: Hire) -> None:
    alice = await officer("agent")
    first = (await alice.post("/tickets", FORM, headers=FRAGMENT)).text
    again = (
        await alice.post(
            "/tickets", FORM | {"content": HEATING["content"] + "补充：楼上也不热。"}, headers=FRAGMENT
        )
    ).text
    shown = re.findall(r'<span class="number">([\d ]+)</span>', first + again)
    assert shown[0] == shown[1]
    assert await tickets() == 1
    assert "没有再登一件" in again
    assert "补充：楼上也不热" in again


async def test_what_is_wrong_stands_beside_its_field_and_the_text_is_kept(officer: Hire) -> None:
    alice = await officer("agent")
    wrong = FORM | {"matter": "", "matter_text": "供热啊", "phone": "12"}
    answer = await alice.post("/tickets", wrong, headers=FRAGMENT)
    assert answer.status_code == 422
    assert str(HEATING["content"]) in answer.text
    assert 'value="供热啊"' in answer.text
    assert 'id="f-matter-error"' in answer.text
    assert 'id="f-phone-error"' in answer.text
    assert await tickets() == 0


async def test_a_unit_the_agent_did_not_see_is_left_to_the_dispatchers(officer: Hire) -> None:
    alice = await officer("agent")
    await alice.post("/tickets", FORM | {"lead": "1"}, headers=FRAGMENT)
    await alice.post("/tickets", FORM | {"form": "f-2", "hand_over": "1"}, headers=FRAGMENT)
    assert [row["status"] for row in await db.fetch("SELECT status FROM ticket")] == ["received", "received"]


async def test_answered_at_once_keeps_the_answer_and_the_article(officer: Hire) -> None:
    alice = await officer("agent")
    call = await answered(alice)
    sent = FORM | {
        "call": str(call),
        "then": "answered",
        "kind": "consult",
        "answer": "采暖期室温不低于 18 度。",
        "article": "GR-1",
    }
    assert "已当场答复办结" in (await alice.post("/tickets", sent, headers=FRAGMENT)).text
    assert await disposition(call) == "answered"
    assert await db.fetchval("SELECT data ->> 'article' FROM ticket_event") == "GR-1"


async def test_not_accepted_wants_a_ground_and_the_way_the_law_gives(officer: Hire) -> None:
    alice = await officer("agent")
    answer = await alice.post("/tickets", FORM | {"then": "refused"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "选一个不予受理的法定情形" in answer.text
    sent = FORM | {"then": "refused", "ground": "litigation", "legal_path": "已告知向南开区法院起诉"}
    assert "已登记不予受理" in (await alice.post("/tickets", sent, headers=FRAGMENT)).text


async def test_a_repeat_caller_is_offered_to_append_and_the_call_is_settled_by_it(officer: Hire) -> None:
    alice = await officer("agent")
    made = await cast.registered(at=clock.now() - timedelta(days=1))
    call = await answered(alice)
    html = (await alice.get("/desk")).text
    assert "7 天内反映过 1 次：供热" in html
    assert f"/desk/additions/{made}" in html
    citizen = await db.fetchval("SELECT citizen FROM ticket")
    assert (
        "7 天内第 2 次反映供热" in (await alice.get(f"/desk/warnings?citizen={citizen}&matter=030101")).text
    )
    short = await alice.post(
        f"/desk/additions/{made}", FORM | {"call": str(call), "content": "冷"}, headers=FRAGMENT
    )
    assert short.status_code == 422
    done = await alice.post(f"/desk/additions/{made}", FORM | {"call": str(call)}, headers=FRAGMENT)
    assert "已追加到原单" in done.text
    assert (await disposition(call), await tickets()) == ("appended", 1)


async def test_what_was_brought_longer_ago_is_no_repetition(officer: Hire) -> None:
    alice = await officer("agent")
    await cast.registered(at=clock.now() - timedelta(days=8))
    await answered(alice)
    assert "7 天内" not in (await alice.get("/desk")).text


async def test_an_ended_call_is_asked_for_until_it_has_a_result(officer: Hire) -> None:
    alice = await officer("agent")
    call = await answered(alice)
    assert "没有工单？记下结果" in (await alice.post(f"/calls/{call}/end", headers=FRAGMENT)).text
    other = await answered(alice, "c-2")
    assert "还有 1 通电话没有结果" in (await alice.get("/desk")).text
    assert (await alice.post(f"/calls/{call}/disposition", {"disposition": "ticket"})).status_code == 422
    await alice.post(f"/calls/{call}/disposition", {"disposition": "silent"}, headers=FRAGMENT)
    assert await disposition(call) == "silent"
    html = (await alice.get("/desk")).text
    assert "没有结果" not in html
    assert f"/calls/{other}/end" in html


async def test_a_call_may_open_a_second_ticket(officer: Hire) -> None:
    alice = await officer("agent")
    call = await answered(alice)
    html = (await alice.post("/tickets", FORM | {"call": str(call)}, headers=FRAGMENT)).text
    assert "第 2 件" in html
    await alice.post("/tickets", FORM | {"call": str(call), "form": "f-2"}, headers=FRAGMENT)
    assert await db.fetchval("SELECT count(*) FROM call_ticket WHERE call = $1", call) == 2


async def test_hold_and_mute_are_switched_and_said(officer: Hire) -> None:
    alice = await officer("agent")
    call = await answered(alice)
    assert "取消静音" in (await alice.post(f"/calls/{call}/mute", {"on": "1"}, headers=FRAGMENT)).text
    assert "保持中" in (await alice.post(f"/calls/{call}/hold", {"on": "1"}, headers=FRAGMENT)).text
    assert "通话中" in (await alice.post(f"/calls/{call}/hold", {"on": "0"}, headers=FRAGMENT)).text


async def test_the_number_in_clear_wants_a_right_and_a_reason_and_is_logged(officer: Hire) -> None:
    alice, simon = await officer("agent"), await officer("supervisor")
    call = await answered(alice)
    own = await answered(simon, "c-2", "13900221235")
    assert "显示号码需理由" not in (await alice.get("/desk")).text
    assert (await alice.post(f"/calls/{call}/number", {"reason": "需要回拨"})).status_code == 403
    assert (await simon.post(f"/calls/{own}/number", {"reason": ""}, headers=FRAGMENT)).status_code == 422
    assert (
        "13900221235"
        in (await simon.post(f"/calls/{own}/number", {"reason": "需要回拨"}, headers=FRAGMENT)).text
    )
    row = await db.fetchrow("SELECT what, subject, reason FROM view_log")
    assert tuple(row) == ("phone", f"call:{own}", "需要回拨")


async def test_a_withheld_number_knows_nobody(officer: Hire) -> None:
    alice = await officer("agent")
    await cast.registered(at=clock.now(), phone="", anonymous=True)
    await answered(alice, phone="")
    html = (await alice.get("/desk")).text
    assert "号码隐藏" in html
    assert "历史工单" in html
    assert "供热 › 不热" not in html


async def test_likes_of_a_text_are_found_and_ones_own_are_marked(officer: Hire) -> None:
    alice = await officer("agent")
    made = await cast.registered(at=clock.now())
    other = await cast.registered(
        at=clock.now(), phone="13900221235", content="室温只有 13 度，暖气不热，家里有婴儿。"
    )
    await cast.registered(at=clock.now(), matter="010101", content="楼下占道经营，烧烤油烟大，噪声扰民。")
    citizen = await db.fetchval("SELECT citizen FROM ticket WHERE id = $1", made)
    asked = {
        "content": HEATING["content"],
        "matter": "030101",
        "street": "120104009",
        "citizen": str(citizen),
    }
    html = (await alice.post("/lookalikes", asked, headers=FRAGMENT)).text
    assert re.findall(r'data-number="(\d+)"', html) == [str(made), str(other)]
    assert html.count("本人") == 1


async def test_a_confidential_ticket_is_like_nothing(officer: Hire) -> None:
    alice = await officer("agent")
    await cast.registered(at=clock.now(), kind="report")
    asked = {"content": HEATING["content"], "matter": "030101", "street": "120104009"}
    assert "data-number" not in (await alice.post("/lookalikes", asked, headers=FRAGMENT)).text


async def test_choosing_a_matter_says_what_to_ask_and_what_dispatching_starts(officer: Hire) -> None:
    alice = await officer("agent")
    html = (await alice.get("/desk/matter?matter=030101&kind=help&urgency=2&asked=0")).text
    assert "签收限 30 分钟，首次联系 4 小时，办结 24 小时（昼夜连续计）" in html
    assert 'data-asked="0" checked' in html


async def test_numbers_that_are_never_merged_say_what_to_say(officer: Hire) -> None:
    html = (await (await officer("agent")).get("/desk")).text
    assert "12388" in html
    assert "情况紧急请现在拨打 110" in html


async def test_the_desk_asks_as_little_of_the_database_for_a_long_history(officer: Hire) -> None:
    alice = await officer("agent")
    await cast.registered(at=clock.now())
    await answered(alice)
    async with counted() as few:
        await alice.get("/desk")
    for _ in range(12):
        await cast.registered(at=clock.now())
    async with counted() as many:
        await alice.get("/desk")
    assert _own(many) == _own(few)


def _own(count: Count) -> int:
    """Without the looks at reference data that every process takes now and then."""
    return sum("reference_version" not in sql and "FROM line ORDER" not in sql for sql in count.statements)


async def test_a_new_ticket_takes_over_matter_and_place_of_an_old_one(officer: Hire) -> None:
    old = await cast.registered()
    agent = await officer("agent")
    html = (await agent.get(f"/desk?from={old}")).text
    assert f"原单 {number.show(old)} 的新情况" in html
    assert "林苑西里 6 号楼 2 门" in html
    assert 'name="matter" value="030101"' in html
    assert (await agent.get("/desk?from=x")).status_code == 200


async def test_an_emergency_says_in_plain_words_what_is_missing(officer: Hire) -> None:
    alice = await officer("agent")
    answer = await alice.post("/tickets", FORM | {"then": "emergency", "three_party": "1"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert answer.text.count("请填写这一项。") + answer.text.count("请选一项。") >= 2
    assert "给的是" not in answer.text
    assert await tickets() == 0
    given = {"then": "emergency", "service": "119", "read_back": "119 接警员复述：华苑路 3 号，一人被困。"}
    assert (await alice.post("/tickets", FORM | given, headers=FRAGMENT)).status_code == 200
    assert await cast.status(await db.fetchval("SELECT id FROM ticket")) == "emergency"
