"""The port of `routing.effects`: what a change of calendar or limits does to the open orders, told and set going."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import clock, db
from core.admin.questions import Question, Settled
from core.admin.writing import RowChange
from core.db import Tx
from core.i18n import _
from crm.pages.names import names
from crm.tickets import recompute_plans, recomputing
from crm.tickets.recomputing import Preview
from routing.admin.limits import CLOCKS
from routing.calendar_year import turned

#: What open orders do with a new limit.
KEEP, FOLLOW = "keep", "follow"
PANEL = "crm/admin/effects.html"


class OnDays:
    """A new calendar counts for every open order; nobody chooses."""

    async def ask(self, rows: Sequence[RowChange], *, undoes: int | None = None) -> Question | None:
        if not turned(rows):
            return None
        context = await shown(await foresee_calendar(rows))
        return Question(tuple(context["words"]), PANEL, context)

    async def settle(self, t: Tx, change: Settled, answer: str) -> str:
        if not turned(change.rows):
            return ""
        run = await recompute_plans.order_run(change.id, follow=True, title=change.reason, by=change.by)
        return f"/runs/{run}"


class OnLimits:
    """Open orders keep their limit, or follow the new one; after an undo of what they followed, back again."""

    async def ask(self, rows: Sequence[RowChange], *, undoes: int | None = None) -> Question | None:
        found = await foresee_limits(rows)
        if found is None:
            return None
        context = await shown(found)
        back = undoes is not None and await was_followed(undoes)
        return Question(
            tuple(context["words"]), PANEL, context, choices=() if found.is_empty else ways(found, back=back), label=_("在办单怎么办"),
            chosen=FOLLOW if back else KEEP,
        )  # fmt: skip

    async def settle(self, t: Tx, change: Settled, answer: str) -> str:
        if answer != FOLLOW:
            return ""
        run = await recompute_plans.order_run(change.id, follow=True, title=change.reason, by=change.by)
        return f"/runs/{run}"


class OnOpenOrders:
    days = OnDays()
    limits = OnLimits()


def ways(found: Preview, *, back: bool = False) -> tuple[tuple[str, str, str], ...]:
    """What may become of the open orders, each with a sentence."""
    follow = _("{n} 件在办单的到期时间会变，每件记一条经过；不发短信。").format(n=found.moved)
    if back:
        return (
            (KEEP, _("保持现在的时限"), _("上次跟着改的单不退回去，只有以后新派的单用恢复的时限。")),
            (FOLLOW, _("退回恢复的时限"), follow),
        )
    return (
        (KEEP, _("保持原来的时限"), _("新时限只用于生效后新派的单（默认）。")),
        (FOLLOW, _("跟着新时限"), follow),
    )


async def was_followed(change: int) -> bool:
    """Whether open orders were told to follow this change."""
    return bool(
        await db.fetchval(
            """SELECT EXISTS (SELECT FROM run WHERE kind = $1 AND (parameters ->> 'change')::bigint = $2
                              AND parameters ->> 'follow' = 'true')""",
            recomputing.KIND, change,
        )
    )  # fmt: skip


async def foresee_calendar(rows: Sequence[RowChange]) -> Preview:
    now, rules = clock.now(), await recompute_plans.rulebook_afresh()
    plan = recompute_plans.of_calendar(rules.calendar, rows, rules.limits, rules.calendar.date_of(now))
    return await recomputing.preview(plan.proposal, plan.scope, now=now)


async def foresee_limits(rows: Sequence[RowChange]) -> Preview | None:
    """If open orders followed; None where no limit counts otherwise than before."""
    now, rules = clock.now(), await recompute_plans.rulebook_afresh()
    wished = recompute_plans.table_after(rules.limits, rows)
    plan = recompute_plans.of_limits(rules.calendar, wished, rows, today=clock.local(now).date())
    if not plan.proposal.cells:
        return None
    return await recomputing.preview(plan.proposal, plan.scope, now=now)


def words(found: Preview) -> list[str]:
    """In a sentence or three: how many move, which way, how many would be late."""
    if found.is_empty:
        return [_("没有在办单的到期时间会变。")]
    said = [
        _("{n} 件在办单的到期时间会变：{later} 件延后，{earlier} 件提前。").format(
            n=found.moved, later=found.later, earlier=found.earlier
        )
    ]
    if found.overdue:
        said.append(_("其中 {n} 件会立即超期。").format(n=found.overdue))
    if found.saved:
        said.append(_("其中 {n} 件不再超期。").format(n=found.saved))
    return said


async def shown(found: Preview) -> dict[str, Any]:
    """What the template of the effects asks for."""
    called = await names()
    units = sorted(found.units.items(), key=lambda entry: (-entry[1].overdue, -entry[1].moved, entry[0]))
    return {
        "effect": found, "words": words(found), "now": clock.now(),
        "units": [(called.unit(unit), share) for unit, share in units],
        "moments": [
            (shift, called.unit(shift.unit) if shift.unit else _("派单台"), _(dict(CLOCKS)[shift.clock]))
            for shift in found.rows
        ],
    }  # fmt: skip
