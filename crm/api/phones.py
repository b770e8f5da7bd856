"""A number in clear: for those who may, one at a time, with a reason that goes into the view log first.

Nothing of it is kept for a repeat: each look is a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from core import audit, privacy
from core.api.operations import Call, reads, writes
from core.errors import Denied, NotFound
from core.fields import Field
from core.i18n import N_, _
from core.web import requires, visit
from crm import calls
from crm.api import shapes
from crm.api.tickets import number_of
from crm.tickets import persons, presence, queries
from crm.tickets.access import ticket_for
from crm.tickets.persons import REASONS
from crm.tickets.states import Status

PERSONAL = N_("个人信息")
_EACH = N_("每看一次记一次日志，所以不认 Idempotency-Key。")


@dataclass(frozen=True)
class Reason:
    reason: Annotated[str, Field(N_("为什么要看号码"), "text", least=4, most=200, example="回电核实地址")]


@dataclass(frozen=True)
class Coded:
    reason: Annotated[str, Field(N_("为什么要看号码"), "choices", options=REASONS)]


@writes(
    "/api/v1/tickets/{ticket:str}/phone", requires("ticket.unmask", "ticket.follow_up"), N_("看市民的号码"),
    tag=PERSONAL, given=Reason, gives=shapes.Phone, keeps=False, more=_EACH,
)  # fmt: skip
async def of_ticket(call: Call[Reason]) -> shapes.Phone:
    """Who follows up sees the number while the ticket waits for the call, as at the desk."""
    wanted = number_of(call)
    row = await queries.ticket(call.officer, wanted)
    if row is None or not row["citizen_phone"]:
        raise NotFound(_("这张单没有留电话。"))
    if row["status"] != Status.FOLLOW_UP and not call.officer.can("ticket.unmask"):
        raise Denied(_("您的岗位没有这项权限。"))
    await audit.seen(call.officer, "phone", f"ticket:{wanted}", call.given.reason, address=visit().address)
    return shapes.Phone(privacy.open_sealed(row["citizen_phone"]))


@writes(
    "/api/v1/orders/{id:int}/phone", requires("order.work", "ticket.unmask"), N_("承办单位看市民的号码"),
    tag=PERSONAL, given=Coded, gives=shapes.Phone, keeps=False, more=_EACH,
)  # fmt: skip
async def of_order(call: Call[Coded]) -> shapes.Phone:
    return shapes.Phone(await persons.phone_of_order(call.officer, call.id(), reason=call.given.reason))


@writes(
    "/api/v1/calls/{id:int}/phone", requires("ticket.unmask"), N_("看来电的号码"), tag=PERSONAL, given=Reason,
    gives=shapes.Phone, keeps=False, more=_EACH,
)  # fmt: skip
async def of_call(call: Call[Reason]) -> shapes.Phone:
    """Empty where it was withheld."""
    return shapes.Phone(await calls.phone_of(call.officer, call.id(), reason=call.given.reason))


@reads(
    "/api/v1/tickets/{ticket:str}/presence", requires("ticket.see", "desk.unit"), N_("还有谁开着这张单"),
    tag=PERSONAL, gives=list[shapes.Present],
)  # fmt: skip
async def present(call: Call[Any]) -> list[shapes.Present]:
    ticket = await ticket_for(call.officer, number_of(call))
    found = await presence.others(call.officer, ticket.id)
    return [shapes.Present(row["name"], row["since"]) for row in found]


@writes(
    "/api/v1/tickets/{ticket:str}/presence", requires("ticket.see", "desk.unit"), N_("我开着这张单（约 30 秒报一次）"),
    tag=PERSONAL, gives=list[shapes.Present], method="PUT", keeps=False,
)  # fmt: skip
async def here(call: Call[Any]) -> list[shapes.Present]:
    ticket = await ticket_for(call.officer, number_of(call))
    return [shapes.Present(row["name"], row["since"]) for row in await presence.here(call.officer, ticket.id)]


routes: list[Any] = [of_ticket, of_order, of_call, present, here]
