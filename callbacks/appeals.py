"""What a citizen adds to their ticket by SMS or on their page: 催办, 补充 and new facts, as events in their own name.

A merged ticket's words go to its master, where somebody works on them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from callbacks.templates import tail
from core.db import tx
from core.errors import Refused
from core.i18n import N_
from core.officers import Officer
from crm.tickets import closing, urging
from crm.tickets.states import RESTING
from crm.tickets.status import Standing

#: Acts for whoever proved to be the ticket's citizen; no account can sign in as this.
CITIZEN: Final = Officer(
    id=0, username="citizen", name=N_("市民"), permissions=frozenset({"ticket.see", "ticket.register"})
)
#: Heads of what the ticket's story shows, by SMS and by page.
ADDED: Final = ("市民短信补充", "市民网页补充")
SOURCE: Final = ("citizen_sms", "citizen_page")


async def appeal(ticket: Standing, *, urge: bool, text: str, now: datetime, by_page: bool = False) -> str:
    """Record it; the name of the template that tells the citizen what was done."""
    is_resting = ticket.status in RESTING
    if not ticket.is_open and (urge or not is_resting):
        return "not_open"
    source = SOURCE[by_page]
    if urge and not text and await urging.urged_lately(ticket.worked_on, source, now):
        return "urged_already"
    try:
        async with tx(apart=True):
            if urge:
                said = urging.Urge(text)
                await urging.urge(CITIZEN, ticket.worked_on, said, now=now, source=source)
            else:
                said_by = "" if ticket.worked_on == ticket.id else f"（并入的 …{tail(ticket.id)}）"
                content = f"{ADDED[by_page]}{said_by}：{text}"
                await closing.append(CITIZEN, ticket.worked_on, content=content, call=None, now=now)
    except Refused:  # it moved on between our reading and now
        return "not_open"
    if urge:
        return "urged"
    return "taken_up" if is_resting else "added"
