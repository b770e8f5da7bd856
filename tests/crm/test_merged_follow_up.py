"""A merged citizen is asked about the master's answer, on the round of their own ticket, by their own number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import db
from core.errors import Refused
from crm.kpi.facts import Args, Period, facts
from crm.kpi.rules import rules
from crm.tickets import closing, figures, follow_up_lists, following_up, merging, queries, replay, replies
from crm.tickets.follow_up_lists import Wanted
from crm.tickets.following_up import Answer
from crm.tickets.merging import Merge, Unmerge
from tests.crm import cast
from tests.crm.cast import BOB, NOW, RUTH, status

pytestmark = pytest.mark.usefixtures("database")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 3 * HOUR


async def merged(master: int, **changes: Any) -> int:
    child = await cast.registered(**{"phone": "13900001111", **changes})
    await merging.merge(BOB, child, Merge(str(master), "同一小区同一条管道停水"), now=NOW + 2.1 * HOUR)
    return child


async def accepted(follow_up: str = "must", **changes: Any) -> tuple[int, int]:
    """(child, master), the master's reply accepted."""
    master, _order = await cast.replied()
    child = await merged(master, **changes)
    ground = "" if follow_up == "must" else "市民要求不回访"
    await replies.accept(RUTH, master, follow_up=follow_up, ground=ground, now=LATER)
    return child, master


async def round_of(number: int) -> Any:
    return await db.fetchrow(
        """SELECT f.follow_up, f.follow_up_due_at, f.follow_up_by, f.solved, f.satisfied
           FROM round f JOIN ticket t ON t.id = f.ticket AND f.no = t.round WHERE t.id = $1""",
        number,
    )


async def listed() -> list[int]:
    figures.forget()
    wanted = Wanted(following_up.half_day(LATER), LATER)
    rows = await follow_up_lists.follow_ups(RUTH, wanted)
    assert (await follow_up_lists.parts(RUTH, wanted))["all"] == len(rows)
    assert (await queries.counters(RUTH))["follow_up"] == len(rows)
    return [row["id"] for row in rows]


async def test_each_merged_citizen_who_can_be_reached_is_to_be_asked() -> None:
    child, master = await accepted()
    need, due, *_rest = await round_of(child)
    assert (need, due) == ("must", (await round_of(master))["follow_up_due_at"])
    assert set(await listed()) == {child, master}
    row = next(
        r for r in await follow_up_lists.follow_ups(RUTH, Wanted("2026-11-24 pm", LATER)) if r["id"] == child
    )
    assert (row["merged_into"], row["answered_unit_name"], row["result"]) == (
        master,
        "南开区供热办",
        "solved",
    )


@pytest.mark.parametrize("changes", [{"anonymous": True, "phone": ""}, {"reply_by": ["none"]}])
async def test_whoever_cannot_be_reached_needs_none(changes: dict[str, Any]) -> None:
    child, master = await accepted(**changes)
    assert (await round_of(child))["follow_up"] == "none"
    assert await listed() == [master]


async def test_without_follow_up_the_children_need_none_on_the_same_ground() -> None:
    child, _master = await accepted("none")
    ground = await db.fetchval("SELECT follow_up_ground FROM round WHERE ticket = $1", child)
    assert ((await round_of(child))["follow_up"], ground) == ("none", "市民要求不回访")
    assert await listed() == []


async def test_their_word_stays_on_their_round_and_the_ticket_stays_merged() -> None:
    child, master = await accepted()
    done = await following_up.record(RUTH, child, Answer("answered", "yes", 2), now=LATER + HOUR)
    assert (done.finished, await status(child), await status(master)) == (True, "merged", "follow_up")
    assert tuple(await round_of(child))[2:] == ("call", "yes", 2)
    assert await listed() == [master]
    with pytest.raises(Refused):
        await following_up.record(RUTH, child, Answer("answered", "yes", 2), now=LATER + 2 * HOUR)
    assert [found async for found in replay.check()] == []


async def test_whoever_is_not_content_gets_a_round_of_their_own() -> None:
    child, master = await accepted()
    said = Answer("answered", "no", redo=True, cause="楼上通了，我家还是没有水")
    await following_up.record(RUTH, child, said, now=LATER + HOUR)
    assert (await status(child), await status(master)) == ("redo", "follow_up")
    assert [found async for found in replay.check()] == []


async def test_three_half_days_without_contact_are_tried() -> None:
    child, _master = await accepted()
    for half_days in range(3):
        done = await following_up.record(
            RUTH, child, Answer("no_answer"), now=LATER + half_days * timedelta(hours=12)
        )
    assert (done.finished, await status(child)) == (True, "merged")
    assert (await round_of(child))["follow_up_by"] == "tried"
    assert [found async for found in replay.check()] == []


async def test_taking_the_next_offers_both_and_each_once() -> None:
    child, master = await accepted()
    taken = {await following_up.take_next(RUTH, now=LATER)}
    await following_up.record(RUTH, taken.copy().pop() or 0, Answer("no_answer"), now=LATER)
    taken.add(await following_up.take_next(RUTH, now=LATER))
    assert taken == {child, master}


async def test_while_the_master_is_redone_its_merged_citizens_wait() -> None:
    child, master = await accepted()
    await closing.redo(RUTH, master, cause="家里仍然不热", now=LATER + HOUR)
    assert await listed() == []
    with pytest.raises(Refused):
        await following_up.record(RUTH, child, Answer("answered", "yes", 1), now=LATER + 2 * HOUR)


async def test_joining_what_is_answered_already_is_asked_too_and_leaving_it_is_not() -> None:
    master, _order = await cast.replied()
    await replies.accept(RUTH, master, follow_up="must", ground="", now=NOW + 2 * HOUR)
    child = await merged(master)
    assert set(await listed()) == {child, master}
    await merging.unmerge(BOB, child, Unmerge("不是同一处漏水"), now=LATER)
    assert tuple(await round_of(child))[:2] == ("", None)
    assert await listed() == [master]


async def test_a_merged_child_is_out_of_the_rates_and_its_rating_is_the_masters_units() -> None:
    child, master = await accepted()
    await following_up.record(RUTH, child, Answer("answered", "yes", 2), now=LATER + HOUR)
    due = (await round_of(child))["follow_up_due_at"] + DAY
    period = Period(NOW.date(), due.date(), due)
    assert await _verdicts("follow_up", period) == {child: "merged", master: "no"}
    assert await _verdicts("satisfaction", period) == {child: "yes"}
    args = Args()
    sql = facts("satisfaction", period, rules(), args)
    unit = await db.fetchval(f"SELECT unit FROM ({sql}) f", *args.values)
    assert unit == await db.fetchval("SELECT lead_unit FROM ticket WHERE id = $1", master)


async def _verdicts(key: str, period: Period) -> dict[int, str]:
    args = Args()
    sql = facts(key, period, rules(), args)
    return {
        row["ticket"]: row["verdict"]
        for row in await db.fetch(f"SELECT ticket, verdict FROM ({sql}) f", *args.values)
    }
