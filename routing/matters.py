"""The matter tree: finding a leaf by a few letters, and walking down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core import db
from routing.rulebook import MatterRow, Rulebook, rulebook
from routing.typeahead import Entry, Hit, Index


@dataclass(frozen=True, slots=True)
class MatterHit:
    """A leaf with what choosing it sets, and which letters of its path matched."""

    matter: MatterRow
    hit: Hit


_index: tuple[Rulebook, Index] | None = None


async def matters(
    q: str, limit: int = 8, *, often: dict[str, int] | None = None, on: date | None = None
) -> list[MatterHit]:
    """Leaves for typed letters, best first; `often` (code → uses) orders equals; with `on` those valid that day."""
    rules, index = await _ready()
    keep = (lambda code: rules.matters[code].open_on(on)) if on else None
    return [MatterHit(rules.matters[hit.key], hit) for hit in index.search(q, limit, often=often, keep=keep)]


async def children(code: str = "") -> list[MatterRow]:
    """The next level below a node, in code order; the top level for an empty code."""
    rules = await rulebook()
    depth = len(code) + 2
    found = (m for m in rules.matters.values() if len(m.code) == depth and m.code.startswith(code))
    return sorted(found, key=lambda matter: matter.code)


async def _ready() -> tuple[Rulebook, Index]:
    global _index
    rules = await rulebook()
    if _index is None or _index[0] is not rules:
        rows = await db.fetch(
            """SELECT code AS key, path_name AS text, pinyin, code, path_name_en AS text_en
               FROM matter WHERE leaf ORDER BY code"""
        )
        _index = rules, Index(Entry(**row) for row in rows)
    return _index
