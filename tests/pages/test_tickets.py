"""The ticket's own page and the search box, over HTTP."""

import pytest

from core import db, privacy
from crm.tickets import number
from tests.crm.cast import dispatched, registered, replied, status

pytestmark = pytest.mark.usefixtures("database")


async def test_the_page_shows_the_whole_number_once_the_story_and_why_it_is_due(officer) -> None:  # type: ignore[no-untyped-def]
    made, _order = await dispatched()
    alice = await officer("agent")
    html = (await alice.get(f"/tickets/{made}")).text
    shown = number.show(made)
    assert f">{shown}<" in html
    for words in ("待签收", "南开区供热办", "派单目录 0301 × 南开区", "限 24 小时", "办结：为什么"):
        assert words in html


async def test_the_citizens_number_is_masked(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice = await officer("agent")
    html = (await alice.get(f"/tickets/{made}")).text
    assert "13800221234" not in html
    assert privacy.mask_phone("+8613800221234") in html


async def test_unmasking_wants_a_right_and_a_reason_and_is_logged(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice, simon = await officer("agent"), await officer("supervisor")
    assert (await alice.post(f"/tickets/{made}/phone", {"reason": "市民要求回电"})).status_code == 403
    assert (await simon.post(f"/tickets/{made}/phone", {"reason": ""})).status_code == 422
    answer = await simon.post(f"/tickets/{made}/phone", {"reason": "市民要求回电"})
    assert "13800221234" in answer.text
    row = await db.fetchrow(
        "SELECT what, reason FROM view_log WHERE subject = $1 AND what = 'phone'", f"ticket:{made}"
    )
    assert tuple(row) == ("phone", "市民要求回电")


async def test_outsiders_cannot_tell_whether_a_ticket_exists(officer) -> None:  # type: ignore[no-untyped-def]
    secret = await registered(kind="report")
    bob = await officer("dispatcher")
    there, nowhere = await bob.get(f"/tickets/{secret}"), await bob.get("/tickets/2611240604027")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert str(secret) not in there.text


async def test_opening_a_confidential_ticket_is_remembered(officer) -> None:  # type: ignore[no-untyped-def]
    secret = await registered(kind="report")
    simon = await officer("supervisor", named=True)
    assert (await simon.get(f"/tickets/{secret}")).status_code == 200
    assert await db.fetchval(
        "SELECT count(*) FROM view_log WHERE subject = $1 AND what = 'confidential'", f"ticket:{secret}"
    )


async def test_what_is_too_short_comes_back_beside_its_field_with_what_was_typed(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice = await officer("agent")
    answer = await alice.post(f"/tickets/{made}/additions", {"content": "冷"})
    assert answer.status_code == 422
    assert "写下市民补充了什么" in answer.text
    assert ">\n冷</textarea>" in answer.text


async def test_a_closed_ticket_comes_back_with_new_facts(officer) -> None:  # type: ignore[no-untyped-def]
    from datetime import timedelta

    from crm.tickets import replies
    from tests.crm.cast import NOW, RUTH

    made, _order = await replied()
    await replies.accept(RUTH, made, follow_up="none", ground="匿名，无号码", now=NOW + timedelta(hours=3))
    alice = await officer("agent")
    answer = await alice.post(f"/tickets/{made}/reopening", {"facts": "昨晚又停暖了", "version": "6"})
    assert answer.status_code == 303
    assert await status(made) == "received"


async def test_somebody_else_on_the_ticket_is_named(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice, ruth = await officer("agent"), await officer("reviewer")
    assert (await alice.get(f"/tickets/{made}/presence")).text.strip() == ""
    assert f"{alice.officer.name}正在看本单" in (await ruth.get(f"/tickets/{made}/presence")).text


async def test_the_search_box_opens_a_whole_number_and_lists_the_rest(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice = await officer("agent")
    assert (await alice.get(f"/search?q={made}")).headers["location"] == f"/tickets/{made}"
    html = (await alice.get("/search?q=暖气不热")).text
    assert f"/tickets/{made}" in html
    nothing = await alice.get("/search?q=没有这样的字&status=closed")
    assert (nothing.status_code, "没有找到符合的工单" in nothing.text) == (200, True)
    assert "去掉状态筛选再查" in nothing.text


async def test_a_page_of_five_rows_asks_as_often_as_one_of_fifty(officer) -> None:  # type: ignore[no-untyped-def]
    from tests.pages.counting import counted

    alice = await officer("agent")
    for _n in range(5):
        await registered()
    await alice.get("/search")
    async with counted() as few:
        await alice.get("/search")
    for _n in range(45):
        await registered()
    async with counted() as many:
        await alice.get("/search")
    assert many.n == few.n > 0


async def test_a_unit_reads_a_shortened_name(officer) -> None:  # type: ignore[no-untyped-def]
    made, _order = await dispatched(name="张建国")
    wang, alice = await officer("unit_handler", "D120104-GR"), await officer("agent")
    assert "张建国" not in (await wang.get(f"/tickets/{made}")).text
    assert "张建国" in (await alice.get(f"/tickets/{made}")).text


async def test_an_addition_that_is_too_long_comes_back_and_is_not_kept(officer) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice = await officer("agent")
    answer = await alice.post(f"/tickets/{made}/additions", {"content": "长" * 2001})
    assert answer.status_code == 422
    assert "长" * 2001 in answer.text
    assert not await db.fetchval("SELECT count(*) FROM ticket_event WHERE verb = 'append'")


@pytest.mark.parametrize("version", ["²", "9" * 40, "-1", "x"])
async def test_a_version_that_is_none_is_no_fault_of_ours(officer, version: str) -> None:  # type: ignore[no-untyped-def]
    made = await registered()
    alice = await officer("supervisor")
    answer = await alice.post(f"/tickets/{made}/withdrawal", {"ground": "", "version": version})
    assert answer.status_code == 422


async def test_a_move_renews_head_units_and_clocks_of_the_open_page(officer) -> None:  # type: ignore[no-untyped-def]
    made, _order = await dispatched()
    alice = await officer("agent")
    html = (await alice.get(f"/tickets/{made}")).text
    again = (await alice.get(f"/tickets/{made}/story")).text
    assert "hx-swap-oob" not in html
    for part in ("ticket-head", "ticket-units", "ticket-why"):
        assert html.count(f'id="{part}"') == 1
        assert f'id="{part}" hx-swap-oob="true"' in again
