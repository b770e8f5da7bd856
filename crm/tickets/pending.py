"""What waits for an answer on a ticket ends with what it was about: requests for more time, proposed returns, a
conference, a supervision. The move that takes the ticket out of the asker's hands settles them, granting nothing.

A merged ticket keeps them: an un-merge brings back exactly what there was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from crm.tickets.states import FINAL, Move, Status

_HANDLED: Final = frozenset({Status.HANDLING, Status.MERGED})
_HELD: Final = frozenset(
    {
        Status.DISPATCHED,
        Status.HANDLING,
        Status.SUSPENDED,
        Status.RETURN_REVIEW,
        Status.CONFERENCE,
        Status.MERGED,
    }
)
#: The verbs that rule on a return write the ruling themselves.
_RULINGS: Final = frozenset({"ask_return", "accept_return", "refuse_return", "designate", "designate_same"})


def settled(
    move: Move, status: Status, number: str, at: str, by: str, args: Callable[[Any], str]
) -> list[str]:
    """Parts of the move's statement, made from `status`; `number`, `at` and `by` are arguments in place."""
    after = move.target
    if after is None or after is status:
        return []
    parts = []
    if status in _HANDLED and after not in _HANDLED:
        parts.append(
            f"""moot_time AS (UPDATE time_request SET ruled_at = {at}, ruled_by_name = {by}
                WHERE ticket = {number} AND ruled_at IS NULL)"""
        )
    if status in _HELD and move.name not in _RULINGS and (after not in _HELD or move.others):
        parts.append(
            f"""moot_return AS (UPDATE return_request SET ruled_at = {at}, ruled_by_name = {by}
                WHERE ticket = {number} AND ruled_at IS NULL)"""
        )
    if after in FINAL:
        parts.append(
            f"""moot_conference AS (UPDATE conference SET ruled_at = {at}, ruled_by_name = {by}
                WHERE ticket = {number} AND ruled_at IS NULL)"""
        )
        parts.append(
            f"""moot_supervision AS (UPDATE supervision SET lifted_at = {at}, lifted_by_name = {by},
                    ground = {args(move.label)} WHERE ticket = {number} AND lifted_at IS NULL)"""
        )
    return parts
