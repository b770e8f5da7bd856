"""The demo: our own messages, lived through the real verbs."""

import pytest

from core import db
from crm.tickets import replay
from hotline.demo import load

pytestmark = pytest.mark.usefixtures("database")


async def test_the_demo_fills_every_desk_and_replays() -> None:
    made = await load.load()
    rows = await db.fetch("SELECT status, count(*) AS n FROM ticket GROUP BY 1")
    standing = {row["status"]: row["n"] for row in rows}
    assert sum(standing.values()) == made == 300
    assert {"received", "dispatched", "handling", "replied", "follow_up", "closed", "return_review"} <= set(
        standing
    )
    assert [found async for found in replay.check()] == []
    assert await load.load() == 0
