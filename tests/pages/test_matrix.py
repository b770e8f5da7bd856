"""Moves by pages and by programs: what `MOVES` allows succeeds and leaves its state; what it does not leaves no trace."""

from __future__ import annotations

import zlib
from typing import Any, Final

import httpx
import pytest

from core.officers import Officer
from crm.tickets.states import BY_NAME, Move, Status
from crm.tickets.verb import Verb
from crm.tickets.verbs import VERBS
from tests.crm import journeys
from tests.crm.journeys import BEFORE, Cast, body, order_of, standing
from tests.people import Hire, Visitor

pytestmark = pytest.mark.usefixtures("database")

ROLES: Final = (
    "agent", "dispatcher", "reviewer", "supervisor", "unit_handler", "unit_head", "kb_editor", "admin",
)  # fmt: skip
STATES: Final = (*journeys.PATHS, "answered", "refused")
ON_TICKETS: Final = {name: verb for name, verb in VERBS.items() if verb.on != "new"}
#: Need a work order of another kind than the journeys make: an assist's own, a unit below.
ELSEWHERE: Final = {"sign_assist", "reply_assist", "pass_down", "take_back"}
#: Their form cannot be filled in rightly here (no ticket to join, no unit below): the complaint comes first.
FORM_FIRST: Final = {"merge", "pass_down"}
REFUSALS_A_ROLE: Final = 2
#: The number of no work order.
NOBODYS: Final = 999_999


async def test_a_move_that_is_allowed_is_made(officer: Hire) -> None:
    """Each move once, from one of its states, by turns through page and API."""
    people, cast = await _people(officer)
    wrong: list[str] = []
    for name, verb in ON_TICKETS.items():
        if name in ELSEWHERE:
            continue
        state = _from(BY_NAME[name])
        ticket = await journeys.at(cast, state)
        for before in BEFORE.get(name, ()):
            await journeys.make(cast, ticket, before)
        visitor = next(v for v in people.values() if v.officer.can(*BY_NAME[name].who))
        if name == "ask_return":  # a handler proposes only
            visitor = people["unit_head"]
        for _ in BEFORE.get(name, ()):
            state = (await standing(ticket))[0]
        answer = await _send(visitor, verb, ticket, await body(cast, name, ticket), by_page=_even(name))
        after = (await standing(ticket))[0]
        if answer.status_code not in (200, 303) or after != _after(BY_NAME[name], state):
            wrong.append(f"{name} from {state}: {answer.status_code}, now {after}: {answer.text[:300]}")
    assert wrong == []


async def test_a_move_that_is_not_allowed_leaves_no_trace(officer: Hire) -> None:
    """From each state, some moves that a role may not make, by turns through page and API."""
    people, cast = await _people(officer)
    assert [wrong for state in STATES for wrong in await _tried(people, cast, state)] == []


async def _tried(people: dict[str, Visitor], cast: Cast, state: str) -> list[str]:
    ticket = await journeys.at(cast, state)
    before = await standing(ticket)
    wrong: list[str] = []
    for role, visitor in people.items():
        for name in _forbidden(state, visitor.officer, role):
            given = {} if name == "merge" else await body(cast, name, ticket)
            given |= {"master": str(ticket), "ground": "同一件事情"} if name == "merge" else {}
            page = _even(name + role)
            answer = await _send(visitor, ON_TICKETS[name], ticket, given, by_page=page)
            said = answer.status_code in {403, 404, 409, *([422] if name in FORM_FIRST else [])}
            shape = page or answer.headers["content-type"] == "application/problem+json"
            if not said or not shape or await standing(ticket) != before:
                wrong.append(f"{state}: {name} by {role}: {answer.status_code} {answer.text[:200]}")
    return wrong


async def _people(hire: Hire) -> tuple[dict[str, Visitor], Cast]:
    people = {
        role: await hire(role, journeys.UNIT if role.startswith("unit") else "", named=role == "supervisor")
        for role in ROLES
    }
    return people, await journeys.cast_of({role: visitor.officer for role, visitor in people.items()})


async def _send(
    visitor: Visitor, verb: Verb, ticket: int, given: dict[str, Any], *, by_page: bool
) -> httpx.Response:
    subject = await order_of(ticket, BY_NAME[verb.move].part) or NOBODYS if verb.on == "order" else ticket
    path = f"/{verb.on}s/{subject}/moves/{verb.move}"
    if by_page:
        return await visitor.post(path, {k: v for k, v in given.items() if v not in (None, False)})
    return await visitor.client.post(f"/api/v1{path}", json=given)


def _from(move: Move) -> str:
    """The state that the move is tried from: any of its own but the registration, where it has another."""
    first = BY_NAME[BEFORE[move.name][0]] if move.name in BEFORE else move
    if first.name == "propose_return":
        first = BY_NAME["ask_return"]
    known = [state for state in STATES if state in first.sources]
    return known[zlib.crc32(move.name.encode()) % len(known)]


def _after(move: Move, state: str) -> str:
    return "received" if move.restores else str(move.after(Status(state)))


def _forbidden(state: str, officer: Officer, role: str) -> list[str]:
    """Some of the moves that this role may not make now, others for each role and state."""
    found = [
        name
        for name in ON_TICKETS
        if not (Status(state) in BY_NAME[name].sources and officer.can(*BY_NAME[name].who))
    ]
    first = zlib.crc32(f"{state}{role}".encode()) % len(found)
    return (found[first:] + found[:first])[:: len(found) // REFUSALS_A_ROLE][:REFUSALS_A_ROLE]


def _even(name: str) -> bool:
    return zlib.crc32(name.encode()) % 2 == 0
