"""Questions without an answer: counted for the editors, who write what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core import db
from core.officers import Officer
from core.text import normal

LONGEST = 200
_NUMBER = re.compile(r"[0-9]{7,}[0-9x]?")


async def note(query: str, matter: str, *, now: datetime) -> None:
    """Count a question that nothing answered. Long numbers (phones, identity cards) are not kept."""
    words = _NUMBER.sub("…", " ".join(normal(query).split()))[:LONGEST]
    await db.execute(
        "INSERT INTO kb_gap (query, matter, times, first_at, last_at) VALUES ($1, $2, 1, $3, $3)"
        " ON CONFLICT (query, matter) WHERE answered_at IS NULL"
        " DO UPDATE SET times = kb_gap.times + 1, last_at = excluded.last_at",
        words,
        matter,
        now,
    )


async def still_open(limit: int = 200) -> Sequence[Mapping[str, Any]]:
    """The most asked first."""
    return await db.fetch(
        "SELECT * FROM kb_gap WHERE answered_at IS NULL ORDER BY times DESC, last_at DESC LIMIT $1", limit
    )


async def close(number: int, *, by: Officer, now: datetime) -> bool:
    """It has an answer now; False when it was closed already."""
    row = await db.fetchrow(
        "UPDATE kb_gap SET answered_at = $2, answered_by = $3 WHERE id = $1 AND answered_at IS NULL RETURNING id",
        number,
        now,
        by.id,
    )
    return row is not None
