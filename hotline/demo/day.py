"""One day of the hotline, lived in minutes through the same verbs as the pages use.

People call on the lines, wait or hang up; agents answer, register and dispatch; dispatchers send the rest; units
sign, call back and reply; reviewers judge; follow-up agents ask. Who sits at a desk meanwhile works in the same
day: whoever acts first has acted, and the play passes on. `hotline demo --day` starts it; Ctrl-C ends it and lets
the clock run at its own pace again.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from callbacks import local_caller
from core import clock, db, live
from core.errors import Refused
from core.officers import Officer
from core.runs import Run, running
from crm import calls
from crm.kpi import queries
from crm.kpi.facts import Period
from crm.kpi.formulas import THREE
from crm.kpi.rates import Rate, shown
from crm.kpi.rules import rules
from hotline.demo import day_clock
from hotline.demo.day_script import Caller, Chance
from hotline.demo.day_staff import Staff
from hotline.demo.load import MESSAGES
from routing.rulebook import rulebook

Act = Callable[[datetime], Awaitable[None]]
HOURS = 12
SECOND = timedelta(seconds=1)
#: The play is cut into so many steps for its progress bar: business minutes.
STEPS = HOURS * 60


class Day:
    """The agenda: acts in order of their moment. `told` hears a line each business hour."""

    def __init__(self, staff: Staff, chance: Chance, start: datetime, told: Callable[[str], None]) -> None:
        self.staff, self.chance, self.start, self.told = staff, chance, start, told
        self.end = start + timedelta(hours=HOURS)
        self.did: Counter[str] = Counter()
        self._agenda: list[tuple[datetime, int, str, Act]] = []
        self._numbers = itertools.count()
        self._waiting: dict[str, Caller] = {}

    def at(self, moment: datetime, name: str, act: Act) -> None:
        """Do `act` then; what would come after the end of the day is left for another."""
        if moment < self.end:
            heapq.heappush(self._agenda, (moment, next(self._numbers), name, act))

    async def play(self, run: Run) -> None:
        """Until the day is over. Raises `Cancelled` when somebody asked the run to end."""
        for hour in range(1, HOURS + 1):
            self.at(self.start + timedelta(hours=hour) - SECOND, "hour", self._tell)
        while self._agenda:
            moment, _number, name, act = heapq.heappop(self._agenda)
            while (wait := (moment - clock.now()).total_seconds()) > 0:
                await asyncio.sleep(min(wait / clock.rate(), 0.5))
                await self._progress(run)
            await self._progress(run)
            try:
                await act(max(moment, clock.now()))
                self.did[name] += 1
            except Refused:
                self.did["refused"] += 1  # somebody at a desk was first, or it is no longer to be done

    async def _progress(self, run: Run) -> None:
        await run.progress(min(int((clock.now() - self.start).total_seconds() // 60), STEPS), STEPS)

    # --- calls ---

    def expect(self, caller: Caller) -> None:
        self.at(caller.at, "call", partial(self._ring, caller))

    async def _ring(self, caller: Caller, now: datetime) -> None:
        carrier = await local_caller.dial(line=caller.line, phone=caller.phone, now=now)
        self._waiting[carrier] = caller
        self.at(now + caller.patience, "gave up", partial(self._give_up, carrier))
        await self._serve(now)

    async def _give_up(self, carrier: str, now: datetime) -> None:
        """Nothing to give up for somebody who was answered: also by a person at a desk."""
        if self._waiting.pop(carrier, None) is None:
            return
        if await db.fetchval("SELECT status FROM call WHERE carrier_id = $1", carrier) == "queued":
            await calls.hung_up(carrier, now=now)

    async def _serve(self, now: datetime) -> None:
        """Free agents take the longest waiting."""
        while agent := self.staff.free_agent(now):
            taken = await self.staff.answer(agent, now)
            if taken is None:
                return
            call, carrier = taken
            caller = self._waiting.pop(carrier, None)
            talks = caller.talks if caller else timedelta(minutes=2)
            self.staff.busy(agent, self.end)
            self.at(now + talks, "talk", partial(self._talked, agent, call, caller))

    async def _talked(self, agent: Officer, call: int, caller: Caller | None, now: datetime) -> None:
        try:
            await self.staff.finish(self, agent, call, caller, now)
        finally:
            self.staff.busy(agent, now + 20 * SECOND)
            self.at(now + 21 * SECOND, "free", self._serve)

    async def _tell(self, now: datetime) -> None:
        self.told(f"{clock.local(now + SECOND):%H:%M}  {await line(now)}")


async def line(now: datetime) -> str:
    """The three rates of this day so far, in one line."""
    today, set_ = clock.local(now).date(), rules()
    said = []
    for key in THREE:
        counts = await queries.counted_now(key, Period(today, today, now), queries.Scope(), set_)
        rate = Rate.of(counts)
        said.append(f"{key} {shown(rate.percent, set_.target)} ({rate.numerator}/{rate.denominator})")
    return " · ".join(said)


async def play(
    *, minutes: float = 8.0, many: int = 420, told: Callable[[str], None] = print,
    watch: Callable[[Run], None] | None = None, seed: int | None = None,
) -> Counter[str]:  # fmt: skip
    """Live the next working day from 08:00 to 20:00 in so many real minutes; what was done, by name."""
    await day_clock.turn(
        clock.now(), clock.rate()
    )  # refuses where it must not be turned, before anything is done
    start = day_clock.next_opening(clock.now(), (await rulebook()).calendar)
    chance = Chance(seed if seed is not None else start.toordinal())
    messages = [json.loads(text) for text in MESSAGES.read_text("utf-8").splitlines() if text.strip()]
    staff = await Staff.gather(chance)
    async with live.running(listen=False), running("demo day", watch=watch) as run:
        day = Day(staff, chance, start, told)
        for caller in chance.callers(start, many, messages):
            day.expect(caller)
        await staff.plan_backlog(day)
        await day_clock.turn(start, HOURS * 60 / minutes)
        try:
            await day.play(run)
            await run.progress(STEPS, STEPS)
        finally:
            await asyncio.shield(_rest(staff))
    return day.did


async def _rest(staff: Staff) -> None:
    """The clock at its own pace again, and nobody left hanging on the line."""
    now = clock.now()
    await day_clock.turn(now, 1.0)
    await staff.hang_up_all(now)
