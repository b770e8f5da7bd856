"""The reviewer's desk over HTTP: accept, send back, and what the citizen says."""

from __future__ import annotations

import pytest

from core import clock, db
from crm.tickets import replies
from tests.crm import cast
from tests.pages.counting import counted
from tests.people import Hire


async def test_the_pane_shows_request_reply_contacts_and_clocks(officer: Hire) -> None:
    number, _order = await cast.replied()
    visitor = await officer("reviewer")
    assert f'data-number="{number}"' in (await visitor.get("/review")).text
    pane = (await visitor.get(f"/review/{number}", headers={"HX-Request": "true"})).text
    for shown in ("室温 14 度", "2 号炉已修复点火", "已解决", "电话", "联系上", "按时"):
        assert shown in pane
    assert "13800221234" not in pane


@pytest.mark.parametrize("role", ["agent", "dispatcher", "unit_handler", "kb_editor"])
async def test_others_do_not_come_in(officer: Hire, role: str) -> None:
    number, _order = await cast.replied()
    visitor = await officer(role)
    for path in ("/review", f"/review/{number}"):
        assert (await visitor.get(path)).status_code == 403


async def test_accepting_makes_the_follow_up_fall_due(officer: Hire) -> None:
    number, _order = await cast.replied()
    answer = await (await officer("reviewer")).post(
        f"/review/{number}", {"verdict": "accept", "follow_up": "must"}
    )
    assert answer.status_code == 303
    row = await db.fetchrow("SELECT follow_up, follow_up_due_at FROM round WHERE ticket = $1", number)
    assert row["follow_up"] == "must"
    assert row["follow_up_due_at"] is not None


async def test_no_follow_up_needs_a_ground(officer: Hire) -> None:
    number, _order = await cast.replied()
    visitor = await officer("reviewer")
    answer = await visitor.post(f"/review/{number}", {"verdict": "accept", "follow_up": "none"})
    assert (answer.status_code, "写明为什么不回访" in answer.text) == (422, True)


async def test_without_a_phone_nobody_is_to_be_asked(officer: Hire) -> None:
    number, _order = await cast.replied(anonymous=True, phone="", name="")
    pane = (await (await officer("reviewer")).get(f"/review/{number}")).text
    assert 'value="none" checked' in pane
    assert "没有留电话，无法回访" in pane


async def test_sending_back_wants_a_defect_and_a_note_and_keeps_the_text(officer: Hire) -> None:
    number, _order = await cast.replied()
    visitor = await officer("reviewer")
    wrong = await visitor.post(f"/review/{number}", {"verdict": "send_back", "note": "缺图"})
    assert wrong.status_code == 422
    assert "有 2 处要改" in wrong.text
    assert "缺图" in wrong.text
    done = await visitor.post(
        f"/review/{number}", {"verdict": "send_back", "defect": "D6", "note": "请补修复后的照片"}
    )
    assert done.status_code == 303
    assert await cast.status(number) == "handling"


async def test_the_second_reviewer_hears_of_the_first(officer: Hire) -> None:
    number, _order = await cast.replied()
    seen = await db.fetchval("SELECT version FROM ticket WHERE id = $1", number)
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    answer = await (await officer("reviewer")).post(
        f"/review/{number}",
        {"verdict": "send_back", "defect": "D6", "note": "请补修复后的照片", "_seen": str(seen)},
    )
    assert answer.status_code == 409
    assert "Ruth先动了这张单" in answer.text


async def test_the_citizens_word_closes_the_ticket(officer: Hire) -> None:
    number, _order = await cast.replied()
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    visitor = await officer("reviewer")
    assert f'data-number="{number}"' in (await visitor.get("/review/follow-ups")).text
    assert (await visitor.post(f"/review/{number}/follow-up", {"verdict": "close"})).status_code == 422
    answer = await visitor.post(
        f"/review/{number}/follow-up", {"verdict": "close", "solved": "partly", "satisfied": "2"}
    )
    assert answer.status_code == 303
    row = await db.fetchrow("SELECT solved, satisfied, follow_up_by FROM round WHERE ticket = $1", number)
    assert tuple(row) == ("partly", 2, "call")
    assert await cast.status(number) == "closed"


async def test_a_redo_says_why(officer: Hire) -> None:
    number, _order = await cast.replied()
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    visitor = await officer("reviewer")
    assert (
        await visitor.post(f"/review/{number}/follow-up", {"verdict": "redo", "cause": "不"})
    ).status_code == 422
    await visitor.post(f"/review/{number}/follow-up", {"verdict": "redo", "cause": "晚上又不热了，没有修好"})
    assert await cast.status(number) == "redo"


async def test_the_number_is_shown_for_the_call_only_and_logged(officer: Hire) -> None:
    number, _order = await cast.replied()
    visitor = await officer("reviewer")
    assert (await visitor.post(f"/review/{number}/phone")).status_code == 409
    await replies.accept(cast.RUTH, number, follow_up="must", ground="", now=clock.now())
    assert "13800221234" in (await visitor.post(f"/review/{number}/phone")).text
    row = await db.fetchrow("SELECT what, subject, account FROM view_log")
    assert tuple(row) == ("phone", f"ticket:{number}", visitor.officer.id)


async def test_a_confidential_reply_is_masked_until_opened(officer: Hire) -> None:
    number, _order = await _confidential()
    assert "data-number" not in (await (await officer("reviewer")).get("/review")).text
    named = await officer("reviewer", named=True)
    for path in ("/review", f"/review/{number}"):
        text = (await named.get(path, headers={"HX-Request": "true"})).text
        assert "遮蔽" in text
        assert not [word for word in ("室温", "王顶堤", "2 号炉") if word in text]
    assert "2 号炉" in (await named.get(f"/review/{number}")).text
    assert await db.fetchval("SELECT what FROM view_log") == "confidential"


async def test_a_long_list_costs_no_more_questions(officer: Hire) -> None:
    visitor = await officer("reviewer")
    costs = []
    for more in (2, 6):
        for _reply in range(more):
            await cast.replied()
        await visitor.get("/review")
        async with counted() as cost:
            await visitor.get("/review")
        costs.append(len([s for s in cost.statements if "reference_version" not in s]))
    assert costs[0] == costs[1] > 0


async def _confidential() -> tuple[int, int]:
    """A reply to a matter that turned out to be confidential."""
    number, order = await cast.replied()
    await db.execute("UPDATE ticket SET confidential = true WHERE id = $1", number)
    return number, order
