"""Who works in a demo day: agents with calls in hand, dispatchers, units, reviewers, follow-up agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core import accounts, clock, db
from core.officers import Officer
from crm import calls
from crm.tickets import dispatch, following_up, register, registration, replies, signing
from crm.tickets.access import ticket_for
from crm.tickets.following_up import Answer
from hotline.demo import day_script
from hotline.demo.day_script import Caller, Chance
from hotline.demo.load import _form, _of_unit, _officer
from routing.posts import ROLES
from routing.rulebook import rulebook

if TYPE_CHECKING:
    from hotline.demo.day import Day

AGENTS = 7
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class Staff:
    """`agents`: officer → busy until. All hold the rights of their posts and no more."""

    chance: Chance
    agents: dict[Officer, datetime]
    dispatcher: Officer
    reviewer: Officer
    asker: Officer

    @classmethod
    async def gather(cls, chance: Chance) -> Staff:
        """The demo's people, and agents who cannot sign in."""
        rows = await db.fetch("SELECT username, id FROM account")
        ids = {row["username"]: row["id"] for row in rows}
        agents = [await _agent(ids, n) for n in range(1, AGENTS + 1)]
        never = datetime.min.replace(tzinfo=clock.zone())
        lijing, chennan, liuyang = (_officer(ids, name) for name in ("lijing", "chennan", "liuyang"))
        return cls(chance, dict.fromkeys(agents, never), chennan, liuyang, lijing)

    # --- calls ---

    def free_agent(self, now: datetime) -> Officer | None:
        return next((agent for agent, until in self.agents.items() if until <= now), None)

    def busy(self, agent: Officer, until: datetime) -> None:
        self.agents[agent] = until

    async def answer(self, agent: Officer, now: datetime) -> tuple[int, str] | None:
        call = await calls.answer_next(agent, now=now)
        if call is None:
            return None
        return call, await db.fetchval("SELECT carrier_id FROM call WHERE id = $1", call)

    async def finish(self, day: Day, agent: Officer, call: int, caller: Caller | None, now: datetime) -> None:
        """The end of a talk: a ticket, an answer, or neither; then the receiver goes down."""
        came_of = self.chance.of(day_script.CAME_OF) if caller else "silent"
        if caller is not None and came_of in ("ticket", "answer"):
            book = await rulebook()
            form = registration.check(
                {**_form(caller.message, book), "phone": f"+86{caller.phone}", "anonymous": False}, book
            )
            if came_of == "answer":
                await register.answer(
                    agent, form, answer=caller.message["reply"], article="", now=now, call=call
                )
            else:
                done = await register.register_and_dispatch(agent, form, now=now, call=call)
                await self._follow(day, done.number, bool(done.dispatched_to), now)
            await calls.hang_up(agent, call, now=now)
        else:
            await calls.dispose(agent, call, disposition=came_of, note="", now=now)

    async def hang_up_all(self, now: datetime) -> None:
        """Everybody's call ends with the day; who still waits is sent home."""
        for agent in self.agents:
            row = await db.fetchrow(
                "SELECT id FROM call WHERE agent = $1 AND status IN ('ringing', 'talking', 'held')", agent.id
            )
            if row is not None:
                await calls.dispose(agent, row["id"], disposition="answered", note="", now=now)
        waiting = await db.fetch(
            "SELECT carrier_id FROM call WHERE status = 'queued' AND starts_with(carrier_id, 'local-')"
        )
        for row in waiting:
            await calls.hung_up(row["carrier_id"], now=now)

    # --- tickets ---

    async def plan_backlog(self, day: Day) -> None:
        """What lies on the desks in the morning is worked off over the day."""
        for row in await db.fetch(
            "SELECT id FROM ticket WHERE status IN ('received', 'redo') AND NOT confidential"
        ):
            self._dispatch_later(day, row["id"], day.start + self.chance.minutes(5, 240))
        for row in await db.fetch(
            """SELECT w.id, w.unit, w.ticket, w.status FROM work_order w JOIN ticket t ON t.id = w.ticket
               WHERE w.part = 'lead' AND w.status IN ('dispatched', 'handling', 'replied') AND NOT t.confidential"""
        ):
            if row["status"] == "replied":
                self._review_later(day, row["ticket"], day.start + self.chance.minutes(5, 300))
            elif not self.chance.once_in(8):
                at = day.start + self.chance.minutes(10, 500)
                self._unit_later(
                    day, row["ticket"], row["id"], row["unit"], at, reply_after=self.chance.minutes(20, 240)
                )
        for row in await db.fetch("SELECT id FROM ticket WHERE status = 'follow_up' AND phone_tail <> ''"):
            self._ask_later(day, row["id"], day.start + self.chance.minutes(20, 600))

    async def _follow(self, day: Day, number: int, is_dispatched: bool, now: datetime) -> None:
        if is_dispatched:
            await self._order_out(day, number, now)
        else:
            self._dispatch_later(day, number, now + self.chance.minutes(4, 45))

    def _dispatch_later(self, day: Day, number: int, at: datetime) -> None:
        async def act(now: datetime) -> None:
            plan = await dispatch.suggested(await ticket_for(self.dispatcher, number), now)
            await dispatch.dispatch(self.dispatcher, number, plan, now=now)
            await self._order_out(day, number, now)

        day.at(at, "dispatch", act)

    async def _order_out(self, day: Day, number: int, now: datetime) -> None:
        """The unit signs within its limit, mostly, and answers within its own, mostly."""
        row = await db.fetchrow(
            """SELECT id, unit, sign_due_at, close_due_at FROM work_order
               WHERE ticket = $1 AND part = 'lead' ORDER BY id DESC LIMIT 1""",
            number,
        )
        sign = min(row["sign_due_at"] - now, 120 * MINUTE) * self.chance.share(0.1, 0.95)
        if self.chance.once_in(20):
            sign = (row["sign_due_at"] - now) * 1.2
        reply = min(row["close_due_at"] - now, 420 * MINUTE) * self.chance.share(0.3, 0.9)
        self._unit_later(day, number, row["id"], row["unit"], now + sign, reply_after=reply)

    def _unit_later(
        self, day: Day, number: int, order: int, unit: int, at: datetime, *, reply_after: timedelta
    ) -> None:
        handler = _of_unit(unit)

        async def sign(now: datetime) -> None:
            if await _order_status(order) == "dispatched":
                await signing.sign(handler, order, now=now)
            day.at(now + self.chance.minutes(3, 40), "contact", contact)

        async def contact(now: datetime) -> None:
            await signing.contact(handler, order, how="call", reached=True, note="已说明办理安排", now=now)
            day.at(now + reply_after, "reply", reply)

        async def reply(now: datetime) -> None:
            result = self.chance.of(day_script.RESULTS)
            answer = "您好，您反映的问题我们已到现场核实处理，如再出现请随时来电。"
            await replies.reply(handler, order, replies.Reply(result, answer), now=now)
            self._review_later(day, number, now + self.chance.minutes(5, 45))

        day.at(at, "sign", sign)

    def _review_later(self, day: Day, number: int, at: datetime) -> None:
        async def act(now: datetime) -> None:
            ticket = await ticket_for(self.reviewer, number)
            if self.chance.once_in(14):
                await replies.send_back(
                    self.reviewer, number, defect="D6", note="请补充办理前后的照片", now=now
                )
                return
            need, ground = ("must", "") if ticket.phone_tail else ("none", "没有留电话，无法回访")
            await replies.accept(self.reviewer, number, follow_up=need, ground=ground, now=now)
            if need == "must":
                self._ask_later(day, number, now + self.chance.minutes(30, 240))

        day.at(at, "review", act)

    def _ask_later(self, day: Day, number: int, at: datetime) -> None:
        async def act(now: datetime) -> None:
            outcome = await following_up.record(self.asker, number, self._answer(), now=now)
            if not outcome.finished:
                noon = day.start + 4 * 60 * MINUTE
                again = noon + self.chance.minutes(10, 200) if now < noon else day.end
                self._ask_later(day, number, again)

        day.at(at, "follow up", act)

    def _answer(self) -> Answer:
        outcome = self.chance.of(day_script.ASKED)
        if outcome != "answered":
            return Answer(outcome)
        solved, satisfied = self.chance.of(day_script.SOLVED), self.chance.of(day_script.SATISFIED)
        if solved == "no":
            if self.chance.once_in(3):
                return Answer(outcome, solved, 4, note="依法依规不能办，已当面解释")
            return Answer(outcome, solved, redo=True, cause="市民说问题又出现了，没有解决")
        return Answer(outcome, solved, satisfied)


async def _agent(ids: dict[str, int], n: int) -> Officer:
    """An account that holds its place in the books; without a password nobody can sign in to it."""
    username, name = f"demo-agent-{n}", f"坐席 03{n:02d}"
    known = ids.get(username) or await accounts.add(username, name)
    return Officer(known, username, name, permissions=ROLES["agent"])


async def _order_status(order: int) -> str:
    return str(await db.fetchval("SELECT status FROM work_order WHERE id = $1", order))
