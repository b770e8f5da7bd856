"""The business clock of a playground, turned: a day in minutes, and back to the pace of the wall."""

from __future__ import annotations

from datetime import datetime, time

from core import clock, db, installation
from core.errors import Refused
from core.i18n import _
from routing.calendar import Calendar

OPENS = time(8)


async def turn(business: datetime, rate: float) -> None:
    """From this real moment it is `business`, running `rate` times as fast. Raises Refused in production."""
    if await installation.purpose() not in installation.PLAYGROUNDS:
        raise Refused(_("只有演示库或测试库能拨快时钟。"), code="not_a_playground")
    async with db.tx() as t:
        await t.execute("DELETE FROM business_clock")
        await t.execute(
            "INSERT INTO business_clock (real_at, business_at, rate) VALUES ($1, $2, $3)",
            clock.real_now(), business, rate,
        )  # fmt: skip
    await installation.follow_clock()


def next_opening(now: datetime, calendar: Calendar) -> datetime:
    """The next 08:00 of a working day, from `now` on: time never runs back."""
    here = clock.local(now)
    day = here.date()
    if here.time() > OPENS or not calendar.is_workday(day):
        day = calendar.next_workday(day)
    return datetime.combine(day, OPENS, clock.zone())
