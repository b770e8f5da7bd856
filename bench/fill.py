"""A database of the size asked for: the demo's tickets, each lived through the verbs, copied with new numbers.

A copy keeps its rounds, orders, events and index words; numbers, moments, phones and a word of the text differ.
Nineteen of twenty copies are of tickets at rest, up to a year old; the others are as fresh as their originals, as in a
hotline that keeps up: else the worker would urge and supervise thousands at once, and that would be measured.
"""

from __future__ import annotations

import random
from datetime import timedelta

from core import clock, db
from crm.tickets import number

BATCH = 5_000
#: Tables that hang on a ticket, and the column that names it. Work orders keep their ledger with the original.
FOLLOWERS = {"round": "ticket", "work_order": "ticket", "ticket_event": "ticket"}
#: Copies of today have numbers from here on, which the tickets made meanwhile do not reach.
FIRST = 500_000
RESTING = ("closed", "answered", "refused", "withdrawn")


async def fill(tickets: int) -> None:
    """Copy until there are `tickets`."""
    originals = await db.fetch("SELECT id, status FROM ticket ORDER BY id")
    have = await db.fetchval("SELECT count(*) FROM ticket")
    resting = [row["id"] for row in originals if row["status"] in RESTING]
    moving = [row["id"] for row in originals if row["status"] not in RESTING]
    fresh = frozenset(moving)
    chance, sequence = random.Random(7), FIRST
    while have < tickets:
        many = min(BATCH, tickets - have)
        origins = [chance.choice(resting if chance.random() < 0.95 else moving) for _ in range(many)]
        days = [0 if origin in fresh else chance.randrange(6, 400) for origin in origins]
        today = clock.local(clock.now()).date()
        numbers = [number.make(today - timedelta(days=back), sequence + n) for n, back in enumerate(days)]
        sequence += many
        await _copy(numbers, origins, days, sequence)
        have += many
    await db.execute("VACUUM ANALYZE")
    await db.execute("CHECKPOINT")


async def _copy(numbers: list[int], origins: list[int], days: list[int], salt: int) -> None:
    async with db.tx() as t:
        await t.execute(
            "CREATE TEMP TABLE IF NOT EXISTS copies (id bigint, origin bigint, back int) ON COMMIT DROP"
        )
        await t.connection.copy_records_to_table(
            "copies", records=list(zip(numbers, origins, days, strict=True)), columns=["id", "origin", "back"]
        )
        await t.execute("CREATE INDEX ON copies (origin)")
        await t.execute(
            f"""INSERT INTO citizen (phone_hash, phone_tail, phone, created_at)
                SELECT decode(md5(copies.id::text), 'hex'), right(copies.id::text, 4), c.phone, c.created_at
                FROM copies JOIN ticket t ON t.id = copies.origin JOIN citizen c ON c.id = t.citizen
                WHERE copies.id % 3 = {salt % 3}"""
        )
        columns = await _columns(t, "ticket", without={"id", "grams"})
        await t.execute(
            f"""INSERT INTO ticket (id, grams, {", ".join(columns)})
                SELECT copies.id, t.grams || ARRAY['n' || copies.id % 997], {", ".join(_shifted(columns))}
                FROM copies JOIN ticket t ON t.id = copies.origin"""
        )
        for table, key in FOLLOWERS.items():
            columns = await _columns(t, table, without={"id", key})
            await t.execute(
                f"""INSERT INTO {table} ({key}, {", ".join(columns)})
                    SELECT copies.id, {", ".join(_shifted(columns))}
                    FROM copies JOIN {table} t ON t.{key} = copies.origin"""
            )


async def _columns(t: db.Tx, table: str, *, without: set[str]) -> list[str]:
    rows = await t.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
        table,
    )
    return [row["column_name"] for row in rows if row["column_name"] not in without]


def _shifted(columns: list[str]) -> list[str]:
    """Moments lie as many days back as the copy does; what hangs on nobody else is copied as it is."""
    moments = {"at"}
    return [
        f"t.{name} - make_interval(days => copies.back)"
        if name in moments or name.endswith("_at")
        else f"t.{name}"
        for name in columns
    ]
