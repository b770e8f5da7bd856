"""The demo city's last days: our own 300 messages, lived through the real verbs, each at its own moment.

Idempotent: a message whose ticket is there is passed over.
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core import clock, db
from core.errors import Refused
from core.officers import Officer
from crm import calls
from crm.tickets import closing, dispatch, register, registration, replies, returns, signing
from crm.tickets.access import ticket_for
from hotline.demo import people
from routing.posts import ROLES
from routing.rulebook import Rulebook, rulebook

MESSAGES = Path(__file__).parent / "messages.jsonl"
#: How far along its way each of ten messages has come, oldest first.
STAGES = (
    "closed",
    "closed",
    "follow_up",
    "replied",
    "handling",
    "handling",
    "returned",
    "signed",
    "dispatched",
    "new",
)


@dataclass(frozen=True)
class Cast:
    """The people whose hands the demo's tickets pass through."""

    agent: Officer
    dispatcher: Officer
    reviewer: Officer


async def load(progress: Callable[[int, int], None] | None = None) -> int:
    """Accounts, posts and tickets; returns how many tickets are new."""
    book = await rulebook()
    ids = await people.add(
        clock.local(clock.now()).date(), {unit.code: unit.id for unit in book.units.values()}
    )
    cast = Cast(_officer(ids, "lijing"), _officer(ids, "chennan"), _officer(ids, "liuyang"))
    messages = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines() if line.strip()]
    made = 0
    for place, (message, at, stage) in enumerate(_schedule(messages, clock.now()), start=1):
        made += await _live(message, at, stage, place, cast, book)
        if progress is not None:
            progress(place, len(messages))
    await _quiet_old_notices(clock.now() - timedelta(hours=1))
    return made


def _schedule(
    messages: list[dict[str, Any]], now: datetime
) -> Iterator[tuple[dict[str, Any], datetime, str]]:
    """Each message with its moment (the last twelve days, oldest first) and how far it has come by now."""
    chance = random.Random(12345)  # noqa: S311 - the same demo on every machine
    shuffled = messages[:]
    chance.shuffle(shuffled)
    for place, message in enumerate(shuffled):
        share = place / len(shuffled)
        back = timedelta(days=12) * (1 - share) ** 3 + timedelta(minutes=chance.uniform(1, 6))
        stage = STAGES[min(int(share * len(STAGES)), len(STAGES) - 1)]
        yield message, now - back, "new" if message["confidential"] and share > 0.5 else stage


async def _live(
    message: dict[str, Any], at: datetime, stage: str, place: int, cast: Cast, book: Rulebook
) -> int:
    form = registration.check(_form(message, book), book)
    claim = ("demo", f"message:{place}")
    call = await _call(form, at, place, cast.agent)
    if message["kind"] == "consult" and stage in ("closed", "follow_up"):
        done = await register.answer(
            cast.agent, form, answer=message["reply"], article="", now=at, claim=claim, call=call
        )
        return 0 if done.repeated else 1
    done = await register.register(cast.agent, form, now=at, claim=claim, call=call)
    if done.repeated:
        return 0
    if stage != "new":
        await _go_on(done.number, message, at, stage, cast)
    return 1


async def _call(form: registration.Registration, at: datetime, place: int, agent: Officer) -> int | None:
    """The call that the message came by, answered and ended; every thirtieth caller before it had hung up. None
    where it is there."""
    carrier, rang = f"demo-{place}", at - timedelta(minutes=4)
    if await db.fetchval("SELECT 1 FROM call WHERE carrier_id = $1", carrier):
        return None
    if place % 30 == 0:
        await calls.receive(
            carrier_id=f"{carrier}-lost", line=form.line, phone="", now=rang - timedelta(minutes=2)
        )
        await calls.hung_up(f"{carrier}-lost", now=rang - timedelta(minutes=1))
    call = await calls.receive(carrier_id=carrier, line=form.line, phone=form.phone, now=rang)
    if await calls.answer_next(agent, now=rang + timedelta(seconds=5 + place % 20)) != call:
        return None  # somebody else waited longer
    await calls.hang_up(agent, call, now=at)
    return call


async def _go_on(number: int, message: dict[str, Any], at: datetime, stage: str, cast: Cast) -> None:
    """From dispatch to `stage`, minutes to hours apart as a real day has it, never past now."""
    now = clock.now()
    step = _steps(at, now)
    try:
        plan = await dispatch.suggested(await ticket_for(cast.dispatcher, number), at)
    except Refused:
        return  # no catalogue line is sure: it waits for a dispatcher
    await dispatch.dispatch(cast.dispatcher, number, plan, now=next(step))
    if stage == "dispatched":
        return
    order, unit = await _lead(number)
    handler = _of_unit(unit)
    if stage == "returned":
        asked = returns.Return("R2", "现场核对，该设施未移交本单位管理，附移交清单")
        await _try(returns.ask(_of_unit(unit, "unit_head"), order, asked, now=next(step)))
        return
    await signing.sign(handler, order, now=next(step))
    if stage == "signed":
        return
    await signing.contact(handler, order, how="call", reached=True, note="已说明办理安排", now=next(step))
    if stage == "handling":
        return
    answer = replies.Reply(message["result"], message["reply"])
    await replies.reply(handler, order, answer, now=next(step))
    if stage == "replied":
        return
    reachable = not message["anonymous"]
    await replies.accept(
        cast.reviewer, number, follow_up="must" if reachable else "none",
        ground="" if reachable else "匿名，无法回访", now=next(step),
    )  # fmt: skip
    if stage == "closed" and reachable:
        solved = {"solved": "yes", "explained": "yes", "partly": "partly", "cannot": "no"}[message["result"]]
        await closing.close(cast.reviewer, number, solved=solved, satisfied=2, by_way="call", now=next(step))


def _steps(start: datetime, now: datetime) -> Iterator[datetime]:
    """Moments after `start`, each a sixth of the way that is left to `now`."""
    at = start
    while True:
        at = at + min((now - at) / 6, timedelta(hours=5))
        yield at


async def _try(verb: Awaitable[Any]) -> None:
    """A return may come too late for its window: then the order simply stays to be signed."""
    try:
        await verb
    except Refused:
        return


async def _lead(number: int) -> tuple[int, int]:
    row = await db.fetchrow(
        "SELECT id, unit FROM work_order WHERE ticket = $1 AND part = 'lead' ORDER BY id DESC LIMIT 1", number
    )
    return row["id"], row["unit"]


def _form(message: dict[str, Any], book: Rulebook) -> dict[str, Any]:
    street = next(
        (s.code for s in book.streets.values()
         if s.name == message["street"] and s.district_name == message["district"]), "",
    )  # fmt: skip
    return {**message, "content": message["text"], "street": street, "phone": f"+86{message['phone']}"}


def _officer(ids: dict[str, int], username: str) -> Officer:
    person = next(p for p in people.PEOPLE if p.username == username)
    rights = frozenset(ROLES[person.role]) | {"ticket.confidential"}
    return Officer(ids[username], username, person.name, permissions=rights)


def _of_unit(unit: int, role: str = "unit_handler") -> Officer:
    """Somebody of the unit that got the order: the demo's units have no accounts but one."""
    rights = frozenset(ROLES[role]) | {"ticket.confidential"}
    return replace(Officer(0, "demo", "值班员"), permissions=rights, scopes=frozenset({unit}), unit=unit)


async def _quiet_old_notices(before: datetime) -> None:
    """Nobody wants yesterday's SMS: what fell due before `before` counts as told."""
    await db.execute(
        "UPDATE notice_due SET done_at = due_at, outcome = 'before the demo began' WHERE done_at IS NULL AND due_at < $1",
        before,
    )
