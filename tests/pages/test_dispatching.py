"""The dispatcher's desk over HTTP: who sees what, what is sent, what is said when it is not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core import clock, db
from crm.tickets import closing, dispatch, figures, replies, returns
from crm.tickets.dispatch import Dispatch
from tests.crm import cast
from tests.pages.counting import counted
from tests.people import Hire, Visitor

ROW = re.compile(r'<tr data-number="(\d+)"')


async def registered(n: int = 1, **changes: Any) -> list[int]:
    return [await cast.registered(at=clock.now(), **changes) for _ in range(n)]


def numbers(text: str) -> list[int]:
    return [int(number) for number in ROW.findall(text)]


async def fields(visitor: Visitor, number: int) -> dict[str, str]:
    """The form as the page holds it: what a browser would send untouched."""
    text = (await visitor.get(f"/dispatch/{number}")).text
    form = text[text.index("data-dispatch") : text.index("</form>", text.index("data-dispatch"))]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found["reason"] = re.search(r'name="reason"[^>]*>\n(.*?)</textarea>', form, re.S)[1]  # type: ignore[index]
    return found


async def test_the_queue_is_sorted_by_the_moment_due(officer: Hire) -> None:
    slow, fast = await registered(urgency="3"), await registered(urgency="1")
    page = await (await officer("dispatcher")).get("/dispatch")
    assert numbers(page.text) == [*fast, *slow]
    assert "家里暖气从昨天下午开始不热" in page.text
    assert "13800221234" not in page.text


@pytest.mark.parametrize("role", ["agent", "reviewer", "unit_handler", "kb_editor", "admin"])
async def test_others_do_not_come_in(officer: Hire, role: str) -> None:
    number = (await registered())[0]
    visitor = await officer(role)
    for path in (
        "/dispatch",
        "/dispatch/rows",
        "/dispatch/returns",
        f"/dispatch/{number}",
        f"/dispatch/{number}/preview",
    ):
        assert (await visitor.get(path)).status_code == 403
    assert (await visitor.post(f"/dispatch/{number}", {"lead": "1"})).status_code == 403


async def test_a_filter_is_an_address(officer: Hire) -> None:
    urgent, other = await registered(urgency="1"), await registered(street="120103001", urgency="2")
    visitor = await officer("dispatcher")
    assert numbers((await visitor.get("/dispatch?urgency=1,3")).text) == urgent
    assert (
        numbers((await visitor.get("/dispatch?district=120103&line=12345&kind=help&matter=03")).text) == other
    )
    assert numbers((await visitor.get("/dispatch?light=red")).text) == []
    assert "清除筛选，看全部 2 件" in (await visitor.get("/dispatch?mark=urged")).text
    assert len(numbers((await visitor.get("/dispatch?urgency=9&line=nobody&status=closed")).text)) == 2


async def test_pages_follow_each_other_without_gap(officer: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.pages.dispatch_rows.PAGE", 2)
    made = await registered(5)
    visitor, seen, path = await officer("dispatcher"), [], "/dispatch?urgency=2"
    for _page in range(3):
        text = (await visitor.get(path)).text
        seen += numbers(text)
        found = re.search(r'href="([^"]+)" rel="next"', text)
        path = found[1].replace("&amp;", "&") if found else ""
    assert (seen, path) == (made, "")


async def test_a_long_queue_costs_no_more_questions(officer: Hire) -> None:
    visitor = await officer("dispatcher")
    costs = []
    for more in (5, 20):
        await registered(more)
        await visitor.get("/dispatch")
        costs.append(min([await _questions(visitor, "/dispatch") for _ in range(3)]))
    assert costs[0] == costs[1] > 0


async def _questions(visitor: Visitor, path: str) -> int:
    """Asked with the figures counted anew; what looks every second whether rules changed may ask one more."""
    figures.forget()
    async with counted() as cost:
        await visitor.get(path)
    return len(cost.statements)


async def test_a_confidential_row_is_there_for_named_posts_only_and_masked(officer: Hire) -> None:
    number = (await registered(kind="report"))[0]
    assert numbers((await (await officer("dispatcher")).get("/dispatch")).text) == []
    assert (await (await officer("dispatcher")).get(f"/dispatch/{number}")).status_code == 404
    named = await officer("dispatcher", named=True)
    for path in ("/dispatch", f"/dispatch/{number}/preview"):
        text = (await named.get(path, headers={"HX-Request": "true"})).text
        assert "遮蔽" in text
        assert not [word for word in ("室温", "王顶堤", "****1234", "供热办", "张女士") if word in text]
    assert await db.fetchval("SELECT count(*) FROM view_log") == 0
    assert "室温 14 度" in (await named.get(f"/dispatch/{number}")).text
    assert await db.fetchval("SELECT what FROM view_log") == "confidential"


async def test_the_form_untouched_sends_what_is_suggested(officer: Hire) -> None:
    number = (await registered())[0]
    visitor = await officer("dispatcher")
    answer = await visitor.post(f"/dispatch/{number}", await fields(visitor, number))
    assert (answer.status_code, answer.headers["location"]) == (303, "/dispatch")
    row = await db.fetchrow(
        "SELECT u.name, w.reason, w.catalogue_line FROM work_order w JOIN unit u ON u.id = w.unit WHERE part = 'lead'"
    )
    assert row["name"] == "南开区供热办"
    assert row["catalogue_line"].startswith("PD-")
    assert "派单目录 0301" in row["reason"]


async def test_every_complaint_comes_at_once_and_nothing_typed_is_lost(officer: Hire) -> None:
    number = (await registered())[0]
    visitor = await officer("dispatcher")
    typed = await fields(visitor, number) | {
        "lead": "", "lead_text": "供热那家", "reason": "改", "assist1": "", "assist1_text": "街道吧", "note": "有 <b>婴儿</b>"
    }  # fmt: skip
    answer = await visitor.post(f"/dispatch/{number}", typed)
    assert answer.status_code == 422
    assert "有 3 处要改" in answer.text
    for kept in ("供热那家", "街道吧", "有 &lt;b&gt;婴儿&lt;/b&gt;"):
        assert kept in answer.text
    assert await cast.status(number) == "received"


async def test_the_catalogues_reason_does_not_serve_for_another_unit(officer: Hire) -> None:
    number = (await registered())[0]
    visitor = await officer("dispatcher")
    other = str(await cast.unit_named("南开区住房建设委"))
    answer = await visitor.post(f"/dispatch/{number}", await fields(visitor, number) | {"lead": other})
    assert answer.status_code == 422
    assert "这是目录派给南开区供热办的理由" in answer.text


async def test_who_comes_second_hears_what_changed(officer: Hire) -> None:
    number = (await registered())[0]
    bob, charlie = await officer("dispatcher"), await officer("dispatcher")
    typed = await fields(charlie, number) | {"note": "请先上门"}
    other = await cast.unit_named("南开区住房建设委")
    await dispatch.dispatch(bob.officer, number, Dispatch(other, "楼内立管归物业"), now=clock.now())
    answer = await charlie.post(f"/dispatch/{number}", typed)
    assert answer.status_code == 409
    assert f"{bob.officer.name}先改了这张单" in answer.text
    assert "请先上门" in answer.text
    assert "派出 → 现在应为“改派”" in answer.text
    assert await db.fetchval("SELECT count(*) FROM work_order") == 1


async def test_what_another_has_claimed_cannot_be_sent(officer: Hire) -> None:
    number = (await registered())[0]
    bob, charlie = await officer("dispatcher"), await officer("dispatcher")
    await dispatch.claim(bob.officer, number)
    answer = await charlie.post(f"/dispatch/{number}", await fields(charlie, number) | {"note": "请先上门"})
    assert answer.status_code == 409
    assert f"{bob.officer.name}正在办这张单" in answer.text
    assert "请先上门" in answer.text


async def test_reassigning_to_the_same_unit_changes_nothing(officer: Hire) -> None:
    number, _order = await cast.dispatched()
    visitor = await officer("dispatcher")
    typed = await fields(visitor, number) | {"reason": "还是请供热办办理"}
    answer = await visitor.post(f"/dispatch/{number}", typed)
    assert answer.status_code == 422
    assert "没有要改的" in answer.text


async def test_a_redo_is_dispatched_by_the_same_form(officer: Hire) -> None:
    number, _order = await cast.replied()
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    await closing.redo(cast.RUTH, number, cause="晚上又不热了，没有修好", now=clock.now())
    visitor = await officer("dispatcher")
    assert "重办 1" in (await visitor.get("/dispatch?mark=redo")).text
    assert "晚上又不热了" in (await visitor.get(f"/dispatch/{number}")).text
    assert (await visitor.post(f"/dispatch/{number}", await fields(visitor, number))).status_code == 303
    assert await cast.status(number) == "dispatched"


async def test_the_next_claim_keeps_to_the_filter(officer: Hire) -> None:
    await registered(urgency="1")
    wanted = (await registered(urgency="3"))[0]
    visitor = await officer("dispatcher")
    answer = await visitor.post("/dispatch/claim", {"query": "urgency=3"})
    assert answer.headers["location"] == f"/dispatch/{wanted}?from=urgency%3D3"
    again = await visitor.post("/dispatch/claim", {"query": "urgency=3"})
    assert again.headers["location"] == "/dispatch?urgency=3"
    back = await visitor.client.delete(f"/dispatch/{wanted}/claim", headers={"HX-Request": "true"})
    assert back.headers["hx-redirect"] == "/dispatch"
    assert await db.fetchval("SELECT claimed_by FROM ticket WHERE id = $1", wanted) is None


async def test_another_s_claim_shows_the_name(officer: Hire) -> None:
    number = (await registered())[0]
    bob = await officer("dispatcher")
    await dispatch.claim(bob.officer, number)
    assert f"{bob.officer.name}在办" in (await (await officer("dispatcher")).get("/dispatch")).text
    assert "您在办" in (await bob.get("/dispatch")).text


async def test_the_bar_foretells_what_the_click_then_does(officer: Hire) -> None:
    going, claimed, gone = await registered(3)
    bob, charlie = await officer("dispatcher"), await officer("dispatcher")
    await dispatch.claim(bob.officer, claimed)
    await dispatch.dispatch_suggested(bob.officer, [gone], now=clock.now())
    asked = "&".join(f"number={n}" for n in (going, claimed, gone))
    said = (await charlie.get(f"/dispatch/batch?{asked}")).text
    assert 'data-going="1"' in said
    assert f"{bob.officer.name}已领" in said
    assert "现在是“待签收”" in said
    answer = await charlie.post("/dispatch/batch", {"number": [str(n) for n in (going, claimed, gone)]})
    assert "派出 1 件" in answer.text
    assert "没派 2 件" in answer.text
    assert await db.fetchval("SELECT count(*) FROM work_order WHERE part = 'lead'") == 2


async def test_a_low_suggestion_or_a_confidential_one_never_goes_in_bulk(officer: Hire) -> None:
    number = (await registered(kind="report"))[0]
    named = await officer("dispatcher", named=True)
    assert "请逐件指定单位" in (await named.get(f"/dispatch/batch?number={number}")).text
    assert "您无权看" in (await (await officer("dispatcher")).get(f"/dispatch/batch?number={number}")).text


async def returned() -> int:
    number, order = await cast.dispatched(at=clock.now())
    asked = returns.Return("R2", "楼前阀门后为开发商未移交管段", await cast.unit_named("南开区住房建设委"))
    await returns.ask(await cast.head_of(), order, asked, now=clock.now())
    return number


async def test_a_return_upheld_goes_to_the_unit_that_was_suggested(officer: Hire) -> None:
    number = await returned()
    visitor = await officer("dispatcher")
    assert numbers((await visitor.get("/dispatch/returns")).text) == [number]
    pane = (await visitor.get(f"/dispatch/{number}/ruling", headers={"HX-Request": "true"})).text
    assert "楼前阀门后为开发商未移交管段" in pane
    lead = re.search(r'name="lead" value="(\d+)"', pane)[1]  # type: ignore[index]
    answer = await visitor.post(
        f"/dispatch/{number}/ruling", {"verdict": "uphold", "lead": lead, "reason": "管段未移交，住建牵头"}
    )
    assert answer.status_code == 303
    assert await db.fetchval("SELECT upheld FROM return_request")
    assert await cast.status(number) == "dispatched"


async def test_a_return_refused_goes_back_with_the_ruling(officer: Hire) -> None:
    number = await returned()
    visitor = await officer("dispatcher")
    short = await visitor.post(f"/dispatch/{number}/ruling", {"verdict": "refuse", "reason": "否"})
    assert (short.status_code, "写明为什么不成立" in short.text) == (422, True)
    assert (await visitor.post(f"/dispatch/{number}/ruling", {"reason": "没有选"})).status_code == 422
    answer = await visitor.post(
        f"/dispatch/{number}/ruling", {"verdict": "refuse", "reason": "目录明确由供热办主办"}
    )
    assert answer.status_code == 303
    assert await cast.status(number) == "handling"


async def test_who_is_on_a_ticket_hears_of_the_others_and_of_what_they_did(officer: Hire) -> None:
    number = (await registered())[0]
    bob, charlie = await officer("dispatcher"), await officer("dispatcher")
    await bob.post(f"/dispatch/{number}/presence")
    text = (await charlie.post(f"/dispatch/{number}/presence?seen=1")).text
    assert bob.officer.name in text
    await dispatch.dispatch_suggested(bob.officer, [number], now=clock.now())
    assert "派出" in (await charlie.get(f"/dispatch/{number}/presence?seen=1")).text
    await bob.client.delete(f"/dispatch/{number}/presence")
    assert bob.officer.name not in (await charlie.get(f"/dispatch/{number}/presence")).text


async def test_a_row_that_left_says_who_took_it(officer: Hire) -> None:
    number = (await registered())[0]
    bob = await officer("dispatcher")
    await dispatch.dispatch_suggested(bob.officer, [number], now=clock.now())
    said = (await (await officer("dispatcher")).get(f"/dispatch/moves?number={number}&number=x")).text
    assert f"{bob.officer.name} 已派出" in said


async def test_an_empty_queue_says_that_all_is_done(officer: Hire) -> None:
    assert "全部派完了" in (await (await officer("dispatcher")).get("/dispatch")).text
