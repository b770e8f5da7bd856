"""`/api/v1/tickets`: find and list, read one, register; answer at once and refuse.

A phone number never leaves in clear here (`crm/api/phones.py` has the one way, with a reason).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from core import audit, clock
from core.api.operations import Call, reads
from core.errors import NotFound
from core.fields import Field
from core.i18n import N_, _
from core.privacy import mask_text
from core.web import requires
from crm import find
from crm.api import shapes
from crm.lines import line_id
from crm.tickets import number, queries, why
from crm.tickets.access import ticket_for
from crm.tickets.states import Status
from crm.tickets.words import KIND, STATUS, URGENCY
from routing.rulebook import rulebook

TICKETS = N_("工单")
SEES = requires("ticket.see", "desk.unit")
MOST = 100


@dataclass(frozen=True)
class Search:
    """The query of the list: the search box, the filters, the page."""

    q: Annotated[
        str, Field(N_("和搜索框一样：单号、尾号、电话、末四位、姓名或字词"), "text", required=False)
    ] = ""
    status: Annotated[tuple[str, ...], Field(N_("状态"), options=STATUS, required=False)] = ()
    kind: Annotated[tuple[str, ...], Field(N_("诉求类型"), options=KIND, required=False)] = ()
    urgency: Annotated[tuple[int, ...], Field(N_("紧急程度"), options=URGENCY, required=False)] = ()
    matter: Annotated[str, Field(N_("事项代码或其开头几位"), "text", most=12, required=False)] = ""
    district: Annotated[str, Field(N_("区代码"), "text", most=12, required=False)] = ""
    street: Annotated[str, Field(N_("街道代码"), "text", most=12, required=False)] = ""
    line: Annotated[str, Field(N_("来电线路"), "text", most=20, required=False)] = ""
    unit: Annotated[int | None, Field(N_("主办单位"), "unit", required=False)] = None
    since: Annotated[datetime | None, Field(N_("此时或以后受理"), "moment", required=False)] = None
    until: Annotated[datetime | None, Field(N_("此前受理"), "moment", required=False)] = None
    after: Annotated[str, Field(N_("上一页的 next"), "text", most=20, required=False)] = ""
    limit: Annotated[int | None, Field(N_("每页几件"), "number", least=1, most=MOST, required=False)] = 50


@reads(
    "/api/v1/tickets",
    SEES,
    N_("列出或查找工单，新的在前"),
    tag=TICKETS,
    given=Search,
    gives=shapes.TicketPage,
)
async def listed(call: Call[Search]) -> shapes.TicketPage:
    asked = call.given
    limit = asked.limit or MOST
    found = await find.find(
        call.officer, asked.q, await _chosen(asked), today=clock.today(), after=find.after(asked.after), limit=limit
    )  # fmt: skip
    rows, more = found.rows[:limit], len(found.rows) > limit
    return shapes.TicketPage([brief(row) for row in rows], found.how, str(rows[-1]["id"]) if more else None)


@reads("/api/v1/tickets/{ticket:str}", SEES, N_("一张工单：承办单和经过"), tag=TICKETS, gives=shapes.Ticket)
async def one(call: Call[Any]) -> shapes.Ticket:
    wanted = number_of(call)
    row = await queries.ticket(call.officer, wanted)
    if row is None:
        raise nothing_there()
    if row["confidential"]:
        await audit.seen(call.officer, "confidential", f"ticket:{wanted}")
    return shapes.Ticket(
        **_columns(row),
        content=mask_text(row["content"]),
        line=row["line_number"],
        answer=mask_text(row["answer"]),
        reason=row["suggested_reason"],
        work_orders=[order(o) for o in await queries.orders(wanted)],
        events=[_event(event) for event in await queries.events(wanted)],
    )


@reads(
    "/api/v1/tickets/{ticket:str}/clocks", SEES, N_("为什么这时到期：每个时限的账"), tag=TICKETS,
    gives=list[shapes.Clock],
)  # fmt: skip
async def clocks(call: Call[Any]) -> list[shapes.Clock]:
    """Of the lead order in hand, line by line."""
    ticket = await ticket_for(call.officer, number_of(call))
    lead = next((o for o in await queries.orders(ticket.id) if o["part"] == "lead"), None)
    if lead is None:
        return []
    entries, book = await queries.ledger(lead["id"]), await rulebook()
    found = why.clocks_of_order(entries, lead, book, now=call.now, today=clock.local(call.now).date())
    return [
        shapes.Clock(
            lead["id"], c.name, c.label, c.due, c.started, c.done_at, c.on_time, c.light, c.left,
            [shapes.Sum(s.at, s.title, s.detail, s.due) for s in c.sums],
        )
        for c in found
    ]  # fmt: skip


routes: list[Any] = [listed, one, clocks]


def number_of(call: Call[Any]) -> int:
    """The ticket's number out of the path. Raises NotFound for what is none."""
    wanted = number.read(call.path["ticket"])
    if wanted is None:
        raise nothing_there()
    return wanted


def nothing_there() -> NotFound:
    return NotFound(_("没有这张单，或者您无权看。"))


def brief(row: Any) -> shapes.TicketBrief:
    return shapes.TicketBrief(
        str(row["id"]), row["status"], row["version"], row["kind"], row["matter"], row["matter_name"], row["urgency"],
        row["confidential"], row["title"], row["place"], row["received_at"], row["dispatch_due_at"], row["due_at"],
        row["replied_at"], row["closed_at"], row["unit_name"], row["round"], row["urges"], row["returns"],
        row["phone_tail"],
    )  # fmt: skip


def _columns(row: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(brief(row))


def order(row: Any) -> shapes.Order:
    names = shapes.Order.__struct_fields__
    return shapes.Order(**{name: row[name] for name in names} | {"reply": mask_text(row["reply"])})


def _event(row: Any) -> shapes.Event:
    data = _masked(msgspec.json.decode(row["data"]))
    return shapes.Event(
        row["at"], row["verb"], row["actor_name"], row["status"], row["round"], row["version"], data
    )


def _masked(value: Any) -> Any:
    """Every text inside, however deep."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list):
        return [_masked(part) for part in value]
    return {key: _masked(part) for key, part in value.items()} if isinstance(value, dict) else value


async def _chosen(asked: Search) -> dict[str, Any]:
    """The filters as `crm.tickets.queries` understands them. Raises Invalid for a line that is none of ours."""
    chosen: dict[str, Any] = {
        name: getattr(asked, name) for name in ("matter", "district", "street", "unit", "since", "until")
    }
    chosen |= {name: list(getattr(asked, name)) for name in ("status", "kind", "urgency")}
    if asked.line:
        chosen["line"] = await line_id(asked.line)
    return chosen


assert set(STATUS) == set(Status), "every status can be asked for"
