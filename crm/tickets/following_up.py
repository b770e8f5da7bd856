"""回访: the citizen is called and asked; what they say closes the ticket or brings it back as a redo.

A follow-up is finished when the citizen answered (or would not say), or after three tries in three different
half-days without contact: then it counts as done, shown apart as "tried". Whoever takes a ticket from the
worklist holds it for a while, so that nobody is called twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from core import clock, db
from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets import closing, merged_follow_up, merging, move
from crm.tickets.access import TicketRow, ticket_for, visible
from crm.tickets.states import Status

#: Without contact, in so many different half-days: finished as tried.
HALF_DAYS: Final = 3
#: Why nobody was asked.
UNREACHED: Final[dict[str, str]] = {
    "no_answer": N_("无人接听"),
    "busy": N_("占线"),
    "off": N_("关机或停机"),
    "wrong_number": N_("空号或不是本人"),
    "later": N_("请稍后再拨"),
}
#: Somebody spoke with us and asked for another moment: a try, but not one without contact.
_SPOKEN: Final = frozenset({"later"})
DECLINED: Final = "declined"
OUTCOME: Final[dict[str, str]] = {"answered": N_("接通"), DECLINED: N_("接通，不愿评价"), **UNREACHED}
NOON: Final = time(12)
MOST_NOTE: Final = 200


@dataclass(frozen=True)
class Answer:
    """What came of a call: an `outcome`, and where somebody answered what they said.

    `redo`: the matter is not done and goes back, `cause` says what is missing. `note`: for those who call next,
    or why an unsolved matter is closed all the same.
    """

    outcome: str
    solved: str = ""
    satisfied: int | None = None
    redo: bool = False
    cause: str = ""
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """`tried` half-days without contact so far; `finished`: the follow-up is over."""

    finished: bool
    tried: int
    moved: move.Moved


def half_day(moment: datetime) -> str:
    """`2026-11-24 am` before noon in the business zone, `2026-11-24 pm` from noon on."""
    here = clock.local(moment)
    return f"{here:%Y-%m-%d} {'am' if here.time() < NOON else 'pm'}"


async def record(
    officer: Officer, number: int, answer: Answer, *, now: datetime, seen: int | None = None
) -> Outcome:
    """Write down a call to the citizen; a merged one is asked on their own round. Raises Invalid with a message per
    field, Conflict, NotFound, Refused."""
    _check(answer)
    async with tx() as t:
        await merging.lock(t, number)
        ticket = await ticket_for(officer, number, to="change")
        await move.check_seen(t, ticket, seen)
        if ticket.status is Status.MERGED and not await is_wanted(ticket):
            raise Refused(_("这张单现在不用回访，或没有留电话。"), code="wrong_state")
        before = await _half_days(t, ticket)
        moved, finished = await _settle(t, officer, ticket, answer, before, now=now)
        await t.execute(
            """WITH free AS (UPDATE ticket SET claimed_by = NULL, claimed_name = '', claimed_at = NULL
                WHERE id = $1 AND claimed_by IS NOT NULL)
               INSERT INTO follow_up_try (ticket, round, at, half_day, outcome, note, by, by_name)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            number, ticket.round, now, half_day(now), answer.outcome, answer.note.strip(), officer.id, officer.name,
        )  # fmt: skip
        t.changed("queue:follow_up")
        tried = before | ({half_day(now)} if _is_without_contact(answer.outcome) else set())
        return Outcome(finished, len(tried), moved)


async def is_wanted(ticket: TicketRow) -> bool:
    """Whether its citizen is to be asked now; a merged one when its master is answered and they were not yet asked."""
    if ticket.status is not Status.MERGED:
        return ticket.status is Status.FOLLOW_UP
    standing = await merged_follow_up.answered_with(ticket.id)
    return standing is not None and standing.wanted


async def take_next(officer: Officer, *, now: datetime) -> int | None:
    """Take the one that falls due first and was not tried this half-day, unless somebody has it; None: nobody
    is left to be called now."""
    real = clock.real_now()
    condition, more = visible(officer, 6)
    async with tx() as t:
        number: int | None = await t.fetchval(
            f"""UPDATE ticket SET claimed_by = $1, claimed_name = $2, claimed_at = $3 WHERE id = (
                    SELECT t.id FROM ticket t JOIN round f ON f.ticket = t.id AND f.no = t.round
                    WHERE t.status IN ('follow_up', 'merged') AND {merged_follow_up.WANTED} AND t.phone_tail <> ''
                        AND (t.claimed_by IS NULL OR t.claimed_by = $1
                             OR t.claimed_at < $3::timestamptz - interval '10 minutes')
                        AND NOT EXISTS (SELECT 1 FROM follow_up_try y WHERE y.ticket = t.id AND y.round = f.no
                            AND y.half_day = $4 AND y.outcome <> $5)
                        AND {condition}
                    ORDER BY coalesce(f.follow_up_due_at, f.opened_at), t.id LIMIT 1 FOR UPDATE OF t SKIP LOCKED)
                RETURNING id""",
            officer.id, officer.name, real, half_day(now), "later", *more,
        )  # fmt: skip
        if number is not None:
            t.changed("queue:follow_up")
        return number


async def tries(number: int, round_: int) -> list[Any]:
    """The calls to the citizen of a round, in order."""
    return await db.fetch(
        "SELECT at, half_day, outcome, note, by_name FROM follow_up_try WHERE ticket = $1 AND round = $2 ORDER BY id",
        number, round_,
    )  # fmt: skip


async def _settle(
    t: Tx, officer: Officer, ticket: TicketRow, answer: Answer, before: set[str], *, now: datetime
) -> tuple[move.Moved, bool]:
    """The one move that follows from the answer, and whether it ends the follow-up."""
    if answer.outcome == "answered" and ticket.status is Status.MERGED:
        if answer.redo:
            closing.check_cause(answer.cause)
            return await merging.redo(officer, ticket.id, cause=answer.cause.strip(), now=now), True
        closing.check_word(answer.solved, answer.satisfied)
        return await merged_follow_up.close(
            t, officer, ticket, solved=answer.solved, satisfied=answer.satisfied, by_way="call", now=now,
            note=answer.note.strip(),
        ), True  # fmt: skip
    if answer.outcome == "answered":
        if answer.redo:
            return await closing.redo(officer, ticket.id, cause=answer.cause, now=now), True
        return await closing.close(
            officer, ticket.id, solved=answer.solved, satisfied=answer.satisfied, by_way="call", now=now
        ), True  # fmt: skip
    if answer.outcome == DECLINED:
        return await _finish(t, officer, ticket, answer, "call", now=now), True
    if _is_without_contact(answer.outcome) and len(before | {half_day(now)}) >= HALF_DAYS:
        return await _finish(t, officer, ticket, answer, "tried", now=now), True
    data = {"outcome": answer.outcome, "note": answer.note.strip()}
    return await move.make(t, "try_follow_up", ticket, by=officer, now=now, data=data), False


async def _finish(
    t: Tx, officer: Officer, ticket: TicketRow, answer: Answer, by_way: str, *, now: datetime
) -> move.Moved:
    """Closed without the citizen's word: they would not say, or were not reached in three half-days."""
    if ticket.status is Status.MERGED:
        return await merged_follow_up.close(
            t, officer, ticket, solved="", satisfied=None, by_way=by_way, now=now, outcome=answer.outcome,
            note=answer.note.strip(),
        )  # fmt: skip
    moved = await move.make(
        t, "close", ticket, by=officer, now=now, ticket_set={"closed_at": now, "due_at": None},
        data={"solved": "", "satisfied": None, "outcome": answer.outcome, "note": answer.note.strip(), "way": by_way},
    )  # fmt: skip
    await t.execute(
        "UPDATE round SET follow_up_at = $3, follow_up_by = $4 WHERE ticket = $1 AND no = $2",
        ticket.id, ticket.round, now, by_way,
    )  # fmt: skip
    return moved


async def _half_days(t: Tx, ticket: TicketRow) -> set[str]:
    """Half-days with a try and without contact."""
    rows = await t.fetch(
        """SELECT DISTINCT half_day FROM follow_up_try
           WHERE ticket = $1 AND round = $2 AND outcome = ANY($3::text[])""",
        ticket.id, ticket.round, [code for code in UNREACHED if _is_without_contact(code)],
    )  # fmt: skip
    return {row["half_day"] for row in rows}


def _is_without_contact(outcome: str) -> bool:
    return outcome in UNREACHED and outcome not in _SPOKEN


def _is_unsolved(answer: Answer) -> bool:
    """The citizen says it is not solved, and it is to be closed all the same."""
    return answer.outcome == "answered" and answer.solved == "no" and not answer.redo


def _check(answer: Answer) -> None:
    wrong: dict[str, str] = {}
    if answer.outcome not in OUTCOME:
        wrong["outcome"] = _("选这次拨打的结果。")
    if len(answer.note) > MOST_NOTE:
        wrong["note"] = _("最多 {n} 个字，现在 {m} 个。").format(n=MOST_NOTE, m=len(answer.note))
    elif _is_unsolved(answer) and len(answer.note.strip()) < closing.SHORTEST:
        wrong["note"] = _("市民说没有解决：写明为什么不转重办，至少 {n} 个字。").format(n=closing.SHORTEST)
    if wrong:
        raise Invalid(wrong)
