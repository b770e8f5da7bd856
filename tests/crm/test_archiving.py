"""归档: frozen after half a year of rest; read, found, and followed by a ticket of its own."""

from datetime import timedelta

import pytest

from core import db
from core.errors import Refused
from crm import find
from crm.tickets import appealing, archiving, closing, inbox, queries, replay, replies
from crm.tickets.appealing import Appeal
from tests.crm.cast import ALICE, BOB, NOW, RUTH, SIMON, at_unit, registered, replied, status

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(days=181)


async def closed() -> int:
    number, _order = await replied()
    await replies.accept(RUTH, number, follow_up="none", ground="匿名，无号码", now=NOW + timedelta(hours=3))
    return number


async def test_what_has_rested_long_enough_is_archived_and_replays() -> None:
    number, open_one = await closed(), await registered()
    assert await archiving.archive(now=NOW + timedelta(days=180)) == 0
    assert await archiving.archive(now=LATER) == 1
    assert await archiving.archive(now=LATER) == 0
    row = await db.fetchrow("SELECT status, archived_at FROM ticket WHERE id = $1", number)
    assert (row["status"], row["archived_at"]) == ("archived", LATER)
    assert await status(open_one) == "received"
    assert [found async for found in replay.check()] == []


async def test_a_word_since_then_keeps_it_out_of_the_archive() -> None:
    number = await closed()
    await appealing.appeal(ALICE, number, Appeal("又停暖了，请再看。"), now=NOW + timedelta(days=100))
    assert await archiving.archive(now=LATER) == 0
    assert (
        await archiving.archive(now=NOW + timedelta(days=400)) == 0
    )  # a dispatcher has not looked at it yet
    assert await status(number) == "closed"


async def test_what_is_archived_takes_no_more_words_and_says_what_to_do() -> None:
    number = await closed()
    await archiving.archive(now=LATER)
    with pytest.raises(Refused, match="另立新单"):
        await closing.append(ALICE, number, content="又不热了，请再来。", call=None, now=LATER)
    with pytest.raises(Refused, match="已归档"):
        await closing.reopen(BOB, number, facts="昨晚又不热了", now=LATER)


async def test_it_is_found_and_on_no_desk() -> None:
    number = await closed()
    await archiving.archive(now=LATER)
    found = await find.find(ALICE, str(number)[-6:], {}, today=NOW.date(), limit=5)
    assert [(row["id"], row["status"]) for row in found.rows] == [(number, "archived")]
    wang = await at_unit()
    lists = [
        await queries.queue(BOB, {}, now=LATER),
        await queries.to_review(RUTH),
        *[await inbox.orders(wang, tab) for tab in ("sign", "handling", "waiting")],
    ]
    assert lists == [[]] * 5
    assert sum((await queries.counters(SIMON)).values()) == 0


async def test_many_are_frozen_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "BATCH", 2)
    monkeypatch.setattr(archiving, "AT_ONCE", 1)
    for _n in range(3):
        await closed()
    assert await archiving.archive(now=LATER) == 2
    assert await archiving.archive(now=LATER) == 1
