"""经过: the one teller of a ticket's events, for three readers: the hotline, a unit, the citizen.

What each move is called and what is told beside it is `TELLINGS`, a row a move; a move that a reader has no
sentence for is not told to them. The citizen reads what happened and when, in their own words, never who or why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from core.i18n import N_, _
from crm.tickets.states import BY_NAME, Move
from crm.tickets.telling_words import Words
from crm.tickets.tellings import TELLINGS, Telling


@dataclass(frozen=True)
class Reader:
    """Who reads, and how: free text goes through `mask`; `unit_name`: (id, what it was called then) → its name now.

    `orders`: work order id → unit, to name whose act it was; `own`: those of the reader's unit.
    """

    who: Literal["hotline", "unit", "citizen"] = "hotline"
    mask: Callable[[str], str] = str
    unit_name: Callable[[int, str], str] = lambda _unit, name: name
    orders: Mapping[int, str] = field(default_factory=dict)
    own: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Told:
    """One line of the story. `status` is the ticket's after it; `turns`: it changed."""

    at: datetime
    verb: str
    mark: str
    title: str
    detail: str
    who: str
    version: int
    round: int
    status: str
    turns: bool


def tell(events: Iterable[Mapping[str, Any]], reader: Reader) -> list[Told]:
    """Rows of `queries.events`, in the order given, as this reader is told them."""
    told = list(events)
    handed = _handed_on(told, reader)
    return [line for event in told if (line := _line(event, reader, handed)) is not None]


def written(events: Iterable[Mapping[str, Any]], verb: str, name: str) -> str:
    """What the latest `verb` said in `name`; `events` latest first."""
    for event in events:
        if event["verb"] == verb:
            return str(_data(event).get(name) or "")
    return ""


#: Work order → each time it went to another unit: the event's version and verb, and from whom, the first first.
_Handed = Mapping[int, list[tuple[int, str, str]]]
#: Rights that people of a unit act by.
_OF_UNITS: Final = frozenset({"order.sign", "order.work", "order.approve"})


def _handed_on(events: Iterable[Mapping[str, Any]], reader: Reader) -> _Handed:
    found: dict[int, list[tuple[int, str, str]]] = {}
    for event in sorted(events, key=lambda event: event["version"]):
        if event["verb"] in ("pass_down", "take_back", "succeed"):
            data = _data(event)
            name = reader.unit_name(data.get("from") or 0, data.get("from_name") or "")
            for order in data.get("orders") or [event["work_order"] or 0]:
                found.setdefault(order, []).append((event["version"], event["verb"], name))
    return found


def _unit_then(event: Mapping[str, Any], reader: Reader, handed: _Handed) -> str:
    """Whose act it was: the unit that had the order then; nothing for what the hotline did."""
    order, version = event["work_order"] or 0, event["version"]
    if _OF_UNITS.isdisjoint(BY_NAME[event["verb"]].who):
        return ""
    for at, verb, unit in handed.get(order, ()):
        if version < at or (version == at and verb == "pass_down"):
            return unit
    return reader.orders.get(order, "")


def _line(event: Mapping[str, Any], reader: Reader, handed: _Handed) -> Told | None:
    verb, data = event["verb"], _data(event)
    telling = TELLINGS[variant(verb, data)]
    title = _title(telling, BY_NAME[verb], event, reader)
    if not title:
        return None
    words = Words(verb, data, reader.unit_name, in_full=reader.who == "citizen")
    details = telling.detail if reader.who != "citizen" else telling.citizen_detail
    who = [] if reader.who == "citizen" else [_who(event), _unit_then(event, reader, handed)]
    move = BY_NAME[verb]
    return Told(
        event["at"], verb, _(telling.mark), title.format_map(words),
        reader.mask(" · ".join(filter(None, (words[name] for name in details)))),
        " · ".join(filter(None, who)), event["version"], event["round"], event["status"],
        bool(move.target or move.restores),
    )  # fmt: skip


def _who(event: Mapping[str, Any]) -> str:
    """A person's name as it is; the hotline itself and a citizen, who have no account, in the reader's language."""
    name: str = event["actor_name"] or N_("系统")
    return name if event["actor"] else _(name)


def _title(telling: Telling, move: Move, event: Mapping[str, Any], reader: Reader) -> str:
    """The sentence for this reader, not filled in yet; "" when they are not told."""
    if reader.who == "citizen":
        return _(telling.citizen) if telling.citizen else ""
    if reader.who == "unit" and (telling.hidden or (telling.inner and event["work_order"] not in reader.own)):
        return ""
    return _(telling.title or move.label)


def variant(verb: str, data: Mapping[str, Any]) -> str:
    """The row of `TELLINGS`: some moves are told otherwise for how they went."""
    match verb:
        case "contact" if not data.get("reached"):
            return "contact:missed"
        case "urge" if not str(data.get("source", "")).startswith("citizen"):
            return "urge:ours"
        case "close" if data.get("way"):
            return "close:unasked"
        case "escalate" if not data.get("step"):
            return "escalate:nobody"
        case "grant_hold" if data.get("ground") == "citizen":
            return "grant_hold:citizen"
    return verb


def _data(event: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        event["data"] if isinstance(event["data"], dict) else json.loads(event["data"] or "{}")
    )
    return found
