"""How a ticket comes to rest, and how it comes back: close, redo, withdraw, reopen, append."""

from __future__ import annotations

from datetime import datetime

from core.db import tx
from core.errors import Invalid, Refused
from core.i18n import _
from core.officers import Officer
from crm import calls
from crm.tickets import clocks_of, holds, merging, move, urging
from crm.tickets.access import ticket_for
from crm.tickets.states import BY_NAME, RESTING, Status
from crm.tickets.words import SATISFIED, SOLVED, WITHDRAWAL
from routing.rulebook import rulebook

SHORTEST = 5


async def close(
    officer: Officer, number: int, *, solved: str, satisfied: int | None, by_way: str, now: datetime,
    seen: int | None = None,
) -> move.Moved:  # fmt: skip
    """回访办结: the citizen has been asked; their word is kept apart from the unit's."""
    check_word(solved, satisfied)
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        moved = await move.make(
            t, "close", ticket, by=officer, now=now, seen=seen, ticket_set={"closed_at": now, "due_at": None},
            data={"solved": solved, "satisfied": satisfied, **({"by": "sms"} if by_way == "sms" else {})},
        )  # fmt: skip
        await t.execute(
            """UPDATE round SET follow_up_at = $3, follow_up_by = $4, solved = $5, satisfied = $6
               WHERE ticket = $1 AND no = $2""",
            ticket.id, ticket.round, now, by_way, solved, satisfied,
        )  # fmt: skip
        return moved


async def redo(
    officer: Officer, number: int, *, cause: str, now: datetime, seen: int | None = None
) -> move.Moved:
    """重办: the citizen says it is not done; a new round, which the dispatcher sends out."""
    check_cause(cause)
    book = await rulebook()
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        moved = await move.make(
            t, "redo", ticket, by=officer, now=now, seen=seen,
            ticket_set={
                "round": ticket.round + 1, "replied_at": None, "due_at": None, "queued_at": now,
                "dispatch_due_at": clocks_of.dispatch_due(book, ticket.kind, ticket.urgency, now),
            },
            data={"cause": cause.strip()},
        )  # fmt: skip
        await t.execute(
            "UPDATE round SET follow_up_at = $3, follow_up_by = 'call', solved = 'no' WHERE ticket = $1 AND no = $2",
            ticket.id, ticket.round, now,
        )  # fmt: skip
        await t.execute(
            "INSERT INTO round (ticket, no, cause, opened_at) VALUES ($1, $2, $3, $4)",
            ticket.id, ticket.round + 1, cause.strip(), now,
        )  # fmt: skip
        return moved


async def withdraw(
    officer: Officer, number: int, *, ground: str, now: datetime, seen: int | None = None, code: str = "other"
) -> move.Moved:
    """撤诉, asked by the citizen, with a code; the units are told to stop. A merged ticket leaves its master alone."""
    if code not in WITHDRAWAL:
        raise Invalid({"code": _("选一个撤诉原因。")})
    _long_enough("ground", ground, _("写明市民怎样要求撤诉，至少 {n} 个字。"))
    async with tx() as t:
        await merging.lock(t, number)
        ticket = await ticket_for(officer, number, to="change")
        if ticket.merged_count:
            raise Refused(
                _("这张单名下已并入 {n} 张，请先分开，它们的市民还在等。").format(n=ticket.merged_count),
                code="master",
            )
        merged = ticket.status is Status.MERGED
        moved = await move.make(
            t, "withdraw_merged" if merged else "withdraw", ticket, by=officer, now=now, seen=seen,
            ticket_set={"due_at": None, "dispatch_due_at": None, "withdrawal": code, "merged_into": None},
            data={"code": code, "ground": ground.strip()},
        )  # fmt: skip
        if merged:
            await merging.leave(t, officer, number, ground.strip(), now)
        return moved


async def reopen(
    officer: Officer, number: int, *, facts: str, now: datetime, seen: int | None = None
) -> move.Moved:
    """New facts or an appeal on a ticket at rest: back to the dispatchers."""
    _long_enough("facts", facts, _("写明新情况，至少 {n} 个字。"))
    book = await rulebook()
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        moved = await move.make(
            t, "reopen", ticket, by=officer, now=now, seen=seen,
            ticket_set={
                "round": ticket.round + 1, "closed_at": None, "replied_at": None, "queued_at": now, "triage_at": None,
                "dispatch_due_at": clocks_of.dispatch_due(book, ticket.kind, ticket.urgency, now),
            },
            data={"facts": facts.strip()},
        )  # fmt: skip
        await t.execute(
            "INSERT INTO round (ticket, no, cause, opened_at) VALUES ($1, $2, $3, $4)",
            ticket.id, ticket.round + 1, facts.strip(), now,
        )  # fmt: skip
        return moved


async def append(
    officer: Officer, number: int, *, content: str, call: int | None, now: datetime
) -> move.Moved:
    """A further call or message joins the ticket; clocks do not move, but for a hold that waits for the citizen: it
    ends. On a ticket at rest it goes to triage. A call while somebody works on it urges them."""
    _long_enough("content", content, _("写下市民补充了什么，至少 {n} 个字。"))
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        if ticket.status is Status.ARCHIVED:
            raise Refused(_("这张单已归档，不再追加。请另立新单。"), code="archived")
        moved = await move.make(
            t, "append", ticket, by=officer, now=now, data={"content": content.strip(), "call": call},
            ticket_set={"triage_at": ticket.triage_at or now} if ticket.status in RESTING else {},
        )  # fmt: skip
        if call is not None:
            await t.execute(
                "INSERT INTO call_ticket (call, ticket, relation) VALUES ($1, $2, 'joined') ON CONFLICT DO NOTHING",
                call, ticket.id,
            )  # fmt: skip
            await calls.settle(call, "appended")
            if ticket.status in BY_NAME["urge"].sources:
                await urging.by_call(t, officer, number, content.strip(), now)
        await holds.answered(t, ticket, now)
        return moved


def check_word(solved: str, satisfied: int | None) -> None:
    """What the citizen said. Raises Invalid with a message per field."""
    wrong: dict[str, str] = {}
    if solved not in SOLVED:
        wrong["solved"] = _("选市民说的结果：已解决、部分解决或未解决。")
    if satisfied is not None and satisfied not in SATISFIED:
        wrong["satisfied"] = _("满意度从 1（非常满意）到 5（非常不满意）。")
    if wrong:
        raise Invalid(wrong)


def check_cause(cause: str) -> None:
    _long_enough("cause", cause, _("写明缺什么、为什么重办，至少 {n} 个字。"))


def _long_enough(field: str, text: str, message: str) -> None:
    if len(text.strip()) < SHORTEST:
        raise Invalid({field: message.format(n=SHORTEST)})
