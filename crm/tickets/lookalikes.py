"""相似工单: tickets that may be the same matter. At most 200 candidates from the indexes, then re-ranked.

The score is `token_set_ratio` of the texts' terms (rapidfuzz), lifted for the same matter; on real messages
re-ranking a cheap first list by it was the best of what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz

from core.officers import Officer
from core.text import grams
from crm.tickets import queries

#: Below this two texts only share common words.
LIKE = 55
MOST = 8
#: Rarer grams narrow; a whole text's grams never all occur in another.
NARROWING = 3


@dataclass(frozen=True)
class Like:
    """A ticket that may be the same matter; `percent` 0–100, `own` when the same citizen brought it."""

    number: int
    percent: int
    title: str
    status: str
    unit: str
    received_at: datetime
    own: bool


async def find(
    officer: Officer,
    text: str,
    *,
    matter: str,
    street: str,
    citizen: int | None = None,
    besides: int | None = None,
) -> list[Like]:
    """The likes of a text being written, best first, own tickets marked."""
    pool = await queries.lookalikes_pool(
        street, matter, sorted(grams(text), key=len, reverse=True)[:NARROWING], officer
    )
    likes = [_score(row, text, matter, citizen) for row in pool if row["id"] != besides]
    return sorted(
        (like for like in likes if like.percent >= LIKE), key=lambda like: (-like.percent, -like.number)
    )[:MOST]


def _score(row: Any, text: str, matter: str, citizen: int | None) -> Like:
    theirs = " ".join(grams(f"{row['title']} {row['content']}"))
    percent = fuzz.token_set_ratio(" ".join(grams(text)), theirs)
    return Like(
        row["id"], min(99, round(percent)), row["title"] or row["matter_name"], row["status"], row["unit_name"] or "",
        row["received_at"], citizen is not None and row["citizen"] == citizen,
    )  # fmt: skip
