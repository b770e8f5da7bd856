"""A ticket at a glance: what the preview of a queue and the head of a form show of it, masked for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import audit, privacy
from core.errors import NotFound
from core.i18n import _
from core.officers import Officer
from crm.pages.dispatch_rows import holder, readable
from crm.pages.names import Names, names
from crm.tickets import queries
from crm.tickets.persons import person
from crm.tickets.states import Status
from crm.tickets.words import kind_word, status_word, urgency_word


@dataclass(frozen=True)
class Glance:
    """`is_hidden`: confidential and not opened, so that text, place and person are empty."""

    number: int
    status: Status
    status_word: str
    version: int
    round: int
    urgency: int
    urgency_word: str
    kind: str
    kind_word: str
    matter: str
    matter_name: str
    street: str
    confidential: bool
    is_hidden: bool
    content: str
    came: str
    received_at: datetime
    citizen: str
    phone: str
    remark: str
    place: str
    address: str
    contact: str
    channel: str
    answer: str
    urges: int
    returns: int
    dispatch_due: str
    dispatch_start: str
    claim: str
    claimed_at: datetime | None
    is_mine: bool


async def glance(officer: Officer, number: int, *, opened: bool = False) -> Glance:
    """Raises NotFound to outsiders. `opened`: the whole of a confidential one, which the view log remembers."""
    row = await queries.ticket(officer, number)
    if row is None:
        raise NotFound(_("没有这张单，或者您无权看。请核对单号；确要看，请找班长开权限。"))
    if row["confidential"] and opened:
        await audit.seen(officer, "confidential", f"ticket:{number}")
    return _glance(officer, row, await names(), opened=opened)


def _glance(officer: Officer, row: Any, called: Names, *, opened: bool) -> Glance:
    hidden = row["confidential"] and not opened
    claim = holder(row)
    return Glance(
        number=row["id"],
        status=Status(row["status"]),
        status_word=status_word(row["status"]),
        version=row["version"],
        round=row["round"],
        urgency=row["urgency"],
        urgency_word=urgency_word(row["urgency"]),
        kind=row["kind"],
        kind_word=kind_word(row["kind"]),
        matter=row["matter"],
        matter_name=called.matter(row["matter"], row["matter_name"]),
        street=row["street"],
        confidential=row["confidential"],
        is_hidden=hidden,
        content="" if hidden else readable(officer, row["content"]),
        came=" · ".join(filter(None, (row["line_number"], "" if hidden else row["created_by_name"]))),
        received_at=row["received_at"],
        citizen=_("遮蔽") if hidden else _citizen(officer, row),
        phone="" if hidden else _phone(officer, row),
        remark="" if hidden else readable(officer, row["remark"] or ""),
        place=_("遮蔽") if hidden else called.place(row["street"], row["place"]) or _("全市"),
        address=_opened(row["address"]) if opened else "",
        contact="" if hidden else readable(officer, row["contact"]),
        channel=row["channel"],
        answer="" if hidden else readable(officer, row["answer"]),
        urges=row["urges"],
        returns=row["returns"],
        dispatch_due=_iso(row["dispatch_due_at"]),
        dispatch_start=_iso(row["queued_at"]),
        claim=claim,
        claimed_at=row["claimed_at"] if claim else None,
        is_mine=bool(claim) and row["claimed_by"] == officer.id,
    )


def _citizen(officer: Officer, row: Any) -> str:
    if not officer.can("ticket.see"):  # a unit: shortened (docs/privacy.md)
        seen = person(row)
        return seen.hidden or seen.name or _("没有留姓名")
    if row["anonymous"]:
        return _("匿名")
    return _opened(row["citizen_name"]) or _("没有留姓名")


def _phone(officer: Officer, row: Any) -> str:
    if not officer.can("ticket.see"):
        return person(row).phone
    if not row["phone_tail"]:
        return ""
    return privacy.mask_phone(_opened(row["citizen_phone"]) or row["phone_tail"])


def _opened(sealed: bytes | None) -> str:
    return privacy.open_sealed(sealed) if sealed else ""


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
