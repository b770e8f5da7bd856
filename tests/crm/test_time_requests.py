"""延期 and 挂起 through their verbs: the ledger, the stored moments, who may, how often."""

from datetime import timedelta

import pytest

from core import db
from core.errors import Denied, Invalid, Refused
from core.fields import schema
from crm.tickets import dispatch, extensions, holds, signing
from crm.tickets.hotline import HOTLINE
from tests.crm.cast import (
    BOB,
    NOW,
    SIMON,
    at_unit,
    dispatched,
    order_status,
    registered,
    status,
    unit_named,
)

pytestmark = pytest.mark.usefixtures("database")
ASK = extensions.Ask("works", 3, "配件 11 月 27 日到货，29 日前更换完成。", "call")


async def in_hand(**changes: object) -> tuple[int, int]:
    number, order = await dispatched(**changes)  # type: ignore[arg-type]
    wang = await at_unit()
    await signing.sign(wang, order, now=NOW)
    await signing.contact(wang, order, how="call", reached=True, note="", now=NOW)
    return number, order


async def due(order: int) -> object:
    return await db.fetchval("SELECT close_due_at FROM work_order WHERE id = $1", order)


async def test_an_extension_moves_the_due_moment_and_keeps_the_first() -> None:
    number, order = await in_hand(urgency=3)
    first = await due(order)
    await extensions.ask(await at_unit(), order, ASK, now=NOW)
    assert await due(order) == first
    await extensions.grant(BOB, number, extensions.Grant(2, "同意"), now=NOW)
    row = await db.fetchrow("SELECT * FROM work_order WHERE id = $1", order)
    assert row["close_due_at"] > first
    assert (row["first_due_at"], row["extensions"]) == (first, 1)
    assert await db.fetchval("SELECT due_at FROM ticket WHERE id = $1", number) == row["close_due_at"]


async def test_p1_has_no_extension_and_p3_only_one() -> None:
    _number, order = await in_hand(urgency=1)
    with pytest.raises(Refused, match="P1"):
        await extensions.ask(await at_unit(), order, ASK, now=NOW)
    number, order = await in_hand(urgency=3, content="另一件：楼道灯不亮，已经三天，老人上下楼不安全。")
    await extensions.ask(await at_unit(), order, ASK, now=NOW)
    await extensions.grant(BOB, number, extensions.Grant(3, "同意"), now=NOW)
    with pytest.raises(Refused, match="用完"):
        await extensions.ask(await at_unit(), order, ASK, now=NOW)


async def test_the_second_of_p4_is_the_supervisors() -> None:
    number = await registered()
    hard = dispatch.Dispatch(await unit_named("南开区供热办"), "疑难件，经批准按 P4 办理", urgency=4)
    await dispatch.dispatch(BOB, number, hard, now=NOW)
    order = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1", number)
    await signing.sign(await at_unit(), order, now=NOW)
    for officer in (BOB, SIMON):
        await extensions.ask(await at_unit(), order, ASK, now=NOW)
        if officer is SIMON:
            with pytest.raises(Denied):
                await extensions.grant(BOB, number, extensions.Grant(3, "同意"), now=NOW)
        await extensions.grant(officer, number, extensions.Grant(3, "同意"), now=NOW)
    assert await db.fetchval("SELECT extensions FROM work_order WHERE id = $1", order) == 2


async def test_nobody_asks_once_it_is_due_or_for_too_much_or_twice() -> None:
    _number, order = await in_hand(urgency=3)
    wang = await at_unit()
    with pytest.raises(Invalid):
        await extensions.ask(
            wang, order, extensions.Ask("works", 50, "说明说明说明说明说明", "call"), now=NOW
        )
    await extensions.ask(wang, order, ASK, now=NOW)
    with pytest.raises(Refused, match="等热线裁定"):
        await extensions.ask(wang, order, ASK, now=NOW)
    _number, order = await in_hand(urgency=3, content="再一件：下水道堵塞，污水外溢，影响整栋楼的住户。")
    with pytest.raises(Refused, match="已到"):
        await extensions.ask(wang, order, ASK, now=NOW + timedelta(days=60))


async def test_a_hold_pauses_until_its_date_and_wakes_by_itself() -> None:
    number, order = await in_hand(urgency=2)
    before = await due(order)
    until = NOW + timedelta(days=3)
    await holds.ask(
        await at_unit(), order, holds.Ask("legal", until, "等法院裁定后恢复供热，已附通知。"), now=NOW
    )
    assert await status(number) == "handling"
    await holds.grant(BOB, number, holds.Grant(until, "同意"), now=NOW)
    assert (await status(number), await order_status(order)) == ("suspended", "suspended")
    assert await db.fetchval("SELECT due_at FROM ticket WHERE id = $1", number) is None
    assert not await holds.wake_next(now=until - timedelta(minutes=1))
    assert await holds.wake_next(now=until)
    assert (await status(number), await order_status(order)) == ("handling", "handling")
    assert await due(order) == before + (until - NOW)  # type: ignore[operator]


async def test_waiting_for_the_citizen_has_its_own_limit() -> None:
    _number, order = await in_hand(urgency=3)
    form = holds.Ask("citizen", NOW + timedelta(days=30), "请市民提供发票和产权证明复印件。")
    with pytest.raises(Invalid, match="7"):
        await holds.ask(await at_unit(), order, form, now=NOW)


def test_the_hotline_itself_may_resume_but_not_grant() -> None:
    assert HOTLINE.can("ticket.auto")
    assert not HOTLINE.can("ticket.dispatch", "ticket.supervise")


def test_a_form_tells_its_schema() -> None:
    told = schema(extensions.Ask)
    assert told["required"] == ["ground", "amount", "note", "told"]
    assert told["properties"]["ground"]["enum"] == list(extensions.GROUND)
