"""The same id twice is the same work once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core import claims, db

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


async def work(answer: str, content: bytes | None = None) -> str:
    """Takes a moment, as work does."""
    async with db.tx():
        earlier = await claims.claim("api", "order-1", now=NOW, content=content)
        if earlier is not None:
            return str(earlier.answer["said"])
        await asyncio.sleep(0.05)
        await claims.keep_answer("api", "order-1", 201, {"said": answer})
    return answer


async def test_the_second_hears_the_first_answer(database: str) -> None:
    assert [await work("one"), await work("two")] == ["one", "one"]


async def test_two_at_once_do_it_once(database: str) -> None:
    answers = await asyncio.gather(*(work(str(n)) for n in range(5)))
    assert len(set(answers)) == 1


async def test_work_that_failed_may_be_tried_again(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.tx():
            await claims.claim("api", "order-1", now=NOW)
            raise ZeroDivisionError
    assert await work("again") == "again"


async def test_the_same_id_with_another_content_is_refused(database: str) -> None:
    await work("one", b"a")
    with pytest.raises(claims.Reused):
        await work("two", b"b")


async def test_old_claims_are_forgotten_but_those_of_imports(database: str) -> None:
    async with db.tx():
        await claims.claim("webhook", "1", now=NOW)
        await claims.claim("import:110", "1", now=NOW)
    assert await claims.forget(now=NOW + timedelta(days=100), older_than=timedelta(days=90)) == 1
