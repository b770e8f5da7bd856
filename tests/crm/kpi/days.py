"""A small day counted by hand: calls, and tickets on their way, by the real verbs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core import db
from crm import calls
from crm.tickets import closing, replies
from tests.crm import cast
from tests.crm.cast import ALICE, NOW, RUTH

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
#: The end of the next day: what was due by then has fallen due.
LATER = datetime(2026, 11, 25, 15, 59, tzinfo=UTC)


async def a_call(n: int, line: str = "12345", *, at: datetime = NOW) -> str:
    carrier = f"call-{n}"
    await calls.receive(carrier_id=carrier, line=line, phone=f"1380000{n:04d}", now=at)
    return carrier


async def answered(
    n: int, *, after: timedelta = 4 * SECOND, line: str = "12345", as_: str = "silent"
) -> None:
    """Taken after that wait, and ended with a disposition."""
    at = NOW + n * 10 * MINUTE
    await a_call(n, line, at=at)
    call = await calls.answer_next(ALICE, now=at + after)
    assert call is not None
    await calls.dispose(ALICE, call, disposition=as_, note="", now=at + 3 * MINUTE)


async def abandoned(n: int, *, after: timedelta, line: str = "12345") -> None:
    at = NOW + n * 10 * MINUTE
    await calls.hung_up(await a_call(n, line, at=at), now=at + after)


async def some_calls() -> None:
    """Of seven: 4 offered and judged (3 answered, 1 lost), 1 hung up at once, 1 test, 1 still waiting."""
    await answered(1)
    await answered(2, after=20 * SECOND)
    await answered(3, line="12319")
    await answered(4, as_="test")
    await abandoned(5, after=3 * SECOND)
    await abandoned(6, after=40 * SECOND)
    await a_call(7, at=NOW + 70 * MINUTE)


async def some_tickets() -> dict[str, int]:
    """By name: `on_time` accepted and asked, `late` answered after its limit, `open` not answered, `waits` for
    review, `withdrawn`, `anonymous` closed without follow-up, `to_ask` with its follow-up still to be made."""
    made: dict[str, int] = {}
    made["on_time"], _order = await cast.replied()
    await replies.accept(RUTH, made["on_time"], follow_up="must", ground="", now=NOW + 3 * HOUR)
    await closing.close(RUTH, made["on_time"], solved="yes", satisfied=2, by_way="call", now=NOW + 4 * HOUR)
    made["late"], order = await cast.replied()
    await db.execute(
        "UPDATE work_order SET replied_at = close_due_at + interval '1 minute' WHERE id = $1", order
    )
    await replies.accept(RUTH, made["late"], follow_up="must", ground="", now=NOW + 3 * HOUR)
    made["to_ask"], _order = await cast.replied()
    await replies.accept(RUTH, made["to_ask"], follow_up="must", ground="", now=NOW + 3 * HOUR)
    made["open"], _order = await cast.dispatched()
    made["waits"], _order = await cast.replied()
    made["withdrawn"], _order = await cast.dispatched()
    await closing.withdraw(ALICE, made["withdrawn"], ground="市民来电撤诉", now=NOW + HOUR)
    made["anonymous"], _order = await cast.replied(anonymous=True, phone="", name="")
    await replies.accept(
        RUTH, made["anonymous"], follow_up="none", ground="匿名，无法回访", now=NOW + 3 * HOUR
    )
    return made
