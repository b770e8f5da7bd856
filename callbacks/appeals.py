"""What a citizen adds to an open ticket by SMS or on their page: 催办 and 补充, as an `append` event in their own name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core import db
from core.db import tx
from core.errors import Refused
from core.officers import Officer
from crm.tickets import closing
from crm.tickets.status import Standing

#: Acts for whoever proved to be the ticket's citizen; no account can sign in as this.
CITIZEN: Final = Officer(
    id=0, username="citizen", name="市民", permissions=frozenset({"ticket.see", "ticket.register"})
)
#: Heads of what the ticket's story shows, by SMS and by page.
URGED: Final = ("市民短信催办", "市民网页催办")
ADDED: Final = ("市民短信补充", "市民网页补充")
#: A second reminder without news inside this is not written down again.
ONCE_IN: Final = timedelta(hours=24)


async def appeal(ticket: Standing, *, urge: bool, text: str, now: datetime, by_page: bool = False) -> str:
    """Record it; the name of the template that tells the citizen what was done."""
    if not ticket.is_open:
        return "not_open"
    if urge and not text and await _urged_lately(ticket.id, now):
        return "urged_already"
    head = (URGED if urge else ADDED)[by_page]
    try:
        async with tx() as t:
            await closing.append(
                CITIZEN, ticket.id, content=f"{head}：{text}" if text else head, call=None, now=now
            )
            if urge:
                await t.execute("UPDATE ticket SET urges = urges + 1 WHERE id = $1", ticket.id)
    except Refused:  # it came to rest between our reading and now
        return "not_open"
    return "urged" if urge else "added"


async def _urged_lately(ticket: int, now: datetime) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM ticket_event WHERE ticket = $1 AND verb = 'append' AND at > $2"
            " AND data ->> 'content' LIKE ANY($3::text[]))",
            ticket, now - ONCE_IN, [f"{head}%" for head in URGED],
        )
    )  # fmt: skip
