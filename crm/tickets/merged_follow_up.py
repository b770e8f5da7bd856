"""回访 of merged citizens: their matter was answered with its master, so each is asked, on the round of their own ticket.

The need and the moment are the master's, for whoever can be reached. While the master is taken up again nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import db
from core.db import Tx
from core.officers import Officer
from crm.tickets import move
from crm.tickets.access import TicketRow
from crm.tickets.states import Status

#: Where a master stands when its merged tickets' citizens may be asked.
ANSWERED: Final = (Status.FOLLOW_UP, Status.CLOSED, Status.ARCHIVED)
_ANSWERED: Final = ", ".join(f"'{status}'" for status in ANSWERED)
#: On `ticket t` and its round `f`: the citizen is to be asked.
WANTED: Final = f"""(t.status = 'follow_up' OR (t.status = 'merged' AND f.follow_up_due_at IS NOT NULL
    AND f.follow_up_at IS NULL AND EXISTS (SELECT 1 FROM ticket m WHERE m.id = t.merged_into
    AND m.status IN ({_ANSWERED}))))"""
_REACHED: Final = "c.phone_tail <> '' AND NOT c.anonymous AND NOT 'none' = ANY(c.reply_by) AND $3 <> 'none'"


@dataclass(frozen=True)
class Answered:
    """The ticket (and its round) whose answer a citizen is asked about; `wanted`: they are to be asked now."""

    ticket: int
    round: int
    wanted: bool


async def need(
    t: Tx, master: int, *, follow_up: str, ground: str, due: datetime | None, now: datetime
) -> None:
    """The master was answered: what each merged round needs, but for those that were asked already."""
    await t.execute(
        f"""UPDATE round r SET accepted_at = $2, follow_up = CASE WHEN {_REACHED} THEN $3 ELSE 'none' END,
                follow_up_ground = $4, follow_up_due_at = CASE WHEN {_REACHED} THEN $5::timestamptz END
            FROM ticket c WHERE c.merged_into = $1 AND c.status = 'merged' AND r.ticket = c.id AND r.no = c.round
                AND r.follow_up_at IS NULL""",
        master, now, follow_up, ground, due,
    )  # fmt: skip
    t.changed("queue:follow_up")


async def join(t: Tx, child: int, master: int) -> None:
    """Merged into one that is answered already: the child's citizen is asked with the others."""
    await t.execute(
        """UPDATE round r SET accepted_at = f.accepted_at, follow_up = CASE WHEN c.phone_tail <> '' AND NOT c.anonymous
               AND NOT 'none' = ANY(c.reply_by) THEN f.follow_up ELSE 'none' END, follow_up_ground = f.follow_up_ground,
               follow_up_due_at = CASE WHEN c.phone_tail <> '' AND NOT c.anonymous AND NOT 'none' = ANY(c.reply_by)
               THEN f.follow_up_due_at END
           FROM ticket c, ticket m JOIN round f ON f.ticket = m.id AND f.no = m.round
           WHERE c.id = $1 AND m.id = $2 AND m.status = 'follow_up' AND r.ticket = c.id AND r.no = c.round""",
        child, master,
    )  # fmt: skip


async def leave(t: Tx, child: int) -> None:
    """On its own again: nobody has answered this round."""
    await t.execute(
        """UPDATE round r SET accepted_at = NULL, follow_up = '', follow_up_ground = '', follow_up_due_at = NULL
           FROM ticket c WHERE c.id = $1 AND r.ticket = c.id AND r.no = c.round AND r.follow_up_at IS NULL""",
        child,
    )


async def answered_with(number: int) -> Answered | None:
    """Of a merged ticket: whose answer its citizen is asked about. None when it is not merged."""
    row = await db.fetchrow(
        f"""SELECT m.id AS ticket, m.round, {WANTED} AS wanted
            FROM ticket t JOIN ticket m ON m.id = t.merged_into JOIN round f ON f.ticket = t.id AND f.no = t.round
            WHERE t.id = $1 AND t.status = 'merged'""",
        number,
    )
    return None if row is None else Answered(**row)


async def close(
    t: Tx, officer: Officer, child: TicketRow, *, solved: str, satisfied: int | None, by_way: str, now: datetime,
    outcome: str = "answered", note: str = "",
) -> move.Moved:  # fmt: skip
    """The merged citizen was asked: their word is on their own round, the ticket stays merged."""
    moved = await move.make(
        t, "merged_answered", child, by=officer, now=now,
        data={"solved": solved, "satisfied": satisfied, "outcome": outcome, "note": note, "way": by_way},
    )  # fmt: skip
    await t.execute(
        """UPDATE round SET follow_up_at = $3, follow_up_by = $4, solved = $5, satisfied = $6
           WHERE ticket = $1 AND no = $2""",
        child.id, child.round, now, by_way, solved, satisfied,
    )  # fmt: skip
    return moved
