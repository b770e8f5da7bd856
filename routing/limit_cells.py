"""The limits as a sheet of cells: what stands in each, what was typed, and the rows that follow. Pure.

A cell is typed as it reads: `5 工作日`, `24 小时`, `30 min`, `0`. A changed cell ends the row that counts and begins
a new one with the next version; changed on the very day it began, the row itself is put right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.admin.columns import Values
from core.admin.subjects import World
from core.admin.writing import RowChange
from core.i18n import _
from routing.admin.limits import MAY_BE_NONE, URGENCIES, next_version
from routing.limits import ANY_KIND, Limit

#: The rows of the sheet: clock, and for the close one a kind.
LINES: Final[tuple[tuple[str, str], ...]] = (
    ("dispatch", ANY_KIND), ("sign", ANY_KIND), ("contact", ANY_KIND),
    ("close", "consult"), ("close", "help"), ("close", "complaint"), ("close", "report"), ("close", "suggestion"),
    ("close", "praise"), ("close", ANY_KIND),
    ("return", ANY_KIND), ("return_complex", ANY_KIND), ("extension", ANY_KIND), ("extension_2", ANY_KIND),
    ("conference_after", ANY_KIND), ("conference", ANY_KIND),
    ("follow_up", ANY_KIND), ("redo", ANY_KIND), ("urge", ANY_KIND), ("supervise", ANY_KIND), ("escalate", ANY_KIND),
)  # fmt: skip
_UNITS: Final = {
    "min": "min", "mins": "min", "minute": "min", "minutes": "min", "m": "min", "分": "min", "分钟": "min",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour", "时": "hour", "小时": "hour",
    "wd": "workday", "workday": "workday", "workdays": "workday", "workingday": "workday",
    "workingdays": "workday", "d": "workday", "工作日": "workday", "个工作日": "workday",
    "次": "times", "time": "times", "times": "times",
}  # fmt: skip
_NONE: Final = frozenset({"无", "不得延期", "none", "-", "—", "0"})
MOST: Final = 1000


@dataclass(frozen=True)
class Cell:
    """Where a limit stands on the sheet."""

    kind: str
    urgency: int
    clock: str

    @property
    def field(self) -> str:
        """Its name in a form."""
        return f"{self.clock}.{'any' if self.kind == ANY_KIND else self.kind}.{self.urgency}"


CELLS: Final = tuple(Cell(kind, urgency, clock) for clock, kind in LINES for urgency in URGENCIES)


def read(text: str, clock: str) -> tuple[int, str] | None:
    """`5 工作日` → (5, "workday"); None for an empty cell. Raises `ValueError` with a sentence."""
    typed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()
    if not typed:
        return None
    if typed in _NONE:
        if clock in MAY_BE_NONE:
            return 0, "workday"
        raise ValueError(_("至少是 1；只有延期可以是 0（不得延期）。"))
    found = re.fullmatch(r"(\d{1,4})(\D+)", typed)
    unit = _UNITS.get(found.group(2)) if found else None
    if found is None or unit is None:
        raise ValueError(_("写数量和单位，例如 30 分钟、24 小时、5 工作日。"))
    amount = int(found.group(1))
    if amount == 0 and clock not in MAY_BE_NONE:
        raise ValueError(_("至少是 1；只有延期可以是 0（不得延期）。"))
    if amount > MOST:
        raise ValueError(_("请填 {a} 到 {b} 之间的数。").format(a=1, b=MOST))
    return amount, unit


def standing(world: World, on: date) -> dict[Cell, tuple[int, Values]]:
    """The row that counts on a day, by cell."""
    found: dict[Cell, tuple[int, Values]] = {}
    for row, values in world.items():
        if (values["valid_from"] or on) <= on <= (values["valid_to"] or on):
            cell = Cell(values["kind"], int(values["urgency"]), values["clock"])
            kept = found.get(cell)
            if kept is None or (values["valid_from"] or date.min) > (kept[1]["valid_from"] or date.min):
                found[cell] = row, values
    return found


def coming(world: World, on: date) -> dict[Cell, Values]:
    """The next row of a cell that begins after a day."""
    found: dict[Cell, Values] = {}
    for values in world.values():
        cell = Cell(values["kind"], int(values["urgency"]), values["clock"])
        start = values["valid_from"]
        if start and start > on and (cell not in found or start < found[cell]["valid_from"]):
            found[cell] = values
    return found


def limit(values: Values) -> Limit:
    return Limit(values["amount"], values["unit"], values["version"])


def changes(world: World, typed: Mapping[Cell, tuple[int, str] | None], on: date) -> list[RowChange]:
    """The rows that make the sheet read as typed from `on`. A cell that is not in `typed` stays."""
    now, next_rows = standing(world, on), coming(world, on)
    version = next_version([values["version"] for values in world.values()], on.year)
    found: list[RowChange] = []
    for cell, wanted in typed.items():
        row, values = now.get(cell, (0, None))
        if _is_same(values, wanted):
            continue
        if values is not None and wanted is not None and values["valid_from"] == on:
            amount, unit = wanted
            found.append(
                RowChange(row, values, {**values, "amount": amount, "unit": unit, "version": version})
            )
            continue
        if values is not None:
            found.append(RowChange(row, values, _ended(values, on)))
        if wanted is not None:
            fresh = _fresh(cell, wanted, version, on, next_rows.get(cell))
            found.append(RowChange(-1 - len(found), None, fresh))
    return found


def _is_same(values: Values | None, wanted: tuple[int, str] | None) -> bool:
    """None at all is none in any unit."""
    if values is None or wanted is None:
        return values is None and wanted is None
    return (values["amount"], values["unit"]) == wanted or values["amount"] == wanted[0] == 0


def complaints(world: World, typed: Mapping[Cell, tuple[int, str] | None], on: date) -> dict[str, str]:
    """Cells that may not be empty, by field: those nothing else would answer for."""
    now = standing(world, on)
    return {
        cell.field: _("这一格不能空：没有别的时限可以代替它。")
        for cell, wanted in typed.items()
        if wanted is None and cell in now and not _is_covered(cell)
    }


def _is_covered(cell: Cell) -> bool:
    """Left empty, a kind has the limit of every kind; a second extension is simply not to be had."""
    return cell.kind != ANY_KIND or cell.clock == "extension_2"


def _ended(values: Values, on: date) -> Values | None:
    return None if values["valid_from"] == on else {**values, "valid_to": on - timedelta(days=1)}


def _fresh(cell: Cell, wanted: tuple[int, str], version: str, on: date, following: Values | None) -> Values:
    amount, unit = wanted
    until = following["valid_from"] - timedelta(days=1) if following else None
    return {
        "kind": cell.kind, "urgency": cell.urgency, "clock": cell.clock, "amount": amount, "unit": unit,
        "version": version, "valid_from": on, "valid_to": until,
    }  # fmt: skip


def words(rows: Sequence[RowChange]) -> list[tuple[Cell, Values | None, Values | None]]:
    """What a change does, cell by cell: the limit before and after."""
    found: dict[Cell, list[Values | None]] = {}
    for row in rows:
        values = row.after or row.before
        assert values is not None
        pair = found.setdefault(Cell(values["kind"], int(values["urgency"]), values["clock"]), [None, None])
        if row.before is not None:
            pair[0] = row.before
        if row.after is not None and (row.before is None or row.after["valid_to"] == row.before["valid_to"]):
            pair[1] = row.after
    return [(cell, before, after) for cell, (before, after) in found.items()]
