"""并单: the same matter at the same place is handled once. Each citizen keeps number, SMS and follow-up.

The child stops where it is: nothing of it is lost but its turn, and an un-merge brings back exactly that (its orders'
clocks were never touched). It shows its master's standing to its citizen. An **incident** (群发事件) is a master that
many may join from a wider place: one outage, one answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from core.db import Tx, tx
from core.errors import Invalid, Refused
from core.fields import Field
from core.i18n import N_, _, moment
from core.officers import Officer
from crm.tickets import clocks_of, escalating, merged_follow_up, move, number, open_words
from crm.tickets.access import TicketRow, ticket_for
from crm.tickets.states import BY_NAME, ORDER_OPEN, Status
from crm.tickets.verb import Facts, Verb
from crm.tickets.words import status_word
from routing.rulebook import rulebook

#: The list of incidents, as a topic of the live channel.
INCIDENTS = "queue:incidents"


@dataclass(frozen=True)
class Merge:
    """Into which ticket (its whole number), and why they are one."""

    master: Annotated[str, Field(N_("并入哪张单"), "ticket", N_("完整单号"), most=20)]
    ground: Annotated[str, Field(N_("为什么是同一件事"), least=4, example="同一小区同一条管道停水")]


@dataclass(frozen=True)
class Unmerge:
    ground: Annotated[str, Field(N_("为什么要分开"), least=4)]


@dataclass(frozen=True)
class Incident:
    """What people will call about: `王顶堤片区停水`."""

    title: Annotated[str, Field(N_("事件名称"), "text", least=4, most=40, example="王顶堤片区停水")]


@dataclass(frozen=True)
class Announce:
    """Told to everybody who joined; citizens read it as it stands."""

    text: Annotated[
        str, Field(N_("通报内容（市民会收到）"), least=6, most=60, example="抢修中，预计今天22时前恢复")
    ]


async def merge(
    officer: Officer, child: int, form: Merge, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """Stop the child and let its citizen hear what the master comes to. Raises Invalid, Refused."""
    into = number.read(form.master)
    if into is None:
        raise Invalid(
            {"master": _("填完整单号（13 位），例如 {example}。").format(example="261124 060402 7")}
        )
    if into == child:
        raise Invalid({"master": _("不能并入自己。")})
    async with tx() as t:
        await _lock(t, child, into)
        joining, master = (
            await ticket_for(officer, child, to="change"),
            await ticket_for(officer, into, to="change"),
        )
        await _check(joining, master)
        before = {"status": joining.status, "orders": await _open_orders(t, child)}
        moved = await move.make(
            t, "merge", joining, by=officer, now=now, seen=seen, ticket_set={"merged_into": into},
            data={"master": into, "ground": form.ground},
        )  # fmt: skip
        await t.execute(
            """INSERT INTO merging (child, master, ground, merged_at, merged_by_name, before)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            child, into, form.ground, now, officer.name, json.dumps(before),
        )  # fmt: skip
        await move.make(
            t, "gather", master, by=officer, now=now,
            ticket_set={"merged_count": master.merged_count + 1}, data={"child": child},
        )  # fmt: skip
        t.changed(INCIDENTS)
        await merged_follow_up.join(t, child, into)
        return moved


async def unmerge(
    officer: Officer, child: int, form: Unmerge, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """As if it had never been merged: state, orders and clocks are what they were."""
    async with tx() as t:
        await lock(t, child)
        leaving = await ticket_for(officer, child, to="change")
        row = await t.fetchrow("SELECT * FROM merging WHERE child = $1 AND undone_at IS NULL", child)
        if row is None:
            raise Refused(_("这张单没有并入别的单。"), code="wrong_state")
        before = json.loads(row["before"])
        orders = {
            int(order): {"status": status, "ended_at": None, "light_turns_at": now}
            for order, status in before["orders"].items()
        }
        moved = await move.make(
            t, "unmerge", leaving, by=officer, now=now, seen=seen, ticket_set={"merged_into": None},
            data={"master": row["master"], "ground": form.ground},
            back=move.Back(Status(before["status"]), orders),
        )  # fmt: skip
        await escalating.again(t, child, now)
        await _undo(t, row, officer, form.ground, now)
        await merged_follow_up.leave(t, child)
        return moved


async def redo(
    officer: Officer, child: int, *, cause: str, now: datetime, seen: int | None = None
) -> move.Moved:
    """The master was answered, but this citizen is not content: a round of its own, out of the merging."""
    book = await rulebook()
    async with tx() as t:
        await lock(t, child)
        leaving = await ticket_for(officer, child, to="change")
        row = await t.fetchrow("SELECT * FROM merging WHERE child = $1 AND undone_at IS NULL", child)
        if row is None:
            raise Refused(_("这张单没有并入别的单。"), code="wrong_state")
        moved = await move.make(
            t, "merged_redo", leaving, by=officer, now=now, seen=seen,
            ticket_set={
                "merged_into": None, "round": leaving.round + 1, "queued_at": now, "due_at": None, "replied_at": None,
                "dispatch_due_at": clocks_of.dispatch_due(book, leaving.kind, leaving.urgency, now),
            },
            data={"master": row["master"], "cause": cause},
        )  # fmt: skip
        await t.execute(
            """UPDATE round SET follow_up_at = $3, follow_up_by = 'call', solved = 'no'
               WHERE ticket = $1 AND no = $2""",
            child, leaving.round, now,
        )  # fmt: skip
        await t.execute(
            "INSERT INTO round (ticket, no, cause, opened_at) VALUES ($1, $2, $3, $4)",
            child, leaving.round + 1, cause, now,
        )  # fmt: skip
        await _undo(t, row, officer, cause, now)
        return moved


async def leave(t: Tx, officer: Officer, child: int, ground: str, now: datetime) -> None:
    """The child has moved out of the merging in this transaction: end the relation, tell the master's log."""
    row = await t.fetchrow("SELECT * FROM merging WHERE child = $1 AND undone_at IS NULL", child)
    if row is not None:
        await _undo(t, row, officer, ground, now)


async def declare(
    officer: Officer, ticket: int, form: Incident, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """群发事件: from now on callers from around may join this ticket."""
    async with tx() as t:
        found = await ticket_for(officer, ticket, to="change")
        if found.incident:
            raise Refused(_("已经是群发事件“{title}”。").format(title=found.incident), code="wrong_state")
        if found.confidential:
            raise Refused(_("保密件不能设为群发事件。"), code="confidential")
        t.changed(INCIDENTS)
        return await move.make(
            t, "declare_incident", found, by=officer, now=now, seen=seen, ticket_set={"incident": form.title},
            data={"title": form.title},
        )  # fmt: skip


async def announce(
    officer: Officer, ticket: int, form: Announce, *, now: datetime, seen: int | None = None
) -> move.Moved:
    """One word on how it goes, to the ticket's own citizen and everybody who joined. Raises Invalid for words from inside."""
    open_words.check("text", form.text)
    async with tx() as t:
        found = await ticket_for(officer, ticket, to="change")
        t.changed(INCIDENTS)
        return await move.make(
            t, "announce", found, by=officer, now=now, seen=seen,
            data={"text": form.text, "told": found.merged_count + 1},
        )  # fmt: skip


async def lock(t: Tx, child: int) -> None:
    """A ticket that may be merged, together with the one it is merged into. Before anything else is locked."""
    await t.fetch(
        """SELECT id FROM ticket WHERE id IN (SELECT unnest(ARRAY[id, merged_into]) FROM ticket WHERE id = $1)
           ORDER BY id FOR UPDATE""",
        child,
    )


async def _lock(t: Tx, *numbers: int) -> None:
    """Both rows, always in the same order: two who merge crosswise wait for each other instead of dying."""
    await t.fetch("SELECT id FROM ticket WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(numbers))


async def _check(child: TicketRow, master: TicketRow) -> None:
    if child.confidential or master.confidential:
        raise Refused(_("保密件不能并单：两位市民不能从中看出对方。"), code="confidential")
    if child.merged_count:
        raise Refused(
            _("这张单名下已并入 {n} 张，请反过来并，或先分开。").format(n=child.merged_count), code="master"
        )
    if master.merged_into is not None:
        raise Invalid({"master": _("{tail} 已并入 {into}，请并入那张。").format(
            tail=number.tail(master.id), into=number.show(master.merged_into))})  # fmt: skip
    if master.status not in BY_NAME["gather"].sources:
        said = _("{tail} 现在是“{status}”，不能再并入。")
        raise Invalid({"master": said.format(tail=number.tail(master.id), status=status_word(master.status))})
    if master.incident:
        if child.matter[:4] != master.matter[:4] or child.district != master.district:
            raise Invalid({"master": _("群发事件只收同类事项、同一个区的单。")})
    elif child.matter != master.matter or child.street != master.street:
        raise Invalid({"master": _("事项或街道不同，不能并单；一片区域的同一件事，先把主单设为群发事件。")})


async def _open_orders(t: Tx, ticket: int) -> dict[str, str]:
    rows = await t.fetch(
        "SELECT id, status FROM work_order WHERE ticket = $1 AND status = ANY($2::text[])",
        ticket,
        sorted(ORDER_OPEN),
    )
    return {str(row["id"]): row["status"] for row in rows}


async def _undo(t: Tx, row: Any, officer: Officer, ground: str, now: datetime) -> None:
    """The relation ends; the master's log tells it too."""
    await t.execute(
        "UPDATE merging SET undone_at = $2, undone_by_name = $3, undone_ground = $4 WHERE id = $1",
        row["id"], now, officer.name, ground,
    )  # fmt: skip
    master = await ticket_for(officer, row["master"], to="change")
    released = BY_NAME["release"]
    if master.status in released.sources:
        by = officer if officer.can(*released.who) else _in_charge(officer)
        await move.make(
            t, "release", master, by=by, now=now, ticket_set={"merged_count": max(0, master.merged_count - 1)},
            data={"child": row["child"]},
        )  # fmt: skip
    else:  # archived: its log is closed
        await t.execute(
            "UPDATE ticket SET merged_count = greatest(merged_count - 1, 0) WHERE id = $1", row["master"]
        )


def _in_charge(officer: Officer) -> Officer:
    """The reviewer whose follow-up takes a child out: the master's log names them, by the right of this verb."""
    return replace(officer, permissions=officer.permissions | {"ticket.dispatch"})


async def _likely(officer: Officer, child: int, now: datetime) -> Facts:
    """Tickets of the same matter and place that it could join, and incidents around: those that others joined, then
    the latest day's, its first one first. The form begins with the first."""
    async with tx() as t:
        found = await ticket_for(officer, child)
        rows = await t.fetch(
            """SELECT id, status, incident, merged_count, received_at, left(content, 60) AS content FROM ticket
               WHERE id <> $1 AND merged_into IS NULL AND NOT confidential AND status = ANY($2::text[])
                 AND ((matter = $3 AND street = $4) OR (incident <> '' AND left(matter, 4) = left($3, 4) AND district = $5))
               ORDER BY incident <> '' DESC, merged_count DESC, id / 10000000 DESC, id LIMIT 5""",
            child, sorted(BY_NAME["gather"].sources), found.matter, found.street, found.district,
        )  # fmt: skip
    lines = [
        (
            number.show(row["id"]),
            " · ".join(
                filter(
                    None,
                    (
                        row["incident"],
                        f"⊕ {row['merged_count']}" if row["merged_count"] else "",
                        status_word(row["status"]),
                        moment(row["received_at"], now),
                        row["content"],
                    ),
                )
            ),
        )
        for row in rows
    ]
    return Facts(lines, {"master": number.show(rows[0]["id"]) if rows else ""})


verbs = (
    Verb("merge", Merge, merge, done=N_("已并单。市民保留自己的单号，答复时一并告知。"), facts=_likely, initials="bd",
         hint=N_("只有同一事项、同一地点才并；市民之间互不可见。")),
    Verb("unmerge", Unmerge, unmerge, done=N_("已分开，状态和时限恢复到并单以前。"), initials="cxbd"),
    Verb("declare_incident", Incident, declare, done=N_("已设为群发事件，同区来电可以并入。"), initials="qfsj"),
    Verb("announce", Announce, announce, done=N_("已通报，并入的市民都会收到。"), initials="tbjz",
         fits=lambda _o, ticket, _w: bool(ticket.merged_count or ticket.incident)),
)  # fmt: skip
