"""Every verb of `crm/tickets/verbs.py` as an operation: whatever is added to that table is offered here by itself.

POST /api/v1/tickets                       registers
POST /api/v1/tickets/new/{move}            the other ways a ticket begins
POST /api/v1/tickets/{ticket}/moves/{move}
POST /api/v1/orders/{id}/moves/{move}
"""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar.handlers import HTTPRouteHandler

from core import db
from core.access import requires
from core.api.operations import Again, Call, Operation, handler, reads
from core.i18n import N_, _
from crm.api import shapes
from crm.api.tickets import SEES, TICKETS, number_of
from crm.tickets import move
from crm.tickets.access import order_for, ticket_for
from crm.tickets.register import Registered
from crm.tickets.states import BY_NAME, Party, Status
from crm.tickets.verb import Verb
from crm.tickets.verbs import VERBS, possible, standing_first
from crm.tickets.words import order_word, status_word

ORDERS = N_("承办单")
UNIT = requires("desk.unit")
_PREFIX = {
    "new": "/api/v1/tickets/new/",
    "ticket": "/api/v1/tickets/{ticket:str}/moves/",
    "order": "/api/v1/orders/{id:int}/moves/",
}
_TOLD = {Party.CITIZEN: N_("市民"), Party.UNIT: N_("承办单位")}


@reads(
    "/api/v1/tickets/{ticket:str}/moves", SEES, N_("这张单现在可以做什么"), tag=TICKETS,
    gives=list[shapes.Possible],
)  # fmt: skip
async def of_ticket(call: Call[Any]) -> list[shapes.Possible]:
    ticket = await ticket_for(call.officer, number_of(call))
    return [_possible(verb, str(ticket.id)) for verb in possible(call.officer, ticket)]


@reads(
    "/api/v1/orders/{id:int}/moves", UNIT, N_("这张承办单现在可以做什么"), tag=ORDERS,
    gives=list[shapes.Possible],
)  # fmt: skip
async def of_order(call: Call[Any]) -> list[shapes.Possible]:
    ticket, order = await order_for(call.officer, call.id())
    return [_possible(verb, str(order.id)) for verb in possible(call.officer, ticket, order)]


def operation(verb: Verb) -> HTTPRouteHandler:
    made = BY_NAME[verb.move]
    do, gives, tag = {
        "new": (_begin, shapes.Made, TICKETS),
        "ticket": (_on_ticket, shapes.Moved, TICKETS),
        "order": (_on_order, shapes.Moved, ORDERS),
    }[verb.on]
    path = "/api/v1/tickets" if verb.move == "register" else _PREFIX[verb.on] + verb.move
    about = Operation(
        "POST", path, requires(*made.who) if verb.on != "order" else UNIT, made.label, tag, verb.form, gives,
        status=201 if verb.on == "new" else 200, more=partial(_about, verb), seen=verb.on != "new",
        claims=_claims_itself if verb.move == "register" else None,
    )  # fmt: skip
    return handler(about, partial(do, verb))


def _about(verb: Verb) -> str:
    """From where to where, who may, and who is told: what the row of `MOVES` says."""
    made = BY_NAME[verb.move]
    lines = []
    if verb.on != "new":
        sources = _("、").join(f"`{s}` {status_word(s)}" for s in sorted(made.sources))
        lines.append(_("工单状态：{sources}").format(sources=sources))
    target = f"`{made.target}` {status_word(made.target)}" if made.target else _("不变")
    lines.append(_("之后：{target}").format(target=target))
    if made.order and verb.on == "order":
        lines.append(_("承办单：{states}").format(states=_("、").join(f"`{a}` {order_word(a)} → `{b}` {order_word(b)}" for a, b in made.order)))  # fmt: skip
    if verb.on == "order":
        lines.append(_("动作权限（其一）：{rights}").format(rights=_("、").join(f"`{r}`" for r in made.who)))
    if made.told:
        lines.append(_("会通知：{told}").format(told=_("、").join(_(_TOLD[party]) for party in made.told)))
    hint = [_(verb.hint)] if verb.hint else []
    return "\n\n".join([*hint, "\n".join(f"- {line}" for line in lines)])


def _claims_itself(call: Call[Any]) -> bool:
    """A plain registration and its claim are one statement: this is what programs send most."""
    return not call.given.dispatch


async def _begin(verb: Verb, call: Call[Any]) -> shapes.Made | Again:
    more = {"claim": call.claim} if call.claim else {}
    done: Registered = await verb.do(call.officer, call.given, now=call.now, **more)
    status = Status.DISPATCHED if done.dispatched_to else BY_NAME[verb.move].target
    assert status is not None
    made = shapes.Made(str(done.number), status, done.dispatched_to)
    return Again(made) if done.repeated else made


async def _on_ticket(verb: Verb, call: Call[Any]) -> shapes.Moved:
    number = number_of(call)
    async with standing_first(call.officer, verb, number):
        done = await verb.do(call.officer, number, call.given, now=call.now, seen=call.seen)
    return await _moved(verb, number, done)


async def _on_order(verb: Verb, call: Call[Any]) -> shapes.Moved:
    async with standing_first(call.officer, verb, call.id()):
        done = await verb.do(call.officer, call.id(), call.given, now=call.now, seen=call.seen)
    if isinstance(done, move.Moved):
        return await _moved(verb, done.ticket, done)
    ticket, _order = await order_for(call.officer, call.id())
    return await _moved(verb, ticket.id, done)


async def _moved(verb: Verb, number: int, done: Any) -> shapes.Moved:
    """What the verb says it left, else what the ticket is now."""
    if isinstance(done, move.Moved):
        orders = {str(key): state for key, state in done.orders.items()}
        return shapes.Moved(str(number), verb.move, done.status, done.version, orders)  # type: ignore[arg-type]
    row = await db.fetchrow("SELECT status, version FROM ticket WHERE id = $1", number)
    return shapes.Moved(str(number), verb.move, row["status"], row["version"], {})


def _possible(verb: Verb, subject: str) -> shapes.Possible:
    address = _PREFIX[verb.on].replace("{ticket:str}", subject).replace("{id:int}", subject) + verb.move
    return shapes.Possible(verb.move, _(BY_NAME[verb.move].label), address)


routes: list[Any] = [of_ticket, of_order, *(operation(verb) for verb in VERBS.values())]
