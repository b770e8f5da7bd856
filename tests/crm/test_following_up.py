"""The follow-up: tries, half-days, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import db
from core.errors import Conflict, Denied, Invalid
from crm.tickets import following_up, replay, replies
from crm.tickets.following_up import UNREACHED, Answer, half_day
from tests.crm import cast
from tests.crm.cast import ALICE, BOB, NOW, RUTH

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)
#: 24 November 14:00, 25 November 10:00 and 14:00, 26 November 10:00, in Tianjin.
HALVES = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((24, 6), (25, 2), (25, 6), (26, 2))]


async def to_ask() -> int:
    number, _order = await cast.replied()
    await replies.accept(RUTH, number, follow_up="must", ground="", now=NOW + 2 * HOUR)
    return number


async def round_of(number: int) -> tuple[str, str, int | None, bool]:
    row = await db.fetchrow(
        "SELECT follow_up_by, solved, satisfied, follow_up_at IS NOT NULL AS done FROM round WHERE ticket = $1",
        number,
    )
    return tuple(row)


def test_noon_parts_the_day_in_the_business_zone() -> None:
    assert half_day(datetime(2026, 11, 24, 3, 59, tzinfo=UTC)) == "2026-11-24 am"
    assert half_day(datetime(2026, 11, 24, 4, 0, tzinfo=UTC)) == "2026-11-24 pm"
    assert half_day(datetime(2026, 11, 24, 16, 30, tzinfo=UTC)) == "2026-11-25 am"


async def test_three_half_days_without_contact_finish_it_as_tried() -> None:
    number = await to_ask()
    for n, at in enumerate(HALVES[:2], start=1):
        said = await following_up.record(ALICE, number, Answer("no_answer"), now=at)
        assert (said.finished, said.tried) == (False, n)
        assert await cast.status(number) == "follow_up"
    said = await following_up.record(ALICE, number, Answer("busy"), now=HALVES[2])
    assert (said.finished, said.tried) == (True, 3)
    assert await cast.status(number) == "closed"
    assert await round_of(number) == ("tried", "", None, True)
    assert [found async for found in replay.check()] == []


async def test_the_same_half_day_counts_once() -> None:
    number = await to_ask()
    for minutes in range(5):
        said = await following_up.record(
            ALICE, number, Answer("no_answer"), now=HALVES[0] + timedelta(minutes=minutes)
        )
    assert (said.finished, said.tried) == (False, 1)
    assert len(await following_up.tries(number, 1)) == 5


async def test_call_me_later_is_contact_and_brings_it_no_nearer_to_tried() -> None:
    number = await to_ask()
    for at in HALVES:
        said = await following_up.record(ALICE, number, Answer("later"), now=at)
    assert (said.finished, said.tried) == (False, 0)


async def test_the_citizens_word_closes_it_and_is_kept_apart() -> None:
    number = await to_ask()
    await following_up.record(ALICE, number, Answer("answered", solved="partly", satisfied=2), now=HALVES[0])
    assert await round_of(number) == ("call", "partly", 2, True)
    assert [row["outcome"] for row in await following_up.tries(number, 1)] == ["answered"]


async def test_who_will_not_say_has_been_asked() -> None:
    number = await to_ask()
    await following_up.record(ALICE, number, Answer("declined"), now=HALVES[0])
    assert await round_of(number) == ("call", "", None, True)
    assert await cast.status(number) == "closed"


async def test_not_solved_goes_back_or_says_why_not() -> None:
    number, other = await to_ask(), await to_ask()
    with pytest.raises(Invalid) as wrong:
        await following_up.record(ALICE, number, Answer("answered", solved="no"), now=HALVES[0])
    assert set(wrong.value.fields) == {"note"}
    await following_up.record(
        ALICE, number, Answer("answered", solved="no", redo=True, cause="晚上又不热了"), now=HALVES[0]
    )
    assert await cast.status(number) == "redo"
    await following_up.record(
        ALICE, other, Answer("answered", solved="no", note="政策不允许，已当面解释"), now=HALVES[0]
    )
    assert await cast.status(other) == "closed"


async def test_an_unknown_outcome_writes_nothing() -> None:
    number = await to_ask()
    with pytest.raises(Invalid):
        await following_up.record(ALICE, number, Answer("sleepy"), now=HALVES[0])
    assert await db.fetchval("SELECT count(*) FROM follow_up_try") == 0


async def test_dispatchers_do_not_ask_and_the_second_hears_of_the_first() -> None:
    number = await to_ask()
    version = await db.fetchval("SELECT version FROM ticket WHERE id = $1", number)
    with pytest.raises(Denied):
        await following_up.record(BOB, number, Answer("no_answer"), now=HALVES[0])
    await following_up.record(ALICE, number, Answer("declined"), now=HALVES[0])
    with pytest.raises(Conflict):
        await following_up.record(RUTH, number, Answer("declined"), now=HALVES[0], seen=version)


async def test_a_try_does_not_disturb_somebody_elses_form() -> None:
    number = await to_ask()
    version = await db.fetchval("SELECT version FROM ticket WHERE id = $1", number)
    await following_up.record(ALICE, number, Answer("no_answer"), now=HALVES[0])
    await following_up.record(RUTH, number, Answer("declined"), now=HALVES[1], seen=version)


async def test_the_next_one_is_nobody_elses_and_not_tried_this_half_day() -> None:
    first, second = await to_ask(), await to_ask()
    assert await following_up.take_next(ALICE, now=HALVES[0]) == first
    assert await following_up.take_next(RUTH, now=HALVES[0]) == second
    assert await following_up.take_next(cast.SIMON, now=HALVES[0]) is None
    await following_up.record(ALICE, first, Answer("no_answer"), now=HALVES[0])
    assert await following_up.take_next(ALICE, now=HALVES[0]) is None
    assert await following_up.take_next(ALICE, now=HALVES[1]) == first


@pytest.mark.parametrize("outcome", UNREACHED)
async def test_each_reason_leaves_one_event(outcome: str) -> None:
    number = await to_ask()
    before = await db.fetchval("SELECT count(*) FROM ticket_event WHERE ticket = $1", number)
    await following_up.record(ALICE, number, Answer(outcome), now=HALVES[0])
    events = await db.fetch("SELECT verb FROM ticket_event WHERE ticket = $1 ORDER BY version", number)
    assert len(events) == before + 1
    assert events[-1]["verb"] == "try_follow_up"
