"""What a unit reads of the citizen, and how it comes to the telephone number (docs/privacy.md).

A unit must be able to call. So whoever works on a lead order in hand may see its number, with a reason, one at a time,
on record. Never of an anonymous or confidential ticket: there the hotline passes word on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import audit, privacy
from core.db import tx
from core.errors import Denied, Invalid, NotFound, Refused
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets.access import TicketRow, order_for
from crm.tickets.states import OrderStatus

REASONS: dict[str, str] = {
    "ask": N_("联系市民，核实情况"),
    "visit": N_("约上门时间"),
    "tell": N_("告知办理结果"),
    "urgent": N_("紧急，涉及安全"),
}
_HONORIFICS = ("先生", "女士", "小姐", "师傅", "老师", "同志", "大爷", "大妈", "阿姨", "叔叔")


@dataclass(frozen=True)
class Person:
    """The citizen as this reader sees them; all empty where the ticket hides them."""

    hidden: str = ""
    name: str = ""
    phone: str = ""
    has_phone: bool = False


def person(row: Mapping[str, Any]) -> Person:
    """`row` holds the ticket's `confidential`, `anonymous`, `phone_tail` and the sealed `citizen_name`, `citizen_phone`."""
    if row["confidential"]:
        return Person(hidden=_("保密，由热线转达"))
    if row["anonymous"]:
        return Person(hidden=_("匿名"))
    name = privacy.open_sealed(row["citizen_name"]) if row["citizen_name"] else ""
    phone = privacy.open_sealed(row["citizen_phone"]) if row["citizen_phone"] else row["phone_tail"]
    return Person(
        name=masked_name(name),
        phone=privacy.mask_phone(phone) if phone else "",
        has_phone=bool(row["citizen_phone"]),
    )


def mask_for(officer: Officer) -> Callable[[str], str]:
    """Numbers in free text are shortened, unless the right is held to see them."""
    return str if officer.can("ticket.unmask") else privacy.mask_text


def masked_name(name: str) -> str:
    """张女士 stays; 张建国 → 张**; Anna Smith → A***."""
    name = name.strip()
    if not name or name.endswith(_HONORIFICS):
        return name
    return name[0] + "*" * (3 if name[0].isascii() else max(1, len(name) - 1))


def to_be_contacted(row: Mapping[str, Any]) -> bool:
    """Whether there is somebody whom the lead itself can reach."""
    return row["part"] == "lead" and bool(row["phone_tail"]) and not (row["anonymous"] or row["confidential"])


async def phone_of_order(officer: Officer, order_id: int, *, reason: str) -> str:
    """The citizen's number in clear; looking is logged with the reason. Raises NotFound, Denied, Invalid, Refused."""
    if reason not in REASONS:
        raise Invalid({"reason": _("选一个看号码的理由。")})
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        _check_may_see(officer, ticket, order.status, order.part)
        sealed = await t.fetchval("SELECT phone FROM citizen WHERE id = $1", ticket.citizen)
        if sealed is None:
            raise NotFound(_("这张单没有留电话。"))
        await audit.seen(officer, "phone", f"ticket:{ticket.id}", reason)
    return privacy.open_sealed(sealed)


def _check_may_see(officer: Officer, ticket: TicketRow, status: OrderStatus, part: str) -> None:
    if ticket.confidential or ticket.anonymous:
        raise Denied(_("保密和匿名工单不看号码，请由热线转达。"))
    if officer.can("ticket.unmask"):
        return
    if not officer.can("order.work"):
        raise Denied(_("您的岗位没有这项权限。"))
    if part != "lead":
        raise Refused(_("协办单位不直接联系市民，请找主办单位。"), code="assist")
    if status is not OrderStatus.HANDLING:
        raise Refused(_("先签收，再看号码。交了答复以后要看，请找热线。"), code="not_in_hand")
