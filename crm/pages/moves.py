"""`/tickets/{number}/moves/{move}` and `/orders/{id}/moves/{move}`: the form of any verb that no desk has its own for.

Its fields, its words and the button that leads here come from the verb's description (`crm/tickets/verb.py`).
"""

from __future__ import annotations

import re
from typing import Any, Literal

from litestar import Response, get, post

from core import audit, clock, fields
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import _
from core.web import FromPath, Request, page, read_form, redirect, requires, visit
from crm.pages.names import names
from crm.tickets import persons
from crm.tickets.access import OrderRow, TicketRow, check_may, order_for, ticket_for
from crm.tickets.states import BY_NAME
from crm.tickets.verb import Facts, Verb
from crm.tickets.verbs import VERBS, standing_first
from crm.tickets.words import kind_word, order_word, status_word, urgency_word
from routing.rulebook import rulebook

SEES = requires("ticket.see", "desk.unit")
UNIT = requires("desk.unit")
On = Literal["ticket", "order"]
_LISTS = re.compile(r"/(dispatch|supervise)(/[a-z]{1,20})?(\?[\w=&,.%-]{0,300})?")


@get("/tickets/{ticket:int}/moves/{name:str}", guards=[SEES])
async def of_ticket(request: Request, ticket: FromPath[int], name: FromPath[str]) -> Response[Any]:
    return await _show(request, _verb(name, "ticket"), ticket)


@post("/tickets/{ticket:int}/moves/{name:str}", guards=[SEES])
async def on_ticket(request: Request, ticket: FromPath[int], name: FromPath[str]) -> Response[Any]:
    return await _make(request, _verb(name, "ticket"), ticket)


@get("/orders/{order:int}/moves/{name:str}", guards=[UNIT])
async def of_order(request: Request, order: FromPath[int], name: FromPath[str]) -> Response[Any]:
    return await _show(request, _verb(name, "order"), order)


@post("/orders/{order:int}/moves/{name:str}", guards=[UNIT])
async def on_order(request: Request, order: FromPath[int], name: FromPath[str]) -> Response[Any]:
    return await _make(request, _verb(name, "order"), order)


routes: list[Any] = [of_ticket, on_ticket, of_order, on_order]


def _verb(name: str, on: On) -> Verb:
    verb = VERBS.get(name)
    if verb is None or verb.on != on:
        raise NotFound(_("没有这个操作。"))
    return verb


async def _show(request: Request, verb: Verb, subject: int) -> Response[Any]:
    ticket, order = await _subject(request, verb, subject)
    check_may(request.user, BY_NAME[verb.move])
    if verb.page and not _back(request.query_params.get("back")):
        return redirect(verb.page.format(id=subject))
    await audit.seen(
        request.user, "order" if order else "ticket", f"ticket:{ticket.id}", address=visit().address
    )
    if ticket.status not in BY_NAME[verb.move].sources or not verb.fits(request.user, ticket, order):
        said = _("工单现在是“{status}”，不能“{move}”。")
        move = _(BY_NAME[verb.move].label)
        return redirect(
            _home(verb, subject), flash=said.format(status=status_word(ticket.status), move=move), kind="warn"
        )
    try:
        known = await verb.facts(request.user, subject, clock.now()) if verb.facts else Facts()
    except Refused as refusal:
        return redirect(_home(verb, subject), flash=refusal.message, kind="warn")
    return await _form(request, verb, ticket, order, known, dict(known.typed))


async def _make(request: Request, verb: Verb, subject: int) -> Response[Any]:
    given = await read_form(request)
    seen = given.integer("seen", required=False, least=0)
    try:
        async with standing_first(request.user, verb, subject):
            form: Any = fields.read(verb.form, given)
            await verb.do(request.user, subject, form, now=clock.now(), seen=seen)
    except NotFound:
        raise
    except Refused as refusal:
        return await _again(request, verb, subject, given.raw() | _several(verb, given), refusal)
    return redirect(
        _back(given.text("back")) or _home(verb, subject), flash=_(verb.done) if verb.done else _("已办。")
    )


async def _again(
    request: Request, verb: Verb, subject: int, typed: dict[str, Any], refusal: Refused
) -> Response[Any]:
    """What could not be taken comes back with everything that was typed."""
    ticket, order = await _subject(request, verb, subject)
    try:
        known = await verb.facts(request.user, subject, clock.now()) if verb.facts else Facts()
    except Refused:  # settled meanwhile: the refusal says so
        known = Facts()
    return await _form(request, verb, ticket, order, known, typed, refusal)


async def _subject(request: Request, verb: Verb, subject: int) -> tuple[TicketRow, OrderRow | None]:
    if verb.on == "order":
        return await order_for(request.user, subject)
    return await ticket_for(request.user, subject), None


async def _form(
    request: Request, verb: Verb, ticket: TicketRow, order: OrderRow | None, known: Facts, typed: dict[str, Any],
    refusal: Refused | None = None,
) -> Response[Any]:  # fmt: skip
    book, called, mask = await rulebook(), await names(), persons.mask_for(request.user)
    chosen = [int(v) for v in _listed(typed) if v.isascii() and v.isdigit()]
    return page(
        "crm/moves/form.html", status=refusal.status if refusal else 200, verb=verb, move=BY_NAME[verb.move],
        asked=fields.asked(verb.form), ticket=ticket, order=order, typed=typed, facts=known.lines, mask=mask,
        errors=refusal.fields if isinstance(refusal, Invalid) else {},
        refusal="" if isinstance(refusal, Invalid) or refusal is None else refusal.message,
        first=refusal if isinstance(refusal, Conflict) else None,
        seen=(order.version if order else ticket.version), home=_home(verb, order.id if order else ticket.id),
        back=_back(request.query_params.get("back")) or _back(typed.get("back")),
        state=order_word(order.status) if order else status_word(ticket.status), called=called,
        kind=kind_word(ticket.kind), urgency=urgency_word(ticket.urgency),
        unit_name={u: called.unit(u, book.units[u].name) for u in chosen if u in book.units},
        local=clock.local, desk="orders" if order else "",
    )  # fmt: skip


def _several(verb: Verb, given: Any) -> dict[str, Any]:
    """Fields that come several times, which `raw` keeps only the last of."""
    return {one.name: given.every(one.name) for one in fields.asked(verb.form) if one.kind is tuple}


def _listed(typed: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in typed.values():
        found += [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
    return found


def _back(path: Any) -> str:
    """The list that the form was opened from; "" for any other address."""
    return path if isinstance(path, str) and _LISTS.fullmatch(path) else ""


def _home(verb: Verb, subject: int) -> str:
    return f"/{'orders' if verb.on == 'order' else 'tickets'}/{subject}"
