"""Who may hear what on the live channel: the same policy as the pages. A hint tells only that something changed."""

from __future__ import annotations

from core.officers import Officer
from crm.tickets.access import may_see


async def may_hear(officer: Officer, topics: frozenset[str]) -> set[str]:
    """Which of `topics` are for this officer."""
    heard: set[str] = set()
    tickets: dict[int, str] = {}
    for topic in topics:
        kind, _, key = topic.partition(":")
        if kind == "ticket" and key.isdecimal() and len(key) < 19:
            tickets[int(key)] = topic
        elif _is_own(officer, kind, key):
            heard.add(topic)
    if tickets:
        heard |= {tickets[number] for number in await may_see(officer, list(tickets))}
    return heard


def _is_own(officer: Officer, kind: str, key: str) -> bool:
    if kind == "agent":
        return key == str(officer.id)
    if kind == "unit":
        return key.isdecimal() and (officer.can("ticket.see") or int(key) in officer.scopes)
    if kind == "rates":
        return officer.can("desk.supervise")
    return kind == "queue" and officer.can("ticket.see")
