"""What this database is for, and the business clock that only a demo or bench database may run differently."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core import clock, db

PURPOSES = ("production", "demo", "bench")
PLAYGROUNDS = ("demo", "bench")


@dataclass(frozen=True)
class DemoAccount:
    """An account that the sign-in page of a demo offers: the password is no secret there."""

    username: str
    password: str
    name: str
    post: str
    post_en: str


async def purpose() -> str:
    """`production` unless the database says otherwise."""
    return await value("purpose") or "production"


async def value(key: str) -> str | None:
    found: str | None = await db.fetchval("SELECT value FROM installation WHERE key = $1", key)
    return found


async def keep(key: str, text: str) -> None:
    await db.execute(
        "INSERT INTO installation (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key,
        text,
    )


async def demo_accounts() -> list[DemoAccount]:
    """What the sign-in page may fill in by one click: `demo_accounts` in a demo database, else nothing."""
    rows = await db.fetch("SELECT key, value FROM installation WHERE key IN ('purpose', 'demo_accounts')")
    found = {row["key"]: row["value"] for row in rows}
    if found.get("purpose") != "demo":
        return []
    return [DemoAccount(**entry) for entry in json.loads(found.get("demo_accounts", "[]"))]


async def follow_clock() -> bool:
    """Run the business clock as the database says; in production that is real time, whatever it says.

    True where the clock may be turned at any moment.
    """
    row, may_turn = None, await purpose() in PLAYGROUNDS
    if may_turn:
        row = await db.fetchrow("SELECT real_at, business_at, rate FROM business_clock ORDER BY id LIMIT 1")
    clock.run_at(clock.Rate(row["real_at"], row["business_at"], row["rate"]) if row else None)
    return may_turn
