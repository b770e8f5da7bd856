"""The rows of the supervisor's table: units of one class, branches of the matter tree, lines, days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core import i18n
from core.i18n import _
from crm.kpi import trees
from crm.kpi.queries import BRANCH
from crm.kpi.trees import Found
from crm.lines import LineRow
from crm.pages.names import Names
from crm.pages.rate_filters import Filters

#: Classes that are shown whole, also those of whom nothing is counted.
WHOLE = frozenset({"district"})
#: Behind a unit's id: the unit without what is below it.
OWN = "own"


@dataclass(frozen=True)
class Row:
    key: str
    name: str
    found: Found
    level: int = 0
    has_children: bool = False


async def by_unit(filters: Filters, found: dict[Any, Found], called: Names) -> list[Row]:
    """The class's units in code order, each with everything below it; the unfolded ones with their children."""
    tree = await trees.units()
    tops = tree.kinds.get(filters.kind, ()) if filters.unit is None else (filters.unit,)
    whole = filters.unit is not None or filters.kind in WHOLE
    rows: list[Row] = []

    def add(unit: int, level: int, *, always: bool) -> None:
        inside = tree.below.get(unit, frozenset())
        sums = trees.summed(found[below] for below in inside if below in found)
        if not sums and not always:
            return
        children = tree.children.get(unit, ())
        rows.append(Row(str(unit), called.unit(unit), sums, level, bool(children)))
        if str(unit) not in filters.open:
            return
        if children and unit in found:
            rows.append(Row(f"{unit}{OWN}", _("本级"), found[unit], level + 1))
        for child in children:
            add(child, level + 1, always=False)

    for unit in tops:
        add(unit, 0, always=whole)
    return rows


def by_matter(filters: Filters, found: dict[Any, Found], called: Names) -> list[Row]:
    """The first level, each with everything below it; the unfolded ones with their second level."""
    tops = sorted({code[:2] for code in found if code})
    rows: list[Row] = []
    for top in tops:
        inside = sorted(code for code in found if code and code.startswith(top))
        rows.append(
            Row(top, called.matter(top), trees.summed(found[c] for c in inside), 0, has_children=True)
        )
        if top in filters.open:
            rows += [Row(code, called.matter(code), found[code], 1) for code in inside if len(code) == BRANCH]
    return rows


def by_line(found: dict[Any, Found], known: dict[str, LineRow]) -> list[Row]:
    """The lines of which anything is counted."""
    return [Row(number, line_name(row), found[row.id]) for number, row in known.items() if row.id in found]


def by_day(filters: Filters, found: dict[Any, Found]) -> list[Row]:
    """Every day of the period, the latest first."""
    days = [filters.last - timedelta(days=back) for back in range((filters.last - filters.first).days + 1)]
    return [Row(day.isoformat(), day_name(day), found.get(day, {})) for day in days]


def line_name(row: LineRow) -> str:
    english = i18n.locale() == "en" and row.name_en
    return f"{row.number} {row.name_en if english else row.name}"


def day_name(day: date) -> str:
    return f"{i18n.day(day)} {i18n.weekday(day)}"
