"""One box to find a ticket: number or tail, phone or its last four, caller's full name, words of title and text.

What is encrypted is looked up by its keyed hash, never searched in clear. Newest first, same policy as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from core import db, privacy
from core.cursors import BadCursor
from core.officers import Officer
from core.text import query_grams
from crm.tickets import number, queries

TAIL = number.TAIL
_LONGEST_NAME = 8
#: Days back from where the page begins; then everything.
WINDOWS = (7, 60)
#: An empty list would be no filter at all.
NOBODY = [0]


class How(StrEnum):
    """By what a query found, for the page to say."""

    NUMBER = "number"
    TAIL = "tail"
    PHONE = "phone"
    LAST_FOUR = "last_four"
    NAME = "name"
    WORDS = "words"


@dataclass(frozen=True)
class Finding:
    """Rows as `queries.tickets` gives them, one more than the limit when there are more; and how they were found."""

    rows: list[Any]
    how: How


def after(text: str | None) -> int | None:
    """The last number of the page before, as a URL holds it. Raises BadCursor for what no page of ours wrote."""
    if not text:
        return None
    read = number.read(text)
    if read is None:
        raise BadCursor
    return read


async def find(
    officer: Officer,
    query: str,
    chosen: Mapping[str, Any] | None = None,
    *,
    today: date,
    after: int | None = None,
    limit: int = 50,
) -> Finding:
    """The tickets that `query` means, within the filters `chosen`. An empty query lists the newest."""
    narrowed = dict(chosen or {})
    how, wanted = await _read(query.strip())
    if "grams" not in wanted:
        return Finding(await queries.tickets(officer, {**narrowed, **wanted}, after=after, limit=limit), how)
    until = today if after is None else number.day_of(after)
    return Finding(await _newest_first(officer, {**narrowed, **wanted}, until, after=after, limit=limit), how)


async def _newest_first(
    officer: Officer, chosen: dict[str, Any], until: date, *, after: int | None, limit: int
) -> list[Any]:
    """Words in ever longer windows of time: common words are found in the first days, rare ones cost little anywhere."""
    for days in WINDOWS:
        rows = await queries.tickets(
            officer,
            {**chosen, "from": number.first_of(until - timedelta(days=days))},
            after=after,
            limit=limit,
        )
        if len(rows) > limit:
            return rows
    return await queries.tickets(officer, chosen, after=after, limit=limit)


async def _read(query: str) -> tuple[How, dict[str, Any]]:
    """What kind of thing was typed, as a filter of `queries.tickets`."""
    digits = number.digits_of(query)
    whole = number.read(query)
    if whole is not None:
        return How.NUMBER, {"id": whole}
    if digits is not None and len(digits) == 4:
        return How.LAST_FOUR, {"phone_tail": digits}
    if digits is not None and TAIL <= len(digits) < 8:
        return How.TAIL, {"tail": int(digits[-TAIL:])}
    phone = privacy.phone_e164(query) if digits is not None or query.startswith("+") else None
    if phone is not None:
        return How.PHONE, {"citizens": await _citizens("phone_hash", "phone", phone)}
    if query and len(query) <= _LONGEST_NAME:
        named = await _citizens("name_hash", "name", query)
        if named != NOBODY:
            return How.NAME, {"citizens": named}
    if not query:
        return How.WORDS, {}
    wanted = query_grams(query)
    return How.WORDS, {"grams": wanted} if wanted else {"citizens": NOBODY}


async def _citizens(column: str, kind: str, text: str) -> list[int]:
    rows = await db.fetch(
        f"SELECT id FROM citizen WHERE {column} = ANY($1::bytea[]) LIMIT 200", privacy.lookups(kind, text)
    )
    return [row["id"] for row in rows] or NOBODY
