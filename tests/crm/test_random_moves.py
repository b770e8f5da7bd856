"""Many at once, legal and illegal moves as they come; afterwards every log replays. The long run: `python -m bench.stress`."""

from datetime import UTC, datetime

import pytest

from bench import stress
from core import db
from crm.tickets import agreement, replay

SECONDS = 6.0


@pytest.mark.stress
@pytest.mark.usefixtures("database")
async def test_logs_replay_after_random_moves_of_eight_clients() -> None:
    numbers = [await stress._new_ticket() for _ in range(12)]
    await db.close_pool()
    tally = await stress._clients(7, numbers, SECONDS, datetime.now(UTC))
    await db.open_pool()
    assert [outcome for outcome in tally if outcome.startswith("BROKEN")] == []
    assert sum(n for outcome, n in tally.items() if outcome.startswith("done")) > 50
    assert [found async for found in replay.check()] == []
    assert [found async for found in agreement.check()] == []
    assert [found async for found in agreement.untold()] == []
