"""The port of `routing.effects`: what a change of calendar or limits does to the open orders, told and set going."""

from __future__ import annotations

from collections.abc import Sequence

from core import clock
from core.admin.writing import RowChange
from core.db import Tx
from core.i18n import _
from core.officers import Officer
from crm.tickets import recompute_plans, recomputing
from crm.tickets.recomputing import Preview
from routing.calendar_year import turned


class OnOpenOrders:
    async def foresee_days(self, rows: Sequence[RowChange]) -> list[str]:
        return words(await foresee_calendar(rows))

    async def days_changed(self, t: Tx, rows: Sequence[RowChange]) -> None:
        if not turned(rows):
            return
        head = await t.fetchrow(
            "SELECT id, account, name, reason FROM admin_change WHERE subject = 'calendar' ORDER BY id DESC LIMIT 1"
        )
        by = Officer(head["account"] or 0, "", head["name"])
        await recompute_plans.order_run(head["id"], follow=True, title=head["reason"], by=by)

    async def foresee_limits(self, rows: Sequence[RowChange]) -> list[str]:
        return [_("只用于新派的单，在办单保持原来的时限；要让在办单跟着改，请在“时限表”页改。")]


async def foresee_calendar(rows: Sequence[RowChange]) -> Preview:
    now, rules = clock.now(), await recompute_plans.rulebook_afresh()
    plan = recompute_plans.of_calendar(rules.calendar, rows, rules.limits, rules.calendar.date_of(now))
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
