"""超时未签，升级: nobody signed, so somebody else hears of it, step by step, until somebody does.

P1 and P2, at once: the unit's duty phone by SMS (its notice of the dispatch), by voice, its substitute, the office
above, the supervisor; then again from the voice call. P3 and P4, from the moment the signature is overdue: handler,
head, the office above, supervisor, by SMS. The wait between steps is the limit `escalate`. Each try is an event and a
`duty_call` row (`callbacks/duty.py` rings it); a key pressed on the phone means heard, not signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from core import clock, db
from core.db import Tx, tx
from core.errors import NotFound
from crm.tickets import clocks_of, move, secrecy
from crm.tickets.access import OrderRow, TicketRow, ticket_for
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import Status
from routing import units
from routing.limits import LimitMissing
from routing.rulebook import rulebook


@dataclass(frozen=True)
class Rung:
    """Whom a step reaches, and by what."""

    step: str  # handler head substitute district supervisor, as in `duty_call`
    channel: str  # sms voice


@dataclass(frozen=True)
class Reached:
    """Whose phone it is, for the story, and the sealed number; None where nobody left one. `office`: the unit, where
    `who` is nothing but its name."""

    who: str
    phone: bytes | None
    office: int | None = None


URGENT: Final = (
    Rung("handler", "sms"), Rung("handler", "voice"), Rung("substitute", "voice"), Rung("district", "voice"),
    Rung("supervisor", "voice"),
)  # fmt: skip
CALM: Final = (
    Rung("handler", "sms"),
    Rung("head", "sms"),
    Rung("district", "sms"),
    Rung("supervisor", "sms"),
)
#: How often the voice calls of P1 and P2 go round before only people can help.
ROUNDS: Final = 3
#: Where the limit is missing from the table; a gap there must not keep a whole city's duty phones silent.
WAIT: Final = timedelta(minutes=15)
#: Between these nobody is woken for P3 and P4.
QUIET_FROM, QUIET_TO = time(21), time(8)


def first_at(urgency: int, sign_due: datetime, now: datetime) -> datetime:
    """When the first step is taken for an order dispatched now: the column `escalate_at`."""
    return now if urgency <= 2 else sign_due


def rung(urgency: int, taken: int) -> Rung | None:
    """The step after `taken` others; None when all have been tried."""
    if urgency > 2:
        return CALM[taken] if taken < len(CALM) else None
    again = len(URGENT) - 1
    if taken > again * ROUNDS:
        return None
    return URGENT[taken] if taken == 0 else URGENT[1 + (taken - 1) % again]


async def escalate_next(*, now: datetime) -> bool:
    """Take the step that is due longest; False when none is."""
    row = await db.fetchrow(
        "SELECT id, ticket FROM work_order WHERE escalate_at <= $1 ORDER BY escalate_at, id LIMIT 1", now
    )
    if row is None:
        return False
    async with tx() as t:
        try:
            ticket = await ticket_for(HOTLINE, row["ticket"], to="change")
            order = await clocks_of.lead_order(t, ticket) if ticket.status is Status.DISPATCHED else None
        except NotFound:
            order = None
        standing = await t.fetchrow("SELECT escalation, escalate_at FROM work_order WHERE id = $1", row["id"])
        if order is None or order.id != row["id"]:
            await t.execute("UPDATE work_order SET escalate_at = NULL WHERE id = $1", row["id"])
        elif (
            standing["escalate_at"] is not None and standing["escalate_at"] <= now
        ):  # else another worker was first
            await _take(t, ticket, order, standing["escalation"], now)
    return True


async def again(t: Tx, ticket: int, now: datetime) -> None:
    """An unsigned lead order that came back to life: from the first step."""
    await t.execute(
        """UPDATE work_order w SET escalation = 0,
               escalate_at = CASE WHEN t.urgency <= 2 THEN $2 ELSE greatest(w.sign_due_at, $2) END
           FROM ticket t WHERE w.ticket = $1 AND t.id = w.ticket AND w.part = 'lead' AND w.status = 'dispatched'""",
        ticket, now,
    )  # fmt: skip


async def tries(number: int) -> list[Any]:
    """Every try of a ticket, the first first: `at`, `data` of its event, and what the call came to."""
    return await db.fetch(
        """SELECT e.at, e.work_order, e.data, d.outcome, d.done_at FROM ticket_event e
           LEFT JOIN duty_call d ON d.ticket = e.ticket AND d.id = (e.data->>'call')::bigint
           WHERE e.ticket = $1 AND e.verb = 'escalate' ORDER BY e.version""",
        number,
    )


async def _take(t: Tx, ticket: TicketRow, order: OrderRow, taken: int, now: datetime) -> None:
    """The next step with a phone behind it; those without are told of, not waited for. The first is always waited
    for: somebody may sign by themselves."""
    found: Reached | None = None
    skipped: list[str] = []
    while (one := rung(ticket.urgency, taken)) is not None and len(skipped) < len(URGENT):
        taken += 1
        found = await _reached(t, one.step, ticket, order, now)
        if taken == 1 or (found is not None and found.phone is not None):
            break
        skipped.append(one.step)
        found = None
    if found is None and not skipped:
        await t.execute("UPDATE work_order SET escalate_at = NULL WHERE id = $1", order.id)
        return
    await _note(t, ticket, order, one if found else None, found, taken, skipped, now)


async def _note(
    t: Tx, ticket: TicketRow, order: OrderRow, one: Rung | None, found: Reached | None, taken: int,
    skipped: list[str], now: datetime,
) -> None:  # fmt: skip
    """Write the try down, as an event and for those who ring; `one` None: nobody further has a phone."""
    before = await t.fetchval(
        """SELECT outcome FROM duty_call WHERE ticket = $1 AND work_order = $2 AND about = 'unsigned'
           ORDER BY id DESC LIMIT 1""",
        ticket.id, order.id,
    )  # fmt: skip
    has_phone = found is not None and found.phone is not None
    by_notice = taken == 1 and ticket.urgency <= 2
    call = await _call(t, one, found, order, now) if one and found and not (by_notice and has_phone) else None
    data = {
        "n": taken, "step": one.step if one else "", "channel": one.channel if one else "",
        "who": found.who if found else "", "office": found.office if found else None, "unit": order.unit, "skipped": list(dict.fromkeys(skipped)),
        "before": before or "", "call": call,
    }  # fmt: skip
    following = rung(ticket.urgency, taken) if one else None
    await move.make(
        t, "escalate", ticket, by=HOTLINE, now=now, order=order, data=data,
        order_set={"escalation": taken, "escalate_at": await _next_at(ticket, now) if following else None},
    )  # fmt: skip


async def _call(t: Tx, one: Rung, found: Reached, order: OrderRow, now: datetime) -> int:
    call: int = await t.fetchval(
        """INSERT INTO duty_call (ticket, work_order, about, step, channel, who, phone, due_at)
           VALUES ($1, $2, 'unsigned', $3, $4, $5, $6, $7) RETURNING id""",
        order.ticket, order.id, one.step, one.channel, found.who, found.phone, now,
    )  # fmt: skip
    return call


async def _next_at(ticket: TicketRow, now: datetime) -> datetime:
    try:
        at = clocks_of.due_of(await rulebook(), ticket, "escalate", now)
    except LimitMissing:
        at = now + WAIT
    return at if ticket.urgency <= 2 else _by_day(at)


def _by_day(at: datetime) -> datetime:
    """That moment, or the morning after it."""
    here = clock.local(at)
    if QUIET_TO <= here.time() < QUIET_FROM:
        return at
    day = here.date() + timedelta(days=1 if here.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_TO, here.tzinfo).astimezone(at.tzinfo)


# --- whose phone ---


async def _reached(t: Tx, step: str, ticket: TicketRow, order: OrderRow, now: datetime) -> Reached | None:
    today = clock.local(now).date()
    match step:
        case "handler":
            row = await t.fetchrow("SELECT id, name AS who, duty_phone FROM unit WHERE id = $1", order.unit)
        case "head":
            row = await t.fetchrow(
                """SELECT NULL::int AS id, a.name || '（' || u.name || '）' AS who, u.duty_phone
                   FROM post p JOIN account a ON a.id = p.account JOIN unit u ON u.id = p.unit
                   WHERE p.unit = $1 AND p.role = 'unit_head' AND a.active
                     AND coalesce(p.valid_from, $2) <= $2 AND coalesce(p.valid_to, $2) >= $2 ORDER BY p.id LIMIT 1""",
                order.unit, today,
            )  # fmt: skip
        case "substitute":
            row = await t.fetchrow(
                """SELECT NULL::int AS id, a.name || '（' || u.name || '）' AS who, u.duty_phone
                   FROM post p JOIN account a ON a.id = p.substitute JOIN post own ON own.account = a.id
                   JOIN unit u ON u.id = own.unit
                   WHERE p.unit = $1 AND p.substitute_from <= $2 AND p.substitute_to >= $2 AND a.active
                     AND coalesce(own.valid_from, $2) <= $2 AND coalesce(own.valid_to, $2) >= $2
                   ORDER BY u.duty_phone IS NULL, u.id = p.unit, p.id LIMIT 1""",
                order.unit, today,
            )  # fmt: skip
        case "district":
            row = await _above(t, ticket, order.unit)
        case _:
            row = await t.fetchrow(
                """SELECT id, name AS who, duty_phone FROM unit WHERE kind = 'hotline' AND coalesce(valid_to, $1) >= $1
                   ORDER BY duty_phone IS NULL, id LIMIT 1""",
                today,
            )  # fmt: skip
    return Reached(row["who"], row["duty_phone"], row["id"]) if row else None


async def _above(t: Tx, ticket: TicketRow, unit: int) -> Any:
    """The district's office above, else the nearest with a phone; never one that the ticket is about."""
    kept_out: frozenset[int] = frozenset()
    if ticket.has_accused:
        kept_out = await secrecy.barred(await secrecy.accused_of(t, ticket.id))
    nearest = [office.id for office in reversed(await units.above(unit)) if office.id not in kept_out]
    return await t.fetchrow(
        """SELECT id, name AS who, duty_phone FROM unit WHERE id = ANY($1::int[])
           ORDER BY duty_phone IS NULL, kind <> 'district', array_position($1::int[], id) LIMIT 1""",
        nearest,
    )  # fmt: skip
