"""催办: any nudge, with number, deadline and answer. A citizen's repeated call or SMS is one.

The hotline urges by itself at half and at four fifths of the close clock: the moments its light turns (`lights.py`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from core import db
from core.db import Tx, tx
from core.errors import Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import OrderRow, TicketRow, order_for, ticket_for
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import IN_HANDS
from crm.tickets.verb import Verb
from routing.limits import LimitMissing
from routing.rulebook import rulebook

log = logging.getLogger("hotline.clocks")

SOURCE: Final = {
    "citizen_call": N_("市民来电"),
    "citizen_sms": N_("市民短信"),
    "citizen_page": N_("市民网页"),
    "officer": N_("热线人员"),
    "auto_contact": N_("首次联系超时自动"),
    "auto_50": N_("时限过半自动"),
    "auto_80": N_("时限将到自动"),
}
#: How often the hotline has urged by itself: the column `auto_urged` afterwards.
_AUTO: Final = {"auto_contact": 0, "auto_50": 1, "auto_80": 2}
_SAID: Final = {
    "auto_contact": N_("首次联系已超时，请马上联系市民并记录。"),
    "auto_50": N_("办结时限过半，请抓紧。"),
    "auto_80": N_("办结时限只剩五分之一，请抓紧。"),
}
#: The same citizen urging again inside this, without news, is not written down again.
ONCE_IN: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Urge:
    content: Annotated[
        str, Field(N_("催什么"), least=2, most=300, example="市民今天第二次来电，家里仍不热。")
    ]


@dataclass(frozen=True)
class Answer:
    answer: Annotated[str, Field(N_("现在到哪一步、何时办完"), least=4, example="维修人员 14 时到现场。")]


async def urge(
    officer: Officer,
    number: int,
    form: Urge,
    *,
    now: datetime,
    seen: int | None = None,
    source: str = "officer",
) -> move.Moved:
    """Urge whoever has the ticket. Its unit hears of it and answers by `answer_due_at`."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        order = await clocks_of.lead_order(t, ticket) if ticket.status in IN_HANDS else None
        return await _urge(t, ticket, order, officer, form.content, source, now, seen=seen)


async def by_call(t: Tx, officer: Officer, number: int, content: str, now: datetime) -> None:
    """The citizen called again about a ticket that somebody works on: part of the call's own transaction."""
    ticket = await ticket_for(officer, number, to="change")
    order = await clocks_of.lead_order(t, ticket) if ticket.status in IN_HANDS else None
    await _urge(t, ticket, order, officer, content[:300], "citizen_call", now)


async def answer(
    officer: Officer, order_id: int, form: Answer, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """One answer for all urges of the order that wait for one."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        settled = await t.fetch(
            """UPDATE urge SET answered_at = $2, answered_by_name = $3, answer = $4
               WHERE ticket = $1 AND answered_at IS NULL RETURNING no""",
            ticket.id, now, officer.name, form.answer,
        )  # fmt: skip
        if not settled:
            raise Refused(_("没有待回复的催办。"), code="no_request")
        return await move.make(
            t, "answer_urge", ticket, by=officer, now=now, order=order, order_seen=seen,
            data={"answer": form.answer, "urges": sorted(row["no"] for row in settled)},
        )  # fmt: skip


async def urged_lately(ticket: int, source: str, now: datetime) -> bool:
    """Whether it was urged from there within the last day."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM urge WHERE ticket = $1 AND source = $2 AND urged_at > $3)",
            ticket, source, now - ONCE_IN,
        )
    )  # fmt: skip


async def urge_next(*, now: datetime) -> bool:
    """Urge the order whose clock passed half or four fifths, or whose first contact fell due, longest ago; False when
    there is none."""
    row = await db.fetchrow(
        """(SELECT id, ticket, 'auto_50' AS source, yellow_at AS at FROM work_order
            WHERE auto_urged = 0 AND yellow_at <= $1 AND clock = 'close' AND part = 'lead'
              AND status IN ('dispatched', 'handling') ORDER BY yellow_at LIMIT 1)
           UNION ALL
           (SELECT id, ticket, 'auto_80', orange_at FROM work_order
            WHERE auto_urged = 1 AND orange_at <= $1 AND clock = 'close' AND part = 'lead'
              AND status IN ('dispatched', 'handling') ORDER BY orange_at LIMIT 1)
           UNION ALL
           (SELECT id, ticket, 'auto_contact', clock_due_at FROM work_order
            WHERE clock_due_at <= $1 AND clock = 'contact' AND part = 'lead' AND status = 'handling'
              AND NOT EXISTS (SELECT 1 FROM urge u WHERE u.ticket = work_order.ticket AND u.source = 'auto_contact'
                              AND u.work_order = work_order.id) ORDER BY clock_due_at LIMIT 1)
           ORDER BY at LIMIT 1""",
        now,
    )
    if row is None:
        return False
    async with tx() as t:
        ticket = await ticket_for(HOTLINE, row["ticket"], to="change")
        order = await clocks_of.lead_order(t, ticket) if ticket.status in IN_HANDS else None
        await t.execute(
            "UPDATE work_order SET auto_urged = $2 WHERE id = $1", row["id"], _AUTO[row["source"]]
        )
        if order is not None and order.id == row["id"]:
            said = _SAID[row["source"]]
            await _urge(t, ticket, order, HOTLINE, _(said), row["source"], now)
    return True


async def _urge(
    t: Tx, ticket: TicketRow, order: OrderRow | None, officer: Officer, content: str, source: str, now: datetime,
    *, seen: int | None = None,
) -> move.Moved:  # fmt: skip
    no = 1 + await t.fetchval("SELECT count(*) FROM urge WHERE ticket = $1", ticket.id)
    due = await _answer_due(ticket, now) if order is not None else None
    automatic = source in _AUTO
    moved = await move.make(
        t, "urge", ticket, by=officer, now=now, seen=seen, order=order,
        ticket_set={} if automatic else {"urges": ticket.urges + 1},
        data={"content": content, "source": source, "no": no, "due": due},
    )  # fmt: skip
    await t.execute(
        """INSERT INTO urge (ticket, work_order, no, source, content, urged_at, urged_by_name, answer_due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        ticket.id, order.id if order else None, no, source, content, now, officer.name, due,
    )  # fmt: skip
    return moved


async def _answer_due(ticket: TicketRow, now: datetime) -> datetime | None:
    """By when the unit answers. A table without the limit keeps no urge back, of this ticket or of those after it:
    then it has no limit, and the log says so."""
    try:
        return clocks_of.due_of(await rulebook(), ticket, "urge", now)
    except LimitMissing as missing:
        log.warning("an urge without a limit: %s", missing.message)
        return None


async def of_ticket(number: int) -> list[Any]:
    """All urges of a ticket, the latest first."""
    return await db.fetch("SELECT * FROM urge WHERE ticket = $1 ORDER BY no DESC", number)


verbs = (
    Verb("urge", Urge, urge, done=N_("已催办，承办单位会收到提醒并要回复。"), initials="cb"),
    Verb("answer_urge", Answer, answer, "order", N_("已回复催办。"), initials="hfcb",
         fits=lambda _officer, ticket, _order: ticket.urges > 0),
)  # fmt: skip
