"""`/api/v1/orders`: a unit's inbox by tab, one work order with what it needs, signing many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from core import audit, privacy
from core.api.operations import Call, reads, writes
from core.cursors import cursor, read_cursor
from core.fields import Field
from core.i18n import N_
from core.web import requires, visit
from crm.api import shapes
from crm.api.moves import ORDERS, UNIT
from crm.api.tickets import order as order_shape
from crm.tickets import inbox, persons, signing

TABS = {"sign": N_("待签收"), "handling": N_("办理中"), "waiting": N_("待审核"), "done": N_("已退已结")}


@dataclass(frozen=True)
class Inbox:
    tab: Annotated[str, Field(N_("页签"), options=TABS, required=False)] = "sign"
    after: Annotated[str, Field(N_("上一页的 next"), "text", most=500, required=False)] = ""
    limit: Annotated[int | None, Field(N_("每页几件"), "number", least=1, most=100, required=False)] = 50


@dataclass(frozen=True)
class Signatures:
    orders: Annotated[tuple[int, ...], Field(N_("要签收的承办单"), "numbers", most=200, example=[12, 15])]


@reads(
    "/api/v1/orders",
    UNIT,
    N_("本单位的承办单，先到期的在前"),
    tag=ORDERS,
    given=Inbox,
    gives=shapes.InboxPage,
)
async def listed(call: Call[Inbox]) -> shapes.InboxPage:
    asked, limit, place, below = call.given, call.given.limit or 50, None, None
    if asked.tab == "done":
        key = read_cursor(asked.after, int)
        below = key[0] if key else None
    else:
        key = read_cursor(asked.after, datetime, int)
        place = (key[0], key[1]) if key else None
    found = await inbox.orders(call.officer, asked.tab, after=place, below=below, limit=limit)
    rows, further = found[:limit], None
    if len(found) > limit:
        last = rows[-1]
        further = cursor(last["id"]) if asked.tab == "done" else cursor(last["sort_at"], last["id"])
    return shapes.InboxPage(
        [_row(row) for row in rows], await inbox.counts(call.officer, now=call.now), further
    )


@reads(
    "/api/v1/orders/{id:int}", requires("desk.unit", "ticket.see"), N_("一张承办单"), tag=ORDERS,
    gives=shapes.OrderWhole,
)  # fmt: skip
async def one(call: Call[Any]) -> shapes.OrderWhole:
    row = await inbox.order(call.officer, call.id())
    await audit.seen(call.officer, "order", f"ticket:{row['ticket']}", address=visit().address)
    person = persons.person(row)
    tries = await inbox.contacts(row["id"])
    return shapes.OrderWhole(
        order=order_shape(row),
        ticket=str(row["ticket"]),
        ticket_status=row["ticket_status"],
        ticket_version=row["ticket_version"],
        matter=row["matter"],
        matter_name=row["matter_name"],
        kind=row["kind"],
        urgency=row["urgency"],
        confidential=row["confidential"],
        content=privacy.mask_text(row["content"]),
        place=row["place"],
        address=privacy.open_sealed(row["address"]) if row["address"] else "",
        citizen=person.hidden or person.name,
        phone=person.phone,
        prefers=privacy.mask_text(row["prefers"]),
        contacts=[
            shapes.Contact(t["at"], t["how"], t["reached"], privacy.mask_text(t["note"]), t["by_name"])
            for t in tries
        ],
        received_at=row["received_at"],
    )


@writes(
    "/api/v1/orders/signatures", requires("order.sign"), N_("批量签收：能签的签，签不了的说明"), tag=ORDERS,
    given=Signatures, gives=shapes.Handled,
)  # fmt: skip
async def sign_many(call: Call[Signatures]) -> shapes.Handled:
    done = await signing.sign_many(call.officer, call.given.orders, now=call.now)
    refused = {str(order): why for order, why in done.refused.items()}
    return shapes.Handled([str(order) for order in done.signed], refused)


routes: list[Any] = [listed, one, sign_many]


def _row(row: Any) -> shapes.InboxRow:
    names = shapes.InboxRow.__struct_fields__
    masked = {"summary": privacy.mask_text(row["summary"]), "ticket": str(row["ticket"])}
    return shapes.InboxRow(**{name: row[name] for name in names} | masked)
