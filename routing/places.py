"""Streets and districts, and finding them by a few letters."""

from __future__ import annotations

from dataclasses import dataclass

from core import db
from routing.rulebook import Rulebook, StreetRow, rulebook
from routing.typeahead import Entry, Hit, Index


@dataclass(frozen=True, slots=True)
class StreetHit:
    """A street, and which letters of `南开区 · 王顶堤街道` (or of its English) matched."""

    street: StreetRow
    hit: Hit


_index: tuple[Rulebook, Index] | None = None


async def streets(
    q: str, limit: int = 8, *, district: str = "", often: dict[str, int] | None = None
) -> list[StreetHit]:
    """Streets for typed letters, best first; only of one district when its code is given."""
    rules, index = await _ready()
    found = index.search(q, limit, often=often, keep=lambda code: code.startswith(district))
    return [StreetHit(rules.streets[hit.key], hit) for hit in found]


async def districts() -> dict[str, tuple[str, str]]:
    """Code → Chinese and English name, in code order."""
    rules = await rulebook()
    return dict(
        sorted({s.district: (s.district_name, s.district_name_en) for s in rules.streets.values()}.items())
    )


async def place_name(code: str, *, english: bool = False) -> str:
    """`南开区王顶堤街道` or `Wangdingdi Subdistrict, Nankai District`; empty for a code that is no street's."""
    street = (await rulebook()).streets.get(code)
    if street is None:
        return ""
    return (
        f"{street.name_en}, {street.district_name_en}" if english else f"{street.district_name}{street.name}"
    )


async def _ready() -> tuple[Rulebook, Index]:
    global _index
    rules = await rulebook()
    if _index is None or _index[0] is not rules:
        rows = await db.fetch(
            """SELECT code AS key, district_name || ' · ' || name AS text, pinyin, code,
                      concat_ws(', ', nullif(name_en, ''), nullif(district_name_en, '')) AS text_en
               FROM street ORDER BY code"""
        )
        _index = rules, Index(Entry(**row) for row in rows)
    return _index
