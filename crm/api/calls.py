"""`/api/v1/calls`: what the call bar does. The voice itself is the carrier's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from core.api.operations import Call, reads, writes
from core.fields import Field
from core.i18n import N_
from core.web import requires
from crm import calls
from crm.api import shapes
from crm.pages.calls import masked
from crm.tickets.words import DISPOSITION

CALLS = N_("通话")
TAKER = requires("call.take")
#: The carrier is asked within: nothing of it may wait for a transaction, or be undone by one.
_LIVE = N_("再来一次没有害处，所以不认 Idempotency-Key。")
_CHOSEN = {code: DISPOSITION[code] for code in calls.CHOSEN}


@dataclass(frozen=True)
class Switch:
    on: Annotated[bool, Field(N_("打开或关上"), "flag", example=True)] = False


@dataclass(frozen=True)
class Ending:
    disposition: Annotated[str, Field(N_("通话结果"), "choices", options=_CHOSEN)]
    note: Annotated[str, Field(N_("备注"), required=False, most=200)] = ""


@reads("/api/v1/calls", TAKER, N_("手上的通话、排队的人数、还没说结果的通话"), tag=CALLS, gives=shapes.Desk)
async def desk(call: Call[Any]) -> shapes.Desk:
    return await _desk(call)


@writes(
    "/api/v1/calls/answered",
    TAKER,
    N_("接下一通：等得最久的"),
    tag=CALLS,
    gives=shapes.Desk,
    keeps=False,
    more=_LIVE,
)
async def answer_next(call: Call[Any]) -> shapes.Desk:
    """`call` is null where nobody waits."""
    await calls.answer_next(call.officer, now=call.now)
    return await _desk(call)


@writes(
    "/api/v1/calls/{id:int}/hold",
    TAKER,
    N_("保持或恢复通话"),
    tag=CALLS,
    given=Switch,
    gives=shapes.Desk,
    keeps=False,
    more=_LIVE,
)
async def hold(call: Call[Switch]) -> shapes.Desk:
    await calls.hold(call.officer, call.id(), call.given.on)
    return await _desk(call)


@writes(
    "/api/v1/calls/{id:int}/mute",
    TAKER,
    N_("静音或取消"),
    tag=CALLS,
    given=Switch,
    gives=shapes.Desk,
    keeps=False,
    more=_LIVE,
)
async def mute(call: Call[Switch]) -> shapes.Desk:
    await calls.mute(call.officer, call.id(), call.given.on)
    return await _desk(call)


@writes(
    "/api/v1/calls/{id:int}/end", TAKER, N_("挂断"), tag=CALLS, gives=shapes.Desk, keeps=False, more=_LIVE
)
async def hang_up(call: Call[Any]) -> shapes.Desk:
    await calls.hang_up(call.officer, call.id(), now=call.now)
    return await _desk(call)


@writes(
    "/api/v1/calls/{id:int}/disposition", TAKER, N_("这通电话怎样结束的"), tag=CALLS, given=Ending,
    gives=shapes.Desk,
)  # fmt: skip
async def dispose(call: Call[Ending]) -> shapes.Desk:
    asked = call.given
    await calls.dispose(call.officer, call.id(), disposition=asked.disposition, note=asked.note, now=call.now)
    return await _desk(call)


routes: list[Any] = [desk, answer_next, hold, mute, hang_up, dispose]


async def _desk(call: Call[Any]) -> shapes.Desk:
    waits = await calls.waiting()
    ended = [row["id"] for row in await calls.without_disposition(call.officer)]
    return shapes.Desk(_shape(await calls.in_hand(call.officer)), waits.count, waits.since, ended)


def _shape(row: Any) -> shapes.Call | None:
    if row is None:
        return None
    names = (
        "id", "status", "line", "line_name", "citizen", "offered_at", "answered_at", "ended_at", "muted",
        "disposition", "tickets",
    )  # fmt: skip
    return shapes.Call(**{name: row[name] for name in names}, phone=masked(row))
