"""The unit's answer (答复) and its review (审核). 办结 counts from `replied_at` of the reply that passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.db import tx
from core.errors import Invalid, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets import assists, clocks_of, merged_follow_up, move
from crm.tickets.access import order_for, ticket_for
from crm.tickets.states import BY_NAME
from crm.tickets.words import DEFECT, FOLLOW_UP, RESULT
from routing.rulebook import rulebook

SHORTEST_REPLY = 10


@dataclass(frozen=True)
class Reply:
    """What a lead answers the citizen: one of the result codes and the text."""

    result: str
    answer: str


def check(form: Reply) -> Reply:
    """Raises Invalid with a message per field."""
    wrong: dict[str, str] = {}
    if form.result not in RESULT:
        wrong["result"] = _("选一个办理结果：已解决、部分解决、已解释或暂时不能解决。")
    if len(form.answer.strip()) < SHORTEST_REPLY:
        wrong["answer"] = _("写给市民的答复至少 {n} 个字：做了什么、结果如何、还有什么。").format(
            n=SHORTEST_REPLY
        )
    if wrong:
        raise Invalid(wrong)
    return Reply(form.result, form.answer.strip())


async def reply(
    officer: Officer, order_id: int, form: Reply, *, now: datetime, seen: int | None = None, as_: str = ""
) -> move.Moved:
    """Hand the reply in for review; the close clock stops if the review passes it. An assist gives its input;
    `as_`: the move, where the caller named one."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        if as_:
            move.check_state(BY_NAME[as_], ticket, order)
        if order.part == "assist":
            if len(form.answer.strip()) < SHORTEST_REPLY:
                raise Invalid({"answer": _("协办意见至少 {n} 个字。").format(n=SHORTEST_REPLY)})
            return await move.make(
                t, "reply_assist", ticket, by=officer, now=now, order=order, order_seen=seen,
                order_set={"replied_at": now, "reply": form.answer.strip(), **clocks_of.RESTING},
                data={"answer": form.answer.strip()},
            )  # fmt: skip
        answer = check(form)
        if order.contacted_at is None and clocks_of.is_to_be_contacted(ticket):
            raise Invalid({"contacted": _("先联系市民并记录，再写答复。")})
        missing = await assists.without(t, ticket.id, ticket.round)
        return await move.make(
            t, "reply", ticket, by=officer, now=now, order=order, order_seen=seen,
            ticket_set={"replied_at": now},
            order_set={
                "replied_at": now, "result": answer.result, "reply": answer.answer, "defect": "", **clocks_of.RESTING,
            },
            ledger=("close", "stop"),
            data={
                "result": answer.result, "answer": answer.answer,
                **({"without": [row["unit_name"] for row in missing]} if missing else {}),
            },
        )  # fmt: skip


async def send_back(
    officer: Officer, number: int, *, defect: str, note: str, now: datetime, seen: int | None = None
) -> move.Moved:
    """审核退回: the clock goes on as if the reply had never been handed in."""
    if defect not in DEFECT:
        raise Invalid({"defect": _("选一个退回原因。")})
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        order = await clocks_of.lead_order(t, ticket)
        return await move.make(
            t, "send_back", ticket, by=officer, now=now, seen=seen, order=order,
            ticket_set={"replied_at": None},
            order_set={"replied_at": None, "defect": defect, **await clocks_of.after_contact(ticket, order, now)},
            ledger=("close", "unstop"),  # a rejected reply never stopped the clock
            data={"defect": defect, "note": note},
        )  # fmt: skip


async def accept(
    officer: Officer, number: int, *, follow_up: str, ground: str, now: datetime, seen: int | None = None,
    marks: Mapping[int, int] | None = None,
) -> move.Moved:  # fmt: skip
    """审核通过: the round is done; the follow-up falls due, or the ticket closes with the ground for none.

    `marks`: assist order → what the reviewer thought of its input (`assists.MARK`).
    """
    assists.check_marks(marks or {})
    if follow_up not in FOLLOW_UP:
        raise Invalid({"follow_up": _("选是否回访：必访、抽访或不回访。")})
    if follow_up == "none" and len(ground.strip()) < 2:
        raise Invalid({"ground": _("写明为什么不回访，例如“匿名，无号码”。")})
    book = await rulebook()
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        if ticket.created_by is not None and follow_up == "must" and not ticket.phone_tail:
            raise Refused(_("没有留电话，无法回访。请选“不回访”并写明原因。"), code="no_phone")
        order = await clocks_of.lead_order(t, ticket)
        closing = follow_up == "none"
        due = None if closing else clocks_of.follow_up_due(book, ticket, now)
        moved = await move.make(
            t, "accept_and_close" if closing else "accept", ticket, by=officer, now=now, seen=seen, order=order,
            ticket_set={"due_at": due, **({"closed_at": now} if closing else {})},
            data={
                "follow_up": follow_up, "ground": ground,
                **({"marks": {str(order): mark for order, mark in marks.items()}} if marks else {}),
            },
        )  # fmt: skip
        await assists.write_marks(t, ticket, marks or {})
        await t.execute(
            """UPDATE round SET replied_at = w.replied_at, accepted_at = $3, follow_up = $4, follow_up_ground = $5,
                   follow_up_due_at = $6
               FROM work_order w WHERE round.ticket = $1 AND round.no = $2 AND w.id = $7""",
            ticket.id, ticket.round, now, follow_up, ground.strip(), due, order.id,
        )  # fmt: skip
        if ticket.merged_count:
            await merged_follow_up.need(
                t, ticket.id, follow_up=follow_up, ground=ground.strip(), due=due, now=now
            )
        return moved
