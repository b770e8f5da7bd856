"""Lists of articles: named questions, SQL in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import db

ENDS_SOON = timedelta(days=30)
PAGE = 30


@dataclass(frozen=True)
class Filter:
    """What the list shows; an empty word is no filter. `ending`: only what ends within `ENDS_SOON`."""

    folder: str = ""
    matter: str = ""
    status: str = "published"
    ending: bool = False


Key = tuple[datetime, int]


_WHERE = """
    ($1 = '' OR folder = $1 OR starts_with(folder, $1 || '/')) AND ($2 = '' OR matter = $2)
    AND ($3 = '' OR status = $3) AND ($4::timestamptz IS NULL OR valid_to <= $4)
"""


async def page(chosen: Filter, *, now: datetime, after: Key | None = None) -> Sequence[Mapping[str, Any]]:
    """One row more than a page, the latest change first."""
    return await db.fetch(
        "SELECT id, code, title, folder, matter, status, valid_to, source, updated_at, left(body, 120) AS opening"
        f" FROM article WHERE {_WHERE} AND ($5::timestamptz IS NULL OR (updated_at, id) < ($5, $6))"
        " ORDER BY updated_at DESC, id DESC LIMIT $7",
        *_arguments(chosen, now),
        after[0] if after else None,
        after[1] if after else 0,
        PAGE + 1,
    )


async def count(chosen: Filter, *, now: datetime) -> int:
    number: int = await db.fetchval(f"SELECT count(*) FROM article WHERE {_WHERE}", *_arguments(chosen, now))
    return number


async def folders() -> Sequence[Mapping[str, Any]]:
    """Top folders with how many published articles each holds; `供热/收费` lies in `供热`."""
    return await db.fetch(
        "SELECT split_part(folder, '/', 1) AS folder, count(*) AS articles FROM article"
        " WHERE status = 'published' AND folder <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
    )


def _arguments(chosen: Filter, now: datetime) -> tuple[Any, ...]:
    return chosen.folder, chosen.matter, chosen.status, now + ENDS_SOON if chosen.ending else None
