"""The trees that counts are summed up along: units below units, matters below matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core import db
from crm.kpi.queries import Counts
from routing.rulebook import Rulebook, rulebook

#: formula → counts
Found = dict[str, Counts]


@dataclass(frozen=True)
class Units:
    """Children of each unit in code order, and who is below whom (a unit is below itself)."""

    children: Mapping[int, tuple[int, ...]]
    below: Mapping[int, frozenset[int]]
    kinds: Mapping[str, tuple[int, ...]]


_kept: tuple[Rulebook, Units] | None = None


async def units() -> Units:
    """A copy of this process, made anew when the reference data is."""
    global _kept
    book = await rulebook()
    if _kept is None or _kept[0] is not book:
        rows = await db.fetch("SELECT id, parent, path, kind FROM unit ORDER BY code")
        _kept = (book, _units(rows))
    return _kept[1]


def _units(rows: Iterable[Any]) -> Units:
    children: dict[int, list[int]] = defaultdict(list)
    kinds: dict[str, list[int]] = defaultdict(list)
    below: dict[int, set[int]] = defaultdict(set)
    parents = {row["id"]: row["parent"] for row in rows}
    for row in rows:
        kinds[row["kind"]].append(row["id"])
        if row["parent"] is not None:
            children[row["parent"]].append(row["id"])
        up, seen = row["id"], set[int]()
        while up is not None and up not in seen:
            seen.add(up)
            below[up].add(row["id"])
            up = parents.get(up)
    return Units(
        {unit: tuple(found) for unit, found in children.items()},
        {unit: frozenset(found) for unit, found in below.items()},
        {kind: tuple(found) for kind, found in kinds.items()},
    )


def summed(parts: Iterable[Found]) -> Found:
    """Counts of several keys as one."""
    total: Found = {}
    for part in parts:
        for formula, counts in part.items():
            into = total.setdefault(formula, {})
            for verdict, n in counts.items():
                into[verdict] = into.get(verdict, 0) + n
    return total
