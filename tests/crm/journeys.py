"""Tickets brought to any state by the real verbs, and a right body for every move: what matrix tests are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from core import clock, db, fields
from core.officers import Officer
from crm.tickets import register
from crm.tickets.states import BY_NAME
from crm.tickets.verbs import VERBS
from tests.crm.cast import HEATING, form, unit_named

UNIT: Final = "D120104-GR"
_HANDLING: Final = ("dispatch", "sign", "contact")
_REPLIED: Final = (*_HANDLING, "reply")
_FOLLOW_UP: Final = (*_REPLIED, "accept")
#: The moves that lead to a state, after the registration.
PATHS: Final[dict[str, tuple[str, ...]]] = {
    "received": (),
    "emergency": ("emergency",),
    "dispatched": ("dispatch",),
    "handling": _HANDLING,
    "suspended": (*_HANDLING, "ask_hold", "grant_hold"),
    "return_review": ("dispatch", "ask_return"),
    "conference": ("dispatch", "ask_return", "call_conference"),
    "replied": _REPLIED,
    "follow_up": _FOLLOW_UP,
    "closed": (*_FOLLOW_UP, "close"),
    "redo": (*_FOLLOW_UP, "redo"),
    "merged": ("merge",),
    "withdrawn": ("withdraw",),
}  # fmt: skip
#: What must have been asked before a move can answer it.
BEFORE: Final[dict[str, tuple[str, ...]]] = {
    "grant_extension": ("ask_extension",), "refuse_extension": ("ask_extension",), "grant_hold": ("ask_hold",),
    "refuse_hold": ("ask_hold",), "answer_urge": ("urge",), "answer_supervision": ("supervise",),
    "raise_supervision": ("supervise",), "lift_supervision": ("supervise",), "lift_secret": ("keep_secret",),
    "keep_closed": ("appeal",), "drop_return": ("propose_return",), "announce": ("declare_incident",),
}  # fmt: skip


@dataclass
class Cast:
    """Who acts, by role; the units' people are of `UNIT`."""

    people: Mapping[str, Officer]
    lead: int
    other: int
    below: int

    def who(self, move: str) -> Officer:
        """Somebody who may make it."""
        rights = BY_NAME[move].who
        return next(officer for officer in self.people.values() if officer.can(*rights))


async def cast_of(people: Mapping[str, Officer]) -> Cast:
    lead = await unit_named("南开区供热办")
    below = await db.fetchval(
        "SELECT u.id FROM unit u JOIN unit o ON starts_with(u.path, o.path) AND u.id <> o.id WHERE o.id = $1 LIMIT 1",
        lead,
    )  # fmt: skip
    return Cast(people, lead, await unit_named("河西区供热办"), below or lead)


async def at(cast: Cast, state: str) -> int:
    """A new ticket in that state."""
    if state in ("answered", "refused"):
        return await _ended_at_once(cast, state)
    made = await register.register(cast.people["agent"], await form(), now=clock.now())
    for move in PATHS[state]:
        await make(cast, made.number, move)
    return made.number


async def make(cast: Cast, ticket: int, move: str) -> None:
    """The move by somebody who may, with a right body."""
    name, who = ("ask_return", "unit_handler") if move == "propose_return" else (move, "")
    officer = cast.people[who] if who else cast.who(name)
    verb, given = VERBS[name], await body(cast, name, ticket)
    read = fields.from_json(verb.form, given)
    subject = await order_of(ticket, BY_NAME[name].part) if verb.on == "order" else ticket
    await verb.do(officer, subject, fields.read(verb.form, read), now=clock.now())


async def order_of(ticket: int, part: str = "lead") -> int:
    found = await db.fetchval(
        "SELECT id FROM work_order WHERE ticket = $1 AND part = $2 ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1",
        ticket, part,
    )  # fmt: skip
    return int(found or 0)


async def body(cast: Cast, move: str, ticket: int) -> dict[str, Any]:
    """What the move's form takes."""
    if move == "merge":
        master = await register.register(cast.people["agent"], await form(), now=clock.now())
        return {"master": f"{master.number:013d}", "ground": "同一小区同一条管道停水"}
    later = (clock.local(clock.now()) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    special: dict[str, Any] = {
        "lead": cast.other if move in ("reassign", "accept_return", "designate") else cast.lead,
        "assists": [cast.other] if move == "add_assist" else [], "unit": cast.below, "units": [cast.other],
        "participants": [cast.lead, cast.other], "resume_on": later, "level": 1, "amount": 1,
        "urgency": 1 if move == "rerate" else 3,
        "satisfied": 1, "reached": True, "follow_up": "must", "solved": "yes", "code": "R1", "outcome": "no_answer",
    }  # fmt: skip
    found: dict[str, Any] = {}
    for one in fields.asked(VERBS[move].form):
        it = one.field
        if one.name in special and (not it.options or special[one.name] in it.options):
            found[one.name] = special[one.name]
        elif it.options:
            found[one.name] = next(iter(it.options))
        elif one.kind is str:
            found[one.name] = "写明情况和依据：配件已到，今天换好。"[: it.most]
    return found


async def standing(ticket: int) -> tuple[str, int]:
    row = await db.fetchrow("SELECT status, version FROM ticket WHERE id = $1", ticket)
    return row["status"], row["version"]


async def _ended_at_once(cast: Cast, state: str) -> int:
    agent, now, read = cast.people["agent"], clock.now(), await form(**HEATING)
    if state == "answered":
        return (
            await register.answer(agent, read, answer="供暖期至 3 月 15 日。", article="", now=now)
        ).number
    done = await register.refuse(agent, read, ground="litigation", legal_path="可向区法院起诉。", now=now)
    return done.number
