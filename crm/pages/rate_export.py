"""The supervisor's tables as XLSX or CSV: plain values, nothing that a spreadsheet could take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response

from core import clock
from core.i18n import _
from crm.kpi.formulas import Formula
from crm.pages.names import Names
from crm.pages.rate_board import Board, Figure
from crm.pages.rate_filters import BY, Filters

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[_Cell]]


def table(board: Board, filters: Filters) -> Table:
    """A row a unit, line, matter or day; four columns a rate."""
    first = board.lines[0].figures if board.lines else ()
    head = [_(BY[filters.by])]
    for figure in first:
        head += [figure.title + " %", _("分子"), _("分母"), _("还差")]
    rows = [
        ["　" * line.level + line.name, *(cell for figure in line.figures for cell in _cells(figure))]
        for line in board.lines
    ]
    total = [card.figure for card in board.cards]
    rows += [[], [_("合计")], *([figure.title, *_cells(figure)] for figure in total)]
    return Table(head, rows)


def facts(formula: Formula, rows: Sequence[Any], called: Names, words: dict[str, str]) -> Table:
    if formula.of == "calls":
        head = [_(formula.basis), _("线路"), _("坐席"), _("排队秒数"), _("计入")]
        return Table(head, [
            [_when(row["at"]), row["line_number"], row["agent_name"], _waited(row), words.get(row["verdict"], "")]
            for row in rows
        ])  # fmt: skip
    head = [_(formula.basis), _("尾号"), _("线路"), _("事项"), _("承办单位"), _("计入")]
    return Table(head, [
        [
            _when(row["at"]), f"…{row['id'] % 100_000:05d}", row["line_number"],
            called.matter(row["matter"], row["matter_name"]), called.unit(row["unit"]), words.get(row["verdict"], ""),
        ]
        for row in rows
    ])  # fmt: skip


def answer(table: Table, form: str, *, name: str) -> Response[bytes]:
    """`form`: xlsx, or csv (with a mark for spreadsheet programs that it is UTF-8)."""
    if form == "csv":
        out = io.StringIO()
        lines = csv.writer(out)
        lines.writerows([[_inert(cell) for cell in row] for row in (table.head, *table.rows)])
        return _file(b"\xef\xbb\xbf" + out.getvalue().encode(), "text/csv; charset=utf-8", f"{name}.csv")
    return _file(_workbook(table), XLSX, f"{name}.xlsx")


def _workbook(table: Table) -> bytes:
    from openpyxl import Workbook  # slow to import
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("rates")
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 28
    heads = [WriteOnlyCell(sheet, value=_inert(cell)) for cell in table.head]
    for cell in heads:
        cell.font = Font(bold=True)
    sheet.append(heads)
    for row in table.rows:
        sheet.append([_inert(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cells(figure: Figure) -> list[_Cell]:
    percent = float(figure.percent) if figure.denominator else None
    return [percent, figure.numerator, figure.denominator, figure.lacks]


def _waited(row: Any) -> int | None:
    end = row["answered_at"] or row["ended_at"]
    return round((end - row["at"]).total_seconds()) if end else None


def _when(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M:%S}"


def _inert(cell: _Cell) -> _Cell:
    """A spreadsheet must not take a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell


def _file(data: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)
