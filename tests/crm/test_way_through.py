"""One ticket's way through the house, verb by verb, on a real database."""

from datetime import timedelta

import pytest

from core import db
from core.errors import Conflict, Denied, Invalid, NotFound, Refused
from crm.tickets import closing, dispatch, number, register, replay, replies, returns, signing
from crm.tickets.access import ticket_for
from crm.tickets.dispatch import Dispatch
from tests.crm import cast
from tests.crm.cast import (
    ALICE,
    BOB,
    CHARLIE,
    NOW,
    RUTH,
    SIMON,
    at_unit,
    dispatched,
    registered,
    replied,
    status,
)

pytestmark = pytest.mark.usefixtures("database")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_call_becomes_a_ticket_with_a_number_of_the_day() -> None:
    made = await registered()
    assert str(made).startswith("261124")
    assert number.read(str(made)) == made
    assert await status(made) == "received"


async def test_the_citizens_phone_name_and_address_are_sealed() -> None:
    made = await registered()
    row = await db.fetchrow(
        "SELECT t::text || c::text AS all FROM ticket t JOIN citizen c ON c.id = t.citizen WHERE t.id = $1",
        made,
    )
    assert "13800221234" not in row["all"]
    assert "张女士" not in row["all"]
    assert "6 号楼 2 门" not in row["all"]


async def test_the_same_phone_is_the_same_citizen() -> None:
    one, two = await registered(), await registered(phone="+86 138 0022 1234")
    citizens = await db.fetch("SELECT DISTINCT citizen FROM ticket WHERE id = ANY($1::bigint[])", [one, two])
    assert len(citizens) == 1


async def test_anonymous_callers_never_become_one_citizen() -> None:
    made = await registered(phone="", anonymous=True)
    assert await db.fetchval("SELECT citizen FROM ticket WHERE id = $1", made) is None


async def test_the_same_form_sent_twice_is_one_ticket() -> None:
    form = await cast.form()
    first = await register.register(ALICE, form, now=NOW, claim=("desk", "a-1"))
    again = await register.register(ALICE, form, now=NOW, claim=("desk", "a-1"))
    assert (again.number, again.repeated) == (first.number, True)
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("kind", "quarrel"), ("matter", "03"), ("matter", "999999"), ("content", "冷"), ("street", "1"), ("street", ""),
        ("urgency", "4"), ("urgency", "x"), ("phone", "12"), ("phone", ""),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named_and_nothing_is_written(field: str, given: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await cast.form(**{field: given})
    assert set(wrong.value.fields) == {field}
    assert await db.fetchval("SELECT count(*) FROM ticket") == 0


async def test_the_rule_dispatches_at_once_where_the_catalogue_is_sure() -> None:
    done = await register.register_and_dispatch(ALICE, await cast.form(), now=NOW)
    assert done.dispatched_to == "南开区供热办"
    assert await status(done.number) == "dispatched"


async def test_a_confidential_report_is_never_dispatched_by_the_rule() -> None:
    done = await register.register_and_dispatch(ALICE, await cast.form(kind="report"), now=NOW)
    assert await status(done.number) == "received"


async def test_sign_contact_and_close_start_together_at_dispatch() -> None:
    _made, order = await dispatched()
    row = await db.fetchrow(
        "SELECT sign_due_at, contact_due_at, close_due_at FROM work_order WHERE id = $1", order
    )
    assert [row[0] - NOW, row[1] - NOW, row[2] - NOW] == [30 * MINUTE, 4 * HOUR, 24 * HOUR]


async def test_signing_stops_the_sign_clock_and_the_unit_minds_first_contact() -> None:
    made, order = await dispatched()
    await signing.sign(await at_unit(), order, now=NOW + MINUTE)
    row = await db.fetchrow(
        "SELECT status, clock, clock_due_at, signed_at FROM work_order WHERE id = $1", order
    )
    assert (row["status"], row["clock"], row["clock_due_at"]) == ("handling", "contact", NOW + 4 * HOUR)
    assert await status(made) == "handling"


async def test_another_unit_can_neither_see_nor_sign() -> None:
    made, order = await dispatched()
    stranger = await at_unit("河西区城市管理委")
    with pytest.raises(NotFound):
        await signing.sign(stranger, order, now=NOW)
    with pytest.raises(NotFound):
        await ticket_for(stranger, made)


async def test_a_batch_signs_what_it_can_and_says_why_not() -> None:
    _one, first = await dispatched()
    _two, second = await dispatched()
    wang = await at_unit()
    await signing.sign(wang, first, now=NOW)
    done = await signing.sign_many(wang, [first, second], now=NOW)
    assert done.signed == (second,)
    assert set(done.refused) == {first}


async def test_a_reply_wants_the_citizen_contacted_first() -> None:
    _made, order = await dispatched()
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    with pytest.raises(Invalid) as wrong:
        await replies.reply(wang, order, replies.Reply("solved", "已经修好了，请您核对一下。"), now=NOW)
    assert set(wrong.value.fields) == {"contacted"}


async def test_closure_counts_from_the_reply_that_passed_review() -> None:
    made, _order = await replied()
    await replies.accept(RUTH, made, follow_up="must", ground="", now=NOW + 5 * HOUR)
    row = await db.fetchrow(
        "SELECT replied_at, accepted_at, follow_up_due_at FROM round WHERE ticket = $1", made
    )
    assert row["replied_at"] == NOW + 2 * HOUR
    assert row["follow_up_due_at"] == NOW + 29 * HOUR
    assert await status(made) == "follow_up"


async def test_a_rejected_reply_never_stopped_the_clock() -> None:
    made, order = await replied()
    await replies.send_back(RUTH, made, defect="D2", note="", now=NOW + 3 * HOUR)
    row = await db.fetchrow(
        "SELECT status, replied_at, clock, clock_due_at FROM work_order WHERE id = $1", order
    )
    assert tuple(row) == ("handling", None, "close", NOW + 24 * HOUR)


async def test_the_whole_way_replays() -> None:
    made, _order = await replied()
    await replies.accept(RUTH, made, follow_up="must", ground="", now=NOW + 3 * HOUR)
    await closing.close(RUTH, made, solved="yes", satisfied=1, by_way="call", now=NOW + 4 * HOUR)
    assert await status(made) == "closed"
    assert [found async for found in replay.check()] == []


async def test_replay_notices_a_state_that_nobody_moved_it_to() -> None:
    made = await registered()
    await db.execute("UPDATE ticket SET status = 'closed' WHERE id = $1", made)
    assert [found.ticket async for found in replay.check()] == [made]


async def test_a_return_runs_on_against_the_unit_until_it_is_accepted() -> None:
    made, order = await dispatched()
    wang = await at_unit()
    await returns.ask(
        await cast.head_of(), order, returns.Return("R2", "楼前阀门后为开发商未移交管段"), now=NOW + MINUTE
    )
    assert await status(made) == "return_review"
    assert await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order) == NOW + 24 * HOUR
    other = await cast.unit_named("南开区住房建设委")
    await returns.accept(BOB, made, Dispatch(other, "管段未移交，住建牵头"), now=NOW + HOUR)
    assert await status(made) == "dispatched"
    assert await cast.order_status(order) == "returned"
    assert await db.fetchval("SELECT received_at FROM ticket WHERE id = $1", made) == NOW
    with pytest.raises(Refused):
        await signing.sign(wang, order, now=NOW + HOUR)


async def test_a_return_after_its_window_must_be_handled() -> None:
    _made, order = await dispatched()
    with pytest.raises(Refused, match="退单期限已过"):
        await returns.ask(
            await at_unit(), order, returns.Return("R1", "不在本区范围内"), now=NOW + 31 * MINUTE
        )


async def test_a_refused_return_goes_back_to_the_unit_as_signed() -> None:
    made, order = await dispatched()
    await returns.ask(await cast.head_of(), order, returns.Return("R3", "应由住建部门牵头"), now=NOW + MINUTE)
    await returns.refuse(BOB, made, ruling="目录明确由供热办主办", now=NOW + HOUR)
    assert (await status(made), await cast.order_status(order)) == ("handling", "handling")


async def test_reassigning_recalls_the_first_unit() -> None:
    made, order = await dispatched()
    other = await cast.unit_named("南开区住房建设委")
    await dispatch.dispatch(BOB, made, Dispatch(other, "电梯属维修资金范围"), now=NOW + HOUR)
    assert await cast.order_status(order) == "recalled"
    with pytest.raises(NotFound):
        await ticket_for(await at_unit(), made)


async def test_an_assist_has_its_own_clocks_and_reply_and_never_blocks_the_lead() -> None:
    made, lead = await dispatched(assists=("王顶堤街道办事处",))
    street = await at_unit("王顶堤街道办事处")
    assist = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1 AND part = 'assist'", made)
    assert await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", assist) == NOW + 16 * HOUR
    await signing.sign(street, assist, now=NOW)
    await replies.reply(
        street, assist, replies.Reply("", "已入户查看，确实不热，请供热站处理。"), now=NOW + HOUR
    )
    assert await cast.order_status(assist) == "replied"
    assert await cast.order_status(lead) == "dispatched"
    assert [found async for found in replay.check()] == []


async def test_redo_is_a_new_round() -> None:
    made, _order = await replied()
    await replies.accept(RUTH, made, follow_up="must", ground="", now=NOW + 3 * HOUR)
    await closing.redo(RUTH, made, cause="晚上又不热了，没有修好", now=NOW + 4 * HOUR)
    await dispatch.dispatch(
        BOB, made, Dispatch(await cast.unit_named("南开区供热办"), "重办：晚上又不热"), now=NOW + 5 * HOUR
    )
    rows = await db.fetch("SELECT round FROM work_order WHERE ticket = $1 ORDER BY id", made)
    assert [row["round"] for row in rows] == [1, 2]
    assert await db.fetchval("SELECT received_at FROM ticket WHERE id = $1", made) == NOW
    assert [found async for found in replay.check()] == []


async def test_who_comes_second_hears_who_was_first() -> None:
    made = await registered()
    unit = await cast.unit_named("南开区供热办")
    await dispatch.dispatch(BOB, made, Dispatch(unit, "派单目录 0301 × 南开区"), now=NOW, seen=1)
    with pytest.raises(Conflict) as first:
        await dispatch.dispatch(CHARLIE, made, Dispatch(unit, "派单目录 0301 × 南开区"), now=NOW, seen=1)
    assert first.value.by == "Bob"
    assert [change.field for change in first.value.changes] == ["派出"]


async def test_an_appended_call_does_not_disturb_a_dispatcher() -> None:
    made = await registered()
    await closing.append(ALICE, made, content="市民补充：还有产妇", call=None, now=NOW)
    await dispatch.dispatch(
        BOB, made, Dispatch(await cast.unit_named("南开区供热办"), "派单目录 0301 × 南开区"), now=NOW, seen=1
    )
    assert await status(made) == "dispatched"


async def test_two_dispatchers_never_claim_the_same_ticket() -> None:
    made = [await registered(), await registered()]
    claimed = [
        await dispatch.claim_next(BOB),
        await dispatch.claim_next(CHARLIE),
        await dispatch.claim_next(BOB),
    ]
    assert sorted(claimed[:2]) == sorted(made)
    assert claimed[2] is None


async def test_a_claimed_ticket_is_not_dispatched_by_another() -> None:
    made = await registered()
    await dispatch.claim(BOB, made)
    with pytest.raises(Conflict, match="Bob正在办这张单"):
        await dispatch.dispatch(
            CHARLIE, made, Dispatch(await cast.unit_named("南开区供热办"), "理由充分写明"), now=NOW
        )


async def test_an_agent_cannot_dispatch() -> None:
    made = await registered()
    with pytest.raises(Denied):
        await dispatch.dispatch(
            ALICE, made, Dispatch(await cast.unit_named("南开区供热办"), "理由充分写明"), now=NOW
        )


async def test_confidential_tickets_are_not_there_for_those_not_named() -> None:
    made = await registered(kind="report")
    with pytest.raises(NotFound):
        await ticket_for(BOB, made)
    assert (await ticket_for(SIMON, made)).confidential


async def test_a_matter_for_departments_only_is_not_pushed_to_a_street() -> None:
    matter = await db.fetchval("SELECT code FROM matter WHERE no_push_down AND leaf ORDER BY code LIMIT 1")
    made = await registered(matter=matter)
    street = await cast.unit_named("王顶堤街道办事处")
    with pytest.raises(Invalid) as wrong:
        await dispatch.dispatch(SIMON, made, Dispatch(street, "请街道办理此事"), now=NOW)
    assert set(wrong.value.fields) == {"lead"}


async def test_withdrawing_takes_the_order_from_the_unit() -> None:
    made, order = await dispatched()
    await closing.withdraw(ALICE, made, ground="市民来电说已经自己解决", now=NOW + HOUR)
    assert (await status(made), await cast.order_status(order)) == ("withdrawn", "cancelled")
    assert [found async for found in replay.check()] == []


async def test_new_facts_bring_a_closed_ticket_back_to_the_dispatchers() -> None:
    made, _order = await replied()
    await replies.accept(RUTH, made, follow_up="none", ground="匿名，无号码", now=NOW + 3 * HOUR)
    await closing.reopen(ALICE, made, facts="昨晚又停暖了，有新照片", now=NOW + 4 * HOUR)
    assert await status(made) == "received"
    assert [found async for found in replay.check()] == []


async def test_each_party_that_the_table_names_is_to_be_told_once() -> None:
    made, order = await dispatched()
    rows = await db.fetch(
        "SELECT verb, party, work_order FROM notice_due WHERE ticket = $1 ORDER BY event, party", made
    )
    assert [tuple(row) for row in rows] == [
        ("register", "citizen", None), ("dispatch", "citizen", None), ("dispatch", "unit", order)
    ]  # fmt: skip
