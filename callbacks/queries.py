"""Named questions about messages and calls, for the page `/phone`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callbacks.templates import spoken
from core import db, privacy
from crm.tickets.states import OPEN

_OPEN = ", ".join(f"'{status}'" for status in sorted(OPEN))


@dataclass(frozen=True)
class Line:
    """A message as the handset shows it."""

    id: int
    own: bool
    body: str
    at: datetime


async def thread(phone: str, *, limit: int = 60) -> list[Line]:
    """What the handset of `phone` (E.164) holds, oldest first: what was written, and what reached it."""
    rows = await db.fetch(
        """SELECT id, direction, body, created_at, sent_at FROM message WHERE phone_hash = ANY($1::bytea[])
           AND (direction = 'in' OR state IN ('sent', 'delivered', 'read')) ORDER BY coalesce(sent_at, created_at) DESC, id DESC
           LIMIT $2""",
        privacy.lookups("phone", phone), limit,
    )  # fmt: skip
    return [
        Line(r["id"], r["direction"] == "in", privacy.open_sealed(r["body"]), r["sent_at"] or r["created_at"])
        for r in reversed(rows)
    ]


async def recent_citizens(*, limit: int = 8) -> Sequence[tuple[str, int]]:
    """(E.164, open tickets) of those who last had one. For a demo's own people only: it opens their phones."""
    rows = await db.fetch(
        f"""SELECT c.phone, count(*) FILTER (WHERE t.status IN ({_OPEN})) AS open
            FROM (SELECT id, status, citizen FROM ticket WHERE citizen IS NOT NULL ORDER BY id DESC LIMIT 200) t
            JOIN citizen c ON c.id = t.citizen AND c.phone IS NOT NULL
            GROUP BY c.id ORDER BY (count(*) FILTER (WHERE t.status IN ({_OPEN})) > 0) DESC, max(t.id) DESC LIMIT $1""",
        limit,
    )
    return [(privacy.open_sealed(row["phone"]), row["open"]) for row in rows]


async def duty_calls(*, limit: int = 5) -> list[tuple[int, str, str, str, str]]:
    """(id, phone, whose, what is said, outcome) of the demo's duty phones: those that ring, then the last ones."""
    rows = await db.fetch(
        """SELECT id, ticket, about, who, phone, outcome FROM duty_call WHERE channel = 'voice' AND gateway = 'console'
           AND phone IS NOT NULL ORDER BY done_at IS NOT NULL, id DESC LIMIT $1""",
        limit,
    )
    return [
        (
            r["id"],
            privacy.open_sealed(r["phone"]),
            r["who"],
            spoken(r["ticket"], r["about"], "zh_CN"),
            r["outcome"],
        )
        for r in rows
    ]


async def call(carrier_id: str) -> Any:
    """A call as its caller knows it, or None."""
    return await db.fetchrow(
        """SELECT c.carrier_id, c.status, c.version, c.offered_at, c.answered_at, c.ended_at, c.ended_by, c.phone_tail,
               l.number AS line, l.name, l.name_en,
               (SELECT count(*) FROM call q WHERE q.status = 'queued' AND q.offered_at < c.offered_at) AS ahead
           FROM call c JOIN line l ON l.id = c.line WHERE c.carrier_id = $1""",
        carrier_id,
    )
