"""异议 and 新情况 on a ticket at rest: first to triage, then taken up again or left closed with a ground.

`ticket.triage_at` *is* the work list: set by an appeal, or by words that a citizen adds to a ticket at rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from core.db import tx
from core.errors import Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import move
from crm.tickets.access import ticket_for
from crm.tickets.verb import Verb

#: The list of tickets to triage, as a topic of the live channel.
TRIAGE = "queue:appeals"


@dataclass(frozen=True)
class Appeal:
    facts: Annotated[
        str,
        Field(
            N_("市民为什么不同意，有什么新情况"), least=5, most=2000, example="答复说已修好，今天又停暖了。"
        ),
    ]


@dataclass(frozen=True)
class Keep:
    ground: Annotated[
        str, Field(N_("为什么维持办结"), least=5, example="所述情况已在上次答复中说明，没有新事实。")
    ]


@dataclass(frozen=True)
class RefuseRedo:
    ground: Annotated[str, Field(N_("为什么不予重办"), least=5, example="诉求超出原单范围，已另立新单。")]


async def appeal(
    officer: Officer, number: int, form: Appeal, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Put it before a dispatcher; the ticket rests until they decide."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        t.changed(TRIAGE)
        return await move.make(
            t, "appeal", ticket, by=officer, now=now, seen=seen, ticket_set={"triage_at": ticket.triage_at or now},
            data={"facts": form.facts},
        )  # fmt: skip


async def keep_closed(
    officer: Officer, number: int, form: Keep, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Nothing new in it: it stays as it is, and the citizen is told."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        if ticket.triage_at is None:
            raise Refused(_("这张单没有待研判的异议。"), code="no_request")
        t.changed(TRIAGE)
        return await move.make(
            t, "keep_closed", ticket, by=officer, now=now, seen=seen, ticket_set={"triage_at": None},
            data={"ground": form.ground},
        )  # fmt: skip


async def refuse_redo(
    officer: Officer, number: int, form: RefuseRedo, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The dispatcher does not confirm the redo that the follow-up asked for."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await move.make(
            t, "refuse_redo", ticket, by=officer, now=now, seen=seen,
            ticket_set={"closed_at": now, "dispatch_due_at": None}, data={"ground": form.ground},
        )  # fmt: skip


verbs = (
    Verb("appeal", Appeal, appeal, done=N_("已交研判，派单员决定是否重新受理。"), initials="tcyy"),
    Verb("keep_closed", Keep, keep_closed, done=N_("维持办结，市民会收到短信。"), initials="wcbj",
         fits=lambda _o, ticket, _w: ticket.triage_at is not None),
    Verb("refuse_redo", RefuseRedo, refuse_redo, done=N_("不予重办，市民会收到短信。"), stop=True),
)  # fmt: skip
