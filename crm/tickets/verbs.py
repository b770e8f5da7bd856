"""Every verb there is. A module that makes moves lists its own in `verbs`; add the module here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import Invalid
from core.officers import Officer
from crm.tickets import (
    appealing,
    assists,
    birth_verbs,
    conferences,
    desk_verbs,
    emergency,
    extensions,
    holds,
    merging,
    move,
    passing_down,
    rerating,
    returns,
    secrecy,
    supervising,
    urging,
)
from crm.tickets.access import OrderRow, TicketRow, check_may, order_for, ticket_for
from crm.tickets.states import BY_NAME, allowed, order_after
from crm.tickets.verb import Verb

#: Modules with a `verbs` tuple, alphabetically.
PARTS = (
    appealing,
    assists,
    birth_verbs,
    conferences,
    desk_verbs,
    emergency,
    extensions,
    holds,
    merging,
    passing_down,
    rerating,
    returns,
    secrecy,
    supervising,
    urging,
)

VERBS: dict[str, Verb] = {verb.move: verb for part in PARTS for verb in part.verbs}


def offered(officer: Officer, ticket: TicketRow, order: OrderRow | None = None) -> list[Verb]:
    """The verbs to show as buttons: those of `possible` that no desk has a form of its own for."""
    return [verb for verb in possible(officer, ticket, order) if not verb.page]


def possible(officer: Officer, ticket: TicketRow, order: OrderRow | None = None) -> list[Verb]:
    """What may be done now: allowed by `MOVES` and fitting; with a unit's own `order` when it is given."""
    can = [VERBS[move.name] for move in allowed(ticket.status, officer.permissions) if move.name in VERBS]
    return [verb for verb in can if _fits(verb, officer, ticket, order)]


@asynccontextmanager
async def standing_first(officer: Officer, verb: Verb, subject: int) -> AsyncIterator[None]:
    """Whoever may not, or comes too late, hears that before what is wrong with the form.

    Around the reading of the form and `verb.do`; looks again only where the form is refused.
    """
    try:
        yield
    except Invalid:
        if verb.on == "order":
            ticket, order = await order_for(officer, subject)
        else:
            ticket, order = await ticket_for(officer, subject), None
        check_may(officer, BY_NAME[verb.move])
        move.check_state(BY_NAME[verb.move], ticket, order)
        raise


def _fits(verb: Verb, officer: Officer, ticket: TicketRow, order: OrderRow | None) -> bool:
    if verb.on == "order":
        move = BY_NAME[verb.move]
        if order is None or order.unit not in officer.scopes or order.part != move.part:
            return False
        if move.order and order_after(move, order.status) is None:
            return False
    elif order is not None:
        return False
    return verb.fits(officer, ticket, order)
