"""督办: formal, with number, limit, written answer and level. It hangs over the ticket, whatever its state.

Issued by a supervisor, or by the hotline itself when a trigger is met: overdue, two redos, three urges by the citizen,
a leader's note (批示), danger to life (P1). Unanswered by its limit it rises a level by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from core import clock, db
from core.db import Tx, tx
from core.errors import Refused
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import clocks_of, move
from crm.tickets.access import OrderRow, TicketRow, order_for, ticket_for
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import BY_NAME, IN_HANDS
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import say
from routing.limits import LimitMissing
from routing.rulebook import rulebook

log = logging.getLogger("hotline.clocks")

#: Where the table has no limit: one missing cell must not keep all others waiting.
WITHOUT_A_LIMIT: Final = timedelta(days=1)
TRIGGER: Final = {
    "overdue": N_("超过办结时限"),
    "redos": N_("重办两次以上"),
    "calls": N_("市民三次以上催办"),
    "leader": N_("领导批示"),
    "media": N_("媒体关注"),
    "group": N_("群体诉求"),
    "p1": N_("危及生命财产"),
    "manual": N_("其他"),
}
LEVEL: Final = {1: N_("承办单位"), 2: N_("主管部门、区热线办"), 3: N_("市级督办")}
HIGHEST: Final = max(LEVEL)
#: The list of supervisions, as a topic of the live channel.
LIST: Final = "queue:supervisions"


@dataclass(frozen=True)
class Issue:
    trigger: Annotated[str, Field(N_("督办事由"), "choices", options=TRIGGER)]
    demand: Annotated[str, Field(N_("督办要求"), least=6, example="三日内到现场核实并书面答复。")]
    level: Annotated[int, Field(N_("督办级别"), "choices", options=LEVEL)] = 1


@dataclass(frozen=True)
class Answer:
    answer: Annotated[str, Field(N_("书面答复"), least=10, most=2000)]


@dataclass(frozen=True)
class Ground:
    ground: Annotated[str, Field(N_("理由"), least=4)]


@dataclass(frozen=True)
class Note:
    """批示: who wrote what; it may call for a supervision at once."""

    leader: Annotated[str, Field(N_("批示领导"), "text", most=40)]
    content: Annotated[str, Field(N_("批示内容"), least=2, most=1000)]
    supervise: Annotated[bool, Field(N_("同时督办"), "flag", required=False)] = False


async def issue(
    officer: Officer, number: int, form: Issue, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Raises Refused while another supervision of the ticket is open: that one is raised instead."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        return await _issue(t, ticket, officer, form, now, seen=seen)


async def note(
    officer: Officer, number: int, form: Note, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Attach a leader's note; the unit is told."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        moved = await move.make(
            t, "leader_note", ticket, by=officer, now=now, seen=seen, order=await _lead(t, ticket),
            data={"leader": form.leader, "content": form.content},
        )  # fmt: skip
        if form.supervise and not ticket.supervised and ticket.status in BY_NAME["supervise"].sources:
            afresh = await ticket_for(officer, number, to="change")
            demand = _("落实{leader}批示：{content}").format(leader=form.leader, content=form.content)
            moved = await _issue(t, afresh, officer, Issue("leader", demand[:500]), now, leader=form.leader)
        return moved


async def answer(
    officer: Officer, order_id: int, form: Answer, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """The unit's written answer, by its head; the supervisor lifts or raises."""
    async with tx() as t:
        ticket, order = await order_for(officer, order_id, to="change")
        found = await _open(t, ticket)
        moved = await move.make(
            t, "answer_supervision", ticket, by=officer, now=now, seen=None,
            data={"answer": form.answer, "number": found["number"], "unit": order.unit},
        )  # fmt: skip
        await t.execute(
            "UPDATE supervision SET answered_at = $2, answered_by_name = $3, answer = $4 WHERE id = $1",
            found["id"], now, officer.name, form.answer,
        )  # fmt: skip
        t.changed(LIST)
        return moved


async def raise_level(
    officer: Officer, number: int, form: Ground, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """One level up with a new limit; the answer so far does not do."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        found = await _open(t, ticket)
        if found["level"] >= HIGHEST:
            raise Refused(_("已是最高级别“{level}”。").format(level=say(LEVEL, HIGHEST)), code="highest")
        level = found["level"] + 1
        due = await _due(ticket, officer, now)
        await t.execute(
            "UPDATE supervision SET level = $2, due_at = $3, answered_at = NULL WHERE id = $1",
            found["id"],
            level,
            due,
        )
        t.changed(LIST)
        return await move.make(
            t, "raise_supervision", ticket, by=officer, now=now, seen=seen, order=await _lead(t, ticket),
            ticket_set={"supervised": level},
            data={"ground": form.ground, "number": found["number"], "level": level, "due": due},
        )  # fmt: skip


async def lift(
    officer: Officer, number: int, form: Ground, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """督办了结."""
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        found = await _open(t, ticket)
        await t.execute(
            "UPDATE supervision SET lifted_at = $2, lifted_by_name = $3, ground = $4 WHERE id = $1",
            found["id"], now, officer.name, form.ground,
        )  # fmt: skip
        t.changed(LIST)
        return await move.make(
            t, "lift_supervision", ticket, by=officer, now=now, seen=seen, ticket_set={"supervised": 0},
            data={"ground": form.ground, "number": found["number"]},
        )  # fmt: skip


# --- by itself ---

#: trigger → the tickets that meet it and have had no supervision for it yet.
_MET: Final = {
    "overdue": """SELECT w.ticket AS id FROM work_order w
        WHERE w.status IN ('dispatched', 'handling') AND w.part = 'lead' AND w.clock = 'close'
          AND w.light = 'red' AND NOT EXISTS (SELECT 1 FROM supervision s WHERE s.ticket = w.ticket)
        ORDER BY w.clock_due_at LIMIT 1""",
    "redos": """SELECT t.id FROM ticket t WHERE t.round > 2 AND t.status IN ('redo', 'dispatched', 'handling')
          AND NOT EXISTS (SELECT 1 FROM supervision s WHERE s.ticket = t.id AND s.trigger = 'redos')
          AND t.supervised = 0 LIMIT 1""",
    "calls": """SELECT t.id FROM ticket t
        WHERE t.urges > 2 AND t.status IN ('received', 'redo', 'dispatched', 'handling', 'return_review', 'conference')
          AND NOT EXISTS (SELECT 1 FROM supervision s WHERE s.ticket = t.id AND s.trigger = 'calls')
          AND t.supervised = 0 LIMIT 1""",
    "p1": """SELECT t.id FROM ticket t WHERE t.urgency = 1 AND t.status IN ('dispatched', 'handling')
          AND NOT EXISTS (SELECT 1 FROM supervision s WHERE s.ticket = t.id) LIMIT 1""",
}
_DEMAND: Final[dict[str, Callable[[], str]]] = {
    "overdue": lambda: _("已超过办结时限，请说明原因和办完的时间。"),
    "redos": lambda: _("已重办两次，请单位负责人到场核实并答复。"),
    "calls": lambda: _("市民已三次以上催办，请说明进展和办完的时间。"),
    "p1": lambda: _("危及生命财产，请立即处置，每两小时报告一次，直到排险。"),
}


async def supervise_next(*, now: datetime) -> bool:
    """Issue the next supervision whose trigger is met, or raise the next that went unanswered; False for neither."""
    for trigger, question in _MET.items():
        found = await db.fetchval(question)
        if found is not None:
            async with tx() as t:
                ticket = await ticket_for(HOTLINE, found, to="change")
                if not ticket.supervised and ticket.status in BY_NAME["supervise"].sources:
                    await _issue(t, ticket, HOTLINE, Issue(trigger, _DEMAND[trigger]()), now)
                    return True
    late = await db.fetchval(
        """SELECT ticket FROM supervision WHERE lifted_at IS NULL AND answered_at IS NULL AND due_at <= $1
           AND level < $2 ORDER BY due_at LIMIT 1""",
        now, HIGHEST,
    )  # fmt: skip
    if late is None:
        return False
    try:
        await raise_level(HOTLINE, late, Ground(_("督办逾期未答复，自动升级。")), now=now)
    except Refused:  # another worker, or a supervisor, was first
        return False
    return True


async def _issue(
    t: Tx,
    ticket: TicketRow,
    officer: Officer,
    form: Issue,
    now: datetime,
    *,
    leader: str = "",
    seen: int | None = None,
) -> move.Moved:
    if ticket.supervised:
        raise Refused(_("这张单已在督办中，可以升级。"), code="supervised")
    due = await _due(ticket, officer, now)
    place = await t.fetchval("SELECT nextval('supervision_number')")
    number = f"D{clock.local(now):%y%m%d}-{place:04d}"
    moved = await move.make(
        t, "supervise", ticket, by=officer, now=now, seen=seen, order=await _lead(t, ticket),
        ticket_set={"supervised": form.level},
        data={"trigger": form.trigger, "demand": form.demand, "number": number, "level": form.level, "due": due},
    )  # fmt: skip
    await t.execute(
        """INSERT INTO supervision (number, ticket, trigger, level, demand, leader, issued_at, issued_by_name, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        number, ticket.id, form.trigger, form.level, form.demand, leader, now, officer.name, due,
    )  # fmt: skip
    t.changed(LIST)
    return moved


async def _due(ticket: TicketRow, officer: Officer, now: datetime) -> datetime:
    """By when it is to be answered. People hear of a gap in the table; what the hotline does by itself goes on."""
    try:
        return clocks_of.due_of(await rulebook(), ticket, "supervise", now)
    except LimitMissing as missing:
        if officer is not HOTLINE:
            raise
        log.warning("a supervision without a limit gets %s: %s", WITHOUT_A_LIMIT, missing.message)
        return now + WITHOUT_A_LIMIT


async def _lead(t: Tx, ticket: TicketRow) -> OrderRow | None:
    return await clocks_of.lead_order(t, ticket) if ticket.status in IN_HANDS else None


async def _open(t: Tx, ticket: TicketRow) -> Any:
    row = await t.fetchrow(
        "SELECT * FROM supervision WHERE ticket = $1 AND lifted_at IS NULL ORDER BY id DESC LIMIT 1",
        ticket.id,
    )
    if row is None:
        raise Refused(_("这张单没有在督办。"), code="no_request")
    return row


async def _told(officer: Officer, number: int, _at: datetime) -> Facts:
    async with tx() as t:
        ticket = await ticket_for(officer, number)
        row = await _open(t, ticket)
    lines = [
        (row["number"], f"{say(LEVEL, row['level'])} · {say(TRIGGER, row['trigger'])}"),
        (_("督办要求"), row["demand"]),
        (_("书面答复"), row["answer"] or _("还没有")),
    ]
    return Facts(lines)


async def _told_unit(officer: Officer, order: int, at: datetime) -> Facts:
    ticket, _order = await order_for(officer, order)
    return await _told(HOTLINE, ticket.id, at)


def _is_supervised(_officer: Officer, ticket: TicketRow, _order: OrderRow | None) -> bool:
    return bool(ticket.supervised)


verbs = (
    Verb("supervise", Issue, issue, done=N_("已督办，承办单位要书面答复。"), initials="db",
         fits=lambda _o, ticket, _w: not ticket.supervised),
    Verb("leader_note", Note, note, done=N_("批示已附到工单，承办单位会收到。"), initials="ps"),
    Verb("answer_supervision", Answer, answer, "order", N_("已答复督办。"), facts=_told_unit, fits=_is_supervised,
         initials="hfdb"),
    Verb("raise_supervision", Ground, raise_level, done=N_("督办已升级，时限重新计。"), facts=_told,
         fits=_is_supervised),
    Verb("lift_supervision", Ground, lift, done=N_("督办已了结。"), facts=_told, fits=_is_supervised),
)  # fmt: skip
