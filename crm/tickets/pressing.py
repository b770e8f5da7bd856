"""What presses on a ticket beside its state: urges without answer, a supervision, a request for time, a conference.

Read for one ticket's page; the unit's page shows it first, with the buttons that answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import db
from crm.tickets import returns
from crm.tickets.verb import Verb


@dataclass(frozen=True)
class Pressing:
    """`urges` wait for an answer, the latest first; the others are the open row, or None. `proposed`: the return that
    the unit's head has not answered, for the unit itself."""

    urges: Sequence[Any]
    supervision: Any
    asked: Any
    conference: Any
    proposed: Any = None

    @property
    def answer_due(self) -> Any:
        """When the first of the urges has to be answered; None when nobody has to."""
        return min((row["answer_due_at"] for row in self.urges if row["answer_due_at"]), default=None)


async def on(number: int, *, own_order: int | None = None) -> Pressing:
    """One question each, however much there is. The page has let the officer in; `own_order` is their unit's."""
    urges = await db.fetch(
        """SELECT no, source, content, urged_at, urged_by_name, answer_due_at FROM urge
           WHERE ticket = $1 AND answered_at IS NULL ORDER BY no DESC LIMIT 20""",
        number,
    )
    supervision = await db.fetchrow(
        "SELECT * FROM supervision WHERE ticket = $1 AND lifted_at IS NULL ORDER BY id DESC LIMIT 1", number
    )
    asked = await db.fetchrow(
        """SELECT r.* FROM time_request r JOIN work_order w ON w.id = r.work_order
           WHERE r.ticket = $1 AND r.ruled_at IS NULL AND w.status = 'handling' ORDER BY r.id DESC LIMIT 1""",
        number,
    )
    conference = await db.fetchrow(
        "SELECT * FROM conference WHERE ticket = $1 AND ruled_at IS NULL ORDER BY id DESC LIMIT 1", number
    )
    proposed = await returns.proposal(own_order) if own_order is not None else None
    return Pressing(urges, supervision, asked, conference, proposed)


@dataclass(frozen=True)
class Shelf:
    """Buttons in three groups: at hand, under 更多, and apart from both what cannot be undone."""

    common: Sequence[Verb]
    more: Sequence[Verb]
    grave: Sequence[Verb]


#: What people of any desk reach for, the most urgent first; everything else stands under 更多.
COMMON: Final = (
    "answer_supervision", "answer_urge", "drop_return", "grant_extension", "refuse_extension", "grant_hold", "refuse_hold",
    "designate", "minute", "keep_closed", "announce", "merge", "urge", "call_conference", "appeal", "resume",
    "take_back", "pass_down", "ask_extension", "ask_hold", "supervise", "lift_supervision", "unmerge", "emergency_over",
)  # fmt: skip
MOST: Final = 4
_RULES: Final[Mapping[str, str]] = {
    "grant_extension": "extension",
    "refuse_extension": "extension",
    "grant_hold": "hold",
    "refuse_hold": "hold",
}
_ASKS: Final = frozenset({"ask_extension", "ask_hold"})


def arrange(verbs: Sequence[Verb], now: Pressing) -> Shelf:
    """Those that have something to act on, in their groups."""
    kept = [verb for verb in verbs if _has_matter(verb.move, now)]
    safe = {verb.move: verb for verb in kept if not verb.stop}
    common = [safe[name] for name in COMMON if name in safe][:MOST]
    more = [verb for verb in safe.values() if verb not in common]
    return Shelf(common, more, [verb for verb in kept if verb.stop])


def _has_matter(move: str, now: Pressing) -> bool:
    if move in _RULES:
        return now.asked is not None and now.asked["kind"] == _RULES[move]
    if move in _ASKS:
        return now.asked is None
    if move == "drop_return":
        return now.proposed is not None
    return move != "answer_urge" or bool(now.urges)
