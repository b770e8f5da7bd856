"""The tree of units: finding one by a few letters, its ancestors and what is below it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from core import db
from routing.catalogue import unit_name
from routing.rulebook import Rulebook, UnitRow, rulebook
from routing.typeahead import Entry, Hit, Index


@dataclass(frozen=True, slots=True)
class UnitHit:
    """A unit, where it hangs (names from below the city down to its parent), and which letters matched."""

    unit: UnitRow
    under: tuple[str, ...]
    hit: Hit


@dataclass(frozen=True)
class _Tree:
    of: Rulebook
    index: Index
    paths: dict[int, str]
    by_code: dict[str, int]


_tree: _Tree | None = None


async def units(
    q: str, on: date, limit: int = 8, *, kinds: Collection[str] = (), below: int | None = None,
    without: Collection[int] = (), often: dict[str, int] | None = None,
) -> list[UnitHit]:  # fmt: skip
    """Units open on that day for typed letters, best first; only of some kinds, or of one unit's sub-tree."""
    tree = await _ready()
    root = tree.paths.get(below, "") if below is not None else ""

    def keep(code: str) -> bool:
        unit = tree.of.units[tree.by_code[code]]
        if not unit.open_on(on) or unit.id in without or (kinds and unit.kind not in kinds):
            return False
        return tree.paths[unit.id].startswith(root)

    found = tree.index.search(q, limit, often=often, keep=keep)
    return [
        UnitHit(tree.of.units[tree.by_code[hit.key]], _names_above(tree, tree.by_code[hit.key]), hit)
        for hit in found
    ]


async def unit_by_code(code: str) -> UnitRow | None:
    tree = await _ready()
    return tree.of.units[tree.by_code[code]] if code in tree.by_code else None


async def above(unit: int) -> list[UnitRow]:
    """Its ancestors, the city first, without itself. Empty for an id that no unit has."""
    tree = await _ready()
    codes = tree.paths.get(unit, "").strip("/").split("/")[:-1]
    return [tree.of.units[tree.by_code[code]] for code in codes]


async def below(unit: int) -> frozenset[int]:
    """Ids of its whole sub-tree, itself included."""
    tree = await _ready()
    path = tree.paths.get(unit)
    return frozenset(id for id, other in tree.paths.items() if path and other.startswith(path))


def _names_above(tree: _Tree, unit: int) -> tuple[str, ...]:
    codes = tree.paths[unit].strip("/").split("/")[1:-1]
    return tuple(unit_name(tree.of.units[tree.by_code[code]]) for code in codes)


async def _ready() -> _Tree:
    global _tree
    rules = await rulebook()
    if _tree is None or _tree.of is not rules:
        rows = await db.fetch("SELECT id, code, name, name_en, pinyin, path FROM unit ORDER BY code")
        entries = (
            Entry(row["code"], row["name"], row["pinyin"], row["code"], row["name_en"]) for row in rows
        )
        _tree = _Tree(
            rules,
            Index(entries),
            {row["id"]: row["path"] for row in rows},
            {row["code"]: row["id"] for row in rows},
        )
    return _tree
