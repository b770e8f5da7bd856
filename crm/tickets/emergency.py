"""紧急: danger to life goes to 110, 119, 120 or 122 first, the ticket after. The agent stays on the line until the other
side answers, reads the facts back, and says when it was a call of three. The ticket waits for how it ended, or comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from core.db import tx
from core.fields import Field
from core.i18n import N_
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import ticket_for
from crm.tickets.verb import Verb
from routing.rulebook import rulebook

SERVICE: Final = {
    "110": N_("110 公安报警"),
    "119": N_("119 消防救援"),
    "120": N_("120 医疗急救"),
    "122": N_("122 交通事故"),
}
#: What the agent says and asks before letting go.
SCRIPT: Final = {
    "110": N_("地点、人数、有没有凶器、是否还在继续；请来电人到安全处等民警。"),
    "119": N_("地点、烧的是什么、有没有人被困、楼层；请来电人离开，不要乘电梯。"),
    "120": N_("地点、年龄、清醒吗、呼吸吗；不要搬动，等急救指导。"),
    "122": N_("地点、方向、有没有人受伤、车辆数；开双闪、人到护栏外。"),
}


@dataclass(frozen=True)
class HandOver:
    """To whom, what was read back, and whether all three were on the line."""

    service: Annotated[str, Field(N_("转给"), "choices", options=SERVICE, sentences=SCRIPT)]
    read_back: Annotated[
        str,
        Field(N_("向对方复述了什么、对方怎样答"), least=6, example="复述地址林苑西里6号楼，119 回应已出车。"),
    ]
    three_party: Annotated[bool, Field(N_("三方通话"), "flag", N_("分不清归谁时：三方都在线上再挂"))] = False


@dataclass(frozen=True)
class Over:
    outcome: Annotated[str, Field(N_("结果"), least=4, example="119 回告火已扑灭，无人受伤。")]


@dataclass(frozen=True)
class Back:
    ground: Annotated[str, Field(N_("对方为什么退回"), least=4, example="110 认定为物业纠纷，不属警情。")]


async def hand_over(
    officer: Officer, number: int, form: HandOver, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """A ticket that waits for dispatch turns out to be an emergency."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await move.make(
            t, "emergency", ticket, by=officer, now=now, seen=seen, ticket_set={"dispatch_due_at": None},
            data=told(form),
        )  # fmt: skip


async def over(
    officer: Officer, number: int, form: Over, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The service told how it ended."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await move.make(
            t, "emergency_over", ticket, by=officer, now=now, seen=seen, ticket_set={"closed_at": now},
            data={"outcome": form.outcome},
        )  # fmt: skip


async def back(
    officer: Officer, number: int, form: Back, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Not theirs after all: to the dispatchers' queue, as urgent as it was."""
    book = await rulebook()
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        due = clocks_of.dispatch_due(book, ticket.kind, ticket.urgency, now)
        return await move.make(
            t, "emergency_back", ticket, by=officer, now=now, seen=seen,
            ticket_set={"queued_at": now, "dispatch_due_at": due}, data={"ground": form.ground},
        )  # fmt: skip


def told(form: HandOver) -> dict[str, object]:
    return {"service": form.service, "read_back": form.read_back, "three_party": form.three_party}


verbs = (
    Verb("emergency", HandOver, hand_over, done=N_("已记紧急转接。对方回告后记下结果。"), initials="jjzj",
         hint=N_("先转接，后补单。对方接起来、复述清楚以后才放手。")),
    Verb("emergency_over", Over, over, done=N_("已记结果，工单办结。")),
    Verb("emergency_back", Back, back, done=N_("已回到待派队列。")),
)  # fmt: skip
