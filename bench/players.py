"""Who plays at random: any verb of `VERBS`, with a form filled in by its own description, by somebody who may or may not."""

from __future__ import annotations

import random
from dataclasses import MISSING, fields
from datetime import date, datetime, timedelta
from typing import Any

from core import fields as described
from core.fields import Asked
from core.officers import Officer
from crm.tickets.states import BY_NAME
from crm.tickets.verb import Verb
from crm.tickets.verbs import VERBS
from routing.posts import ROLES

#: How often a move is tried, next to 1: what ends or bars for good must be rare, or nothing is left to move.
RARE = {
    "withdraw": 0.01, "withdraw_merged": 0.05, "name_accused": 0.03, "keep_secret": 0.1, "lift_secret": 2.0,
    "append": 0.2, "leader_note": 0.2, "announce": 0.3, "merge": 0.5, "unmerge": 3.0, "emergency": 0.2, "minute": 0.3,
    "contact": 2.0, "urge": 0.4, "answer_supervision": 0.3, "recompute": 0.0,
}  # fmt: skip
TEXT = "随机检查里写下的一段话，够长，写明情况和依据。"
_STAFF = (
    "supervisor",
    "supervisor",
    "supervisor",
    "dispatcher",
    "agent",
    "reviewer",
    "unit_handler",
    "admin",
)


def verbs(status: str | None = None) -> list[Verb]:
    """Those that move a ticket that is there; with `status` those that fit it."""
    return [
        verb for verb in VERBS.values()
        if verb.on != "new" and (status is None or status in BY_NAME[verb.move].sources)
    ]  # fmt: skip


def pick(chance: random.Random, status: str) -> Verb:
    """Mostly one that fits the ticket's state, sometimes any at all."""
    found = verbs(status if chance.random() < 0.75 else None) or verbs()
    return chance.choices(found, [RARE.get(verb.move, 1.0) for verb in found])[0]


def filled(
    verb: Verb, chance: random.Random, *, units: list[int], tickets: list[str], now: datetime, soon: timedelta
) -> dict[str, Any]:
    """What somebody types: values that the form takes, one in twenty times one that it does not."""
    found = {one.name: _value(one, chance, units, tickets, now, soon) for one in described.asked(verb.form)}
    if found and chance.random() < 0.05:
        spoilt = chance.choice(list(found))
        found[spoilt] = "" if isinstance(found[spoilt], str) else found[spoilt]
    return found


def form_of(verb: Verb, values: dict[str, Any]) -> Any:
    """The form's dataclass itself, for callers who come past the pages."""
    optional = {f.name for f in fields(verb.form) if f.default is not MISSING}
    return verb.form(**{k: v for k, v in values.items() if v is not None or k not in optional})


def person(role: str, units: frozenset[int] = frozenset()) -> Officer:
    number = sorted(ROLES).index(role) + 1
    return Officer(number, role, role, permissions=ROLES[role] | {"ticket.confidential"}, scopes=units)


def staff(chance: random.Random) -> Officer:
    """Somebody of the hotline, or now and then of nowhere."""
    return person(chance.choice(_STAFF))


def unit_staff(chance: random.Random, unit: int, others: list[int]) -> Officer:
    """Somebody of the unit that has the order; one in ten times of another."""
    scope = unit if chance.random() < 0.9 else chance.choice(others)
    return person(chance.choice(("unit_head", "unit_head", "unit_handler")), frozenset({scope}))


def _value(
    one: Asked, chance: random.Random, units: list[int], tickets: list[str], now: datetime, soon: timedelta
) -> Any:
    it = one.field
    if it.options:
        return chance.choice(list(it.options))
    if one.kind is bool:
        return chance.random() < 0.6
    if it.widget == "unit":
        return chance.choice(units) if it.required or chance.random() < 0.2 else None
    if it.widget == "units":
        return tuple(chance.sample(units, chance.randrange(max(2, it.least), 4))) if it.required else ()
    if it.widget == "ticket":
        return chance.choice(tickets)
    if one.kind is datetime:
        return now + chance.random() * soon
    if one.kind is date:
        return (now + timedelta(days=chance.randrange(5))).date()
    if one.kind is int:
        return chance.randrange(max(1, it.least), 4)
    return TEXT[: it.most] if it.required or chance.random() < 0.5 else ""
