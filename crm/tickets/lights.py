"""The light of a clock, and the moments at which it turns (`docs/clocks.md`). Pure.

The turning moments are stored, so that the browser turns a light without asking and the sweep finds rows.
`static/js/lights.js` says the same in the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from routing.calendar import Calendar
from routing.limits import Limit

#: From this many working days on, the last one is yellow even if more than half the time is left.
LONG: Final = 5


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"  # half of the time left, or less
    ORANGE = "orange"  # a fifth left, or less
    RED = "red"  # over
    BLUE = "blue"  # paused
    GREY = "grey"  # no clock
    DONE = "done"


@dataclass(frozen=True)
class Turns:
    """When a running clock's light turns."""

    yellow_at: datetime
    orange_at: datetime
    red_at: datetime

    def light(self, now: datetime) -> Light:
        if now >= self.red_at:
            return Light.RED
        if now >= self.orange_at:
            return Light.ORANGE
        return Light.YELLOW if now >= self.yellow_at else Light.GREEN

    def after(self, now: datetime) -> datetime | None:
        """The next turn; None when it is red already."""
        return next((at for at in (self.yellow_at, self.orange_at, self.red_at) if at > now), None)


def turns_at(start: datetime, due: datetime, *, limit: Limit, calendar: Calendar) -> Turns:
    """Shares are of the whole time from start to due: with pauses and extensions, for a limit in working
    days without the time in days off (else a long holiday alone would turn the light).
    """
    if not limit.in_workdays:
        return Turns(due - (due - start) / 2, due - (due - start) / 5, due)
    whole = calendar.working_time(start, due)
    yellow, orange = calendar.back(due, whole / 2), calendar.back(due, whole / 5)
    if limit.amount >= LONG:
        yellow = min(yellow, calendar.begin_of(calendar.nth_last_workday(calendar.date_of(due), 2)))
    return Turns(min(yellow, orange), orange, due)


def ticket_light(
    start: datetime | None, due: datetime | None, now: datetime, *,
    limit: Limit, calendar: Calendar, paused: bool = False, done: bool = False,
) -> Light:  # fmt: skip
    """The light now. A clock that has stopped is done, on time or not; blue never hides the ticket's age."""
    if done:
        return Light.DONE
    if paused:
        return Light.BLUE
    if start is None or due is None:
        return Light.GREY
    return turns_at(start, due, limit=limit, calendar=calendar).light(now)
