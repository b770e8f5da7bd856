"""派单: who must act, and by when. Sign and close start together, now.

Also 改派 (another unit while one is on it) and the redo's dispatch; a return's acceptance shares `plan`.
Dispatchers claim a ticket first, so that two never work on the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import clock, db
from core.db import tx
from core.errors import Conflict, Invalid, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets import clocks_of, escalating, move, passing_down, secrecy
from crm.tickets.access import TicketRow, ticket_for, tickets_for, visible
from crm.tickets.states import BY_NAME, Status
from crm.tickets.words import status_word
from routing.catalogue import Suggestion, lead_for
from routing.rulebook import Rulebook, rulebook

#: How long a claim holds without a sign of life; real time.
CLAIM = timedelta(minutes=10)
SHORTEST_REASON = 5
#: Below this a suggestion is never dispatched without a dispatcher.
SURE = 85
#: Below this it is not sent in bulk either: somebody has to look at each.
LIKELY = 75
_QUEUED = (Status.RECEIVED, Status.REDO)
_MOVE = {
    Status.RECEIVED: "dispatch",
    Status.REDO: "dispatch_redo",
    Status.DISPATCHED: "reassign",
    Status.HANDLING: "reassign",
    Status.SUSPENDED: "reassign",
}


@dataclass(frozen=True)
class Dispatch:
    """Where a ticket shall go: unit ids, the reason the unit reads, the catalogue line it rests on."""

    lead: int
    reason: str
    assists: tuple[int, ...] = ()
    note: str = ""
    line: str = ""
    urgency: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a dispatch will write."""

    orders: Sequence[move.NewOrder]
    ticket_set: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True)
class Foreseen:
    """What a bulk dispatch will do: tickets with their dispatch, and why the others will stay."""

    going: tuple[tuple[TicketRow, Dispatch], ...]
    kept: dict[int, str]


@dataclass(frozen=True)
class Batch:
    """What became of a bulk dispatch: numbers that went out, and why others did not."""

    sent: tuple[int, ...]
    kept: dict[int, str]


async def dispatch(
    officer: Officer, number: int, form: Dispatch, *, now: datetime, seen: int | None = None, as_: str = ""
) -> move.Moved:
    """Send the ticket to its lead and assists, by the move that fits its state or, where the caller named one, `as_`.
    Raises Invalid, Conflict (claimed or moved by another), NotFound."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        if as_:
            move.check_state(BY_NAME[as_], ticket, None)
        _check_claim(ticket, officer)
        planned = await plan(ticket, form, officer, now)
        return await move.make(
            t, as_ or _MOVE.get(ticket.status, "dispatch"), ticket, by=officer, now=now, seen=seen,
            ticket_set=planned.ticket_set, new_orders=planned.orders, data=planned.data,
        )  # fmt: skip


async def foresee(officer: Officer, numbers: Sequence[int], *, now: datetime) -> Foreseen:
    """What `dispatch_suggested` would do now: the same checks, nothing written."""
    tickets = await tickets_for(officer, numbers)
    going: list[tuple[TicketRow, Dispatch]] = []
    kept: dict[int, str] = {}
    for number in dict.fromkeys(numbers):
        ticket = tickets.get(number)
        if ticket is None:
            kept[number] = _("没有这张单，或者您无权看。")
            continue
        found = await lead_for(ticket.matter, ticket.street, clock.local(now).date())
        if why := _why_kept(ticket, officer, found):
            kept[number] = why
        else:
            going.append((ticket, await suggested(ticket, now)))
    return Foreseen(tuple(going), kept)


async def dispatch_suggested(officer: Officer, numbers: Sequence[int], *, now: datetime) -> Batch:
    """Bulk: each ticket to the unit its catalogue line names, in a transaction of its own."""
    plan = await foresee(officer, numbers, now=now)
    sent: list[int] = []
    kept = dict(plan.kept)
    for ticket, form in plan.going:
        try:
            async with tx(apart=True):
                await dispatch(officer, ticket.id, form, now=now, seen=ticket.version)
            sent.append(ticket.id)
        except Refused as reason:
            kept[ticket.id] = reason.message
    return Batch(tuple(sent), kept)


def _why_kept(ticket: TicketRow, officer: Officer, found: Suggestion | None) -> str:
    if ticket.status not in _QUEUED:
        return _("现在是“{status}”，已经不在待派队列。").format(status=status_word(ticket.status))
    if claimed_by_another(ticket, officer):
        return _("{name}已领，正在办。").format(name=ticket.claimed_name)
    if ticket.confidential:
        return _("保密件请逐件指定单位。")
    if found is None:
        return _("目录没有给出单位，请自己选承办单位。")
    if found.confidence < LIKELY:
        return _("把握低（{percent}%），请逐件核对。").format(percent=found.confidence)
    return ""


async def suggested(ticket: TicketRow, now: datetime) -> Dispatch:
    """The dispatch that the catalogue suggests. Raises Refused where it names nobody."""
    found = await lead_for(ticket.matter, ticket.street, clock.local(now).date())
    if found is None or ticket.confidential:
        raise Refused(_("目录没有给出单位，请自己选承办单位。"), code="no_suggestion")
    return Dispatch(found.unit_id, found.reason, tuple(found.assists), line=found.line_code)


async def plan(
    ticket: TicketRow, form: Dispatch, officer: Officer, now: datetime, *, book: Rulebook | None = None
) -> Plan:
    """Check the units and set the clocks; by another `book` than today's for old records. Raises Invalid with a
    message per field."""
    book = book or await rulebook()
    wrong: dict[str, str] = {}
    today = clock.local(now).date()
    lead = book.units.get(form.lead)
    if lead is None or not lead.open_on(today):
        wrong["lead"] = _("从列表里选一个现有的承办单位。")
    if any(unit not in book.units or not book.units[unit].open_on(today) for unit in form.assists):
        wrong["assists"] = _("协办单位里有不存在或已撤销的，请重选。")
    elif form.lead in form.assists:
        wrong["assists"] = _("主办单位不用再列为协办。")
    if len(form.reason.strip()) < SHORTEST_REASON:
        wrong["reason"] = _(
            "写明为什么派给该单位，至少 {n} 个字，例如“电梯属维修资金范围，住建牵头”。"
        ).format(n=SHORTEST_REASON)
    if form.urgency is not None and form.urgency not in (1, 2, 3, 4):
        wrong["urgency"] = _("紧急程度只有 P1 至 P4。")
    if rule := passing_down.no_push_down(book, ticket, form.lead):
        wrong["lead"] = rule
    wrong |= await secrecy.check_targets(ticket, (form.lead, *form.assists))
    if wrong:
        raise Invalid(wrong)
    urgency = form.urgency or ticket.urgency
    further = ticket.status is Status.REDO
    clocks = clocks_of.start(book, ticket.kind, urgency, now, close="redo" if further else "close")
    shared = {
        "reason": form.reason.strip(), "catalogue_line": form.line, "note": form.note.strip(),
        "dispatched_at": now, "dispatched_by": officer.id, "dispatched_by_name": officer.name,
    }  # fmt: skip
    escalates = {"escalate_at": escalating.first_at(urgency, clocks.lead["sign_due_at"], now)}
    orders = [move.NewOrder(form.lead, "lead", {**shared, **clocks.lead, **escalates}, clocks.ledger)]
    orders += [
        move.NewOrder(unit, "assist", {**shared, **clocks.assist}, clocks.assist_ledger)
        for unit in form.assists
    ]
    return Plan(
        orders,
        {
            "lead_unit": form.lead, "urgency": urgency, "due_at": clocks.lead["close_due_at"],
            "claimed_by": None, "claimed_name": "", "claimed_at": None, "dispatch_due_at": None,
        },
        {
            "lead": form.lead, "lead_name": book.units[form.lead].name, "assists": list(form.assists),
            "reason": form.reason.strip(), "note": form.note.strip(), "line": form.line,
        },
    )  # fmt: skip


async def claim_next(officer: Officer, *, where: str = "TRUE", args: Sequence[Any] = ()) -> int | None:
    """Take and lock the most urgent unclaimed ticket of the queue in one step; None when it is empty.

    `where` narrows to the dispatcher's filter (a condition on `ticket t`, arguments from $4).
    """
    now = clock.real_now()
    condition, more = visible(officer, 4 + len(args))
    async with tx() as t:
        row = await t.fetchrow(
            f"""UPDATE ticket SET claimed_by = $1, claimed_name = $2, claimed_at = $3 WHERE id = (
                    SELECT t.id FROM ticket t WHERE t.status IN ('received', 'redo')
                    AND (t.claimed_by IS NULL OR t.claimed_at < $3::timestamptz - interval '10 minutes')
                    AND ({where}) AND {condition}
                    ORDER BY t.dispatch_due_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING id, status""",
            officer.id, officer.name, now, *args, *more,
        )  # fmt: skip
        if row is None:
            return None
        t.changed(f"ticket:{row['id']}", f"queue:{row['status']}")
        return int(row["id"])


async def keep_claim(officer: Officer, number: int) -> None:
    """A sign of life: the claim, if it is this officer's, holds for another while."""
    await db.execute(
        "UPDATE ticket SET claimed_at = $3 WHERE id = $1 AND claimed_by = $2", number, officer.id, clock.real_now()
    )  # fmt: skip


async def claim(officer: Officer, number: int) -> None:
    """Take this one. Raises Conflict when another dispatcher holds it."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        _check_claim(ticket, officer)
        await t.execute(
            "UPDATE ticket SET claimed_by = $2, claimed_name = $3, claimed_at = $4 WHERE id = $1",
            number, officer.id, officer.name, clock.real_now(),
        )  # fmt: skip
        t.changed(f"ticket:{number}", f"queue:{ticket.status}")


async def put_back(officer: Officer, number: int) -> None:
    """Give the claim up, so that others may take the ticket."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        await t.execute(
            "UPDATE ticket SET claimed_by = NULL, claimed_name = '', claimed_at = NULL WHERE id = $1 AND claimed_by = $2",
            number, officer.id,
        )  # fmt: skip
        t.changed(f"ticket:{number}", f"queue:{ticket.status}")


def claimed_by_another(ticket: TicketRow, officer: Officer) -> bool:
    held = ticket.claimed_at is not None and clock.real_now() - ticket.claimed_at < CLAIM
    return held and ticket.claimed_by != officer.id


def _check_claim(ticket: TicketRow, officer: Officer) -> None:
    if claimed_by_another(ticket, officer):
        raise Conflict(_("{name}正在办这张单。").format(name=ticket.claimed_name), by=ticket.claimed_name)
