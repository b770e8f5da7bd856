"""保密 and 回避: who must not learn of a ticket.

Reports (举报) are confidential by default; whoever asks for it gets it. The **accused unit**, what is below it, and its
parents below the supervisor level (`SUPERVISES`) can neither be sent the ticket nor see it; `access.visible` says the
same in SQL. Only a named post lifts confidentiality.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from core import db, privacy
from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from core.text import grams
from crm.tickets import move
from crm.tickets.access import SUPERVISES, TicketRow, ticket_for
from crm.tickets.verb import Facts, Verb
from routing import units
from routing.rulebook import rulebook


@dataclass(frozen=True)
class Secret:
    reason: Annotated[str, Field(N_("原因"), least=4, example="来电人要求不让单位知道。")]


@dataclass(frozen=True)
class Accused:
    """The units the caller complains about."""

    units: Annotated[tuple[int, ...], Field(N_("被反映单位"), "units", least=1, most=5)]


async def keep(
    officer: Officer, number: int, form: Secret, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """From now on only named posts see it; its words leave the search index."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        if ticket.confidential:
            raise Refused(_("已经是保密件。"), code="wrong_state")
        return await move.make(
            t, "keep_secret", ticket, by=officer, now=now, seen=seen,
            ticket_set={"confidential": True, "grams": []}, data={"reason": form.reason},
        )  # fmt: skip


async def lift(
    officer: Officer, number: int, form: Secret, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Open to everybody who may see tickets; its words can be found again."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        if not ticket.confidential:
            raise Refused(_("不是保密件。"), code="wrong_state")
        row = await t.fetchrow("SELECT title, content, place FROM ticket WHERE id = $1", number)
        words = grams(privacy.mask_text(f"{row['title']} {row['content']} {row['place']}"))
        return await move.make(
            t, "lift_secret", ticket, by=officer, now=now, seen=seen,
            ticket_set={"confidential": False, "grams": words}, data={"reason": form.reason},
        )  # fmt: skip


async def accuse(
    officer: Officer, number: int, form: Accused, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Name the units. Raises Refused while one of them, or of those barred with them, has the ticket."""
    book = await rulebook()
    if any(unit not in book.units for unit in form.units):
        raise Invalid({"units": _("从列表里选现有的单位。")})
    kept_out = await barred(form.units)
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        holding = await t.fetchval(
            """SELECT unit FROM work_order WHERE ticket = $1 AND unit = ANY($2::int[]) AND ended_at IS NULL LIMIT 1""",
            number, sorted(kept_out),
        )  # fmt: skip
        if holding is not None:
            said = _("{unit}正在承办这张单，先改派给别的单位，再登记。")
            raise Refused(said.format(unit=book.units[holding].name), code="holds_it")
        await t.executemany(
            """INSERT INTO accused_unit (ticket, unit, named_at, named_by_name) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING""",
            [(number, unit, now, officer.name) for unit in form.units],
        )
        return await move.make(
            t, "name_accused", ticket, by=officer, now=now, seen=seen, ticket_set={"has_accused": True},
            data={"units": list(form.units), "names": [book.units[unit].name for unit in form.units]},
        )  # fmt: skip


async def barred(accused: Collection[int]) -> frozenset[int]:
    """Units that must have nothing to do with a ticket about `accused`."""
    found: set[int] = set()
    for unit in accused:
        found |= await units.below(unit)
        found |= {above.id for above in await units.above(unit) if above.kind not in SUPERVISES}
    return frozenset(found)


async def check_targets(ticket: TicketRow, targets: Sequence[int]) -> dict[str, str]:
    """The complaint about a dispatch to units that the ticket is about: {"lead": …} or {"assists": …}, or nothing."""
    if not ticket.has_accused:
        return {}
    accused = await db.fetch("SELECT unit FROM accused_unit WHERE ticket = $1", ticket.id)
    kept_out = await barred([row["unit"] for row in accused])
    lead, *assists = targets
    said = _("市民反映的就是该单位（或其上下级），不能派给它；请派给它的上级监督部门。")
    if lead in kept_out:
        return {"lead": said}
    return {"assists": said} if kept_out.intersection(assists) else {}


async def accused_of(t: Tx, number: int) -> list[int]:
    rows = await t.fetch("SELECT unit FROM accused_unit WHERE ticket = $1 ORDER BY unit", number)
    return [row["unit"] for row in rows]


async def _named(officer: Officer, number: int, _at: datetime) -> Facts:
    async with tx() as t:
        await ticket_for(officer, number)
        return Facts((), {"units": await accused_of(t, number)})


verbs = (
    Verb("keep_secret", Secret, keep, done=N_("已转为保密件。"), initials="bm",
         fits=lambda _o, ticket, _w: not ticket.confidential),
    Verb("lift_secret", Secret, lift, done=N_("已解除保密。"), fits=lambda _o, ticket, _w: ticket.confidential),
    Verb("name_accused", Accused, accuse, done=N_("已登记，这些单位和它们的上下级看不到这张单。"), facts=_named,
         hint=N_("被反映的单位、它的下属和监督级以下的上级都不能承办，也看不到这张单。")),
)  # fmt: skip
