"""Which text a told move has: for a citizen by what is known of the ticket, for a unit by its order. Pure.

A test goes through the table of moves: whoever is told has a text here, or stands in `SILENT` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crm.tickets.states import IN_HANDS, OrderStatus, Status

#: Verb → the citizen's text. `register`, `grant_hold` and `merge` have a second one: see `citizen`.
CITIZEN: Final[dict[str, str]] = {
    "register": "registered",
    "refuse": "refused",
    "dispatch": "dispatched",
    "dispatch_redo": "redispatched",
    "refuse_redo": "redo_refused",
    "grant_extension": "extended",
    "grant_hold": "paused",
    "remind_citizen": "waiting_reminder",
    "accept": "answered",
    "accept_and_close": "answered_closed",
    "close": "closed",
    "merge": "joined",
    "unmerge": "apart",
    "announce": "announcement",
    "keep_closed": "kept_closed",
}
#: What must be known before the text says anything.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "dispatched": ("unit", "due"),
    "redispatched": ("unit", "due"),
    "extended": ("unit", "due"),
    "waiting_for_you": ("due",),
    "waiting_reminder": ("due",),
    "paused": ("due",),
    "answered": ("result",),
    "answered_closed": ("result",),
    "announcement": ("text",),
}
#: Moves of a master that its merged tickets' citizens do not hear of: it is not they who were asked or objected.
NOT_FOR_CHILDREN: Final = frozenset({"close", "remind_citizen", "refuse_redo", "keep_closed"})
#: Where the ticket must still stand; elsewhere the move is overtaken.
STILL: Final[dict[str, frozenset[Status]]] = {
    "dispatch": IN_HANDS,
    "dispatch_redo": IN_HANDS,
    "grant_extension": IN_HANDS,
    "grant_hold": frozenset({Status.SUSPENDED}),
    "remind_citizen": frozenset({Status.SUSPENDED}),
}
#: What a confidential ticket's citizen may be told of, and then no more than "call us".
CONFIDENTIAL: Final = frozenset(CITIZEN) - {"dispatch", "dispatch_redo", "announce", "merge", "unmerge"}

#: Verb → the text of a unit whose order goes on.
_UNIT: Final[dict[str, str]] = {
    "rerate": "unit_rerated",
    "succeed": "unit_succeeded",
    "pass_down": "unit_passed_down",
    "take_back": "unit_taken_back",
    "grant_extension": "unit_extension_granted",
    "refuse_extension": "unit_extension_refused",
    "grant_hold": "unit_hold_granted",
    "refuse_hold": "unit_hold_refused",
    "resume": "unit_resumed",
    "refuse_return": "unit_return_refused",
    "designate_same": "unit_designated_same",
    "urge": "unit_urged",
    "supervise": "unit_supervised",
    "raise_supervision": "unit_supervision_raised",
    "leader_note": "unit_leader_note",
    "send_back": "unit_sent_back",
    "unmerge": "unit_unmerged",
}
#: Verb → the text of a lead that is new to the ticket; an assist has its own.
_NEW: Final[dict[str, str]] = {
    "dispatch": "unit_new",
    "dispatch_redo": "unit_redo",
    "reassign": "unit_new",
    "accept_return": "unit_new",
    "designate": "unit_designated",
    "add_assist": "unit_assist",
}
#: The order's end → its unit's text, whatever the verb.
_ENDED: Final[dict[str, str]] = {
    OrderStatus.RECALLED: "unit_recalled",
    OrderStatus.RETURNED: "unit_return_granted",
    OrderStatus.CANCELLED: "unit_withdrawn",
    OrderStatus.MERGED: "unit_merged",
}
#: By when, in a unit's text: the order's clock, or what the move itself says.
UNIT_DUE: Final[dict[str, str]] = {
    **dict.fromkeys(("unit_new", "unit_redo", "unit_assist", "unit_designated"), "sign_due_at"),
    **dict.fromkeys(("unit_urged", "unit_supervised", "unit_supervision_raised"), "due"),
    "unit_hold_granted": "resume_on",
    **dict.fromkeys(
        (
            "unit_passed_down", "unit_taken_back", "unit_succeeded", "unit_rerated", "unit_extension_granted",
            "unit_extension_refused", "unit_hold_refused", "unit_resumed", "unit_designated_same",
        ),
        "close_due_at",
    ),
}  # fmt: skip
#: (verb, party) that the table of moves tells and no SMS does, with the reason.
SILENT: Final[dict[tuple[str, str], str]] = {}


def citizen(verb: str, known: Mapping[str, Any], *, ground: str = "", of_master: bool = False) -> str:
    """The name of the text, "" for none. `of_master`: the move was the master's, the reader's ticket is merged into it."""
    if of_master and verb in NOT_FOR_CHILDREN:
        return ""
    name = CITIZEN.get(verb, "")
    if verb == "grant_hold" and ground == "citizen" and not of_master:
        name = "waiting_for_you"
    if verb == "merge" and "unit" in known and "due" in known:
        name = "joined_with"
    return name if all(known.get(needed) for needed in NEEDS.get(name, ())) else ""


def is_overtaken(verb: str, status: str, *, is_merged: bool) -> bool:
    """Whether the ticket (or its master) has moved on before we told."""
    if verb in ("merge", "unmerge"):
        return is_merged is (verb == "unmerge")
    return verb in STILL and status not in STILL[verb]


def unit(verb: str, after: str, part: str) -> str:
    """The name of the text for a unit whose order is `after` now."""
    if after in _ENDED:
        return _ENDED[after]
    if after == OrderStatus.DISPATCHED and verb in _NEW:
        return "unit_assist" if part == "assist" else _NEW[verb]
    return _UNIT.get(verb, "")
