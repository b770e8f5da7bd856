"""The figures beside the desks' names and lights: counted once a change, not once a page.

What is kept is dropped when a queue changes, by this process at once, by others as soon as they tell; a lost
message costs a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from core import db, live
from core.settings import settings

FRESH = 1.0
MOST = 500

_kept: dict[tuple[Any, ...], tuple[float, dict[str, int]]] = {}


async def counted(sql: str, args: Sequence[Any], key: Sequence[Any]) -> dict[str, int]:
    """The one row of `sql`, perhaps a second old. `key`: the arguments but for the moment."""
    of = (settings().database_url, sql, *(tuple(part) if isinstance(part, list) else part for part in key))
    known = _kept.get(of)
    if known is not None and known[0] > monotonic():
        return known[1]
    row: Mapping[str, int] = await db.fetchrow(sql, *args)
    if len(_kept) >= MOST:
        _kept.clear()
    found = dict(row)
    _kept[of] = (monotonic() + FRESH, found)
    return found


def forget(_topic: str = "") -> None:
    _kept.clear()


live.hear("queue:", forget)
