"""A subject's rows as an XLSX sheet, and a sheet as rows of text again. Nothing in a sheet is ever calculated.

Text that looks like a formula is written as text and marked so for the spreadsheet program (its own "quote
prefix"), so it comes back as it was; a cell that *is* a formula is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from core.admin.columns import Column, Values
from core.admin.subjects import Subject
from core.errors import Invalid
from core.i18n import LOCALES, _, said

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES: Final = 5 * 1024 * 1024
#: A zip of a few kilobytes may unpack to gigabytes.
MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_ROWS: Final = 20_000
MOST_CELL: Final = 4_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

#: A line of a sheet: its number there, and the text of each column that the sheet has.
Line = tuple[int, dict[str, str]]


class Unreadable(ValueError):
    """A cell that is no value; the sentence says why."""


def write(subject: Subject, rows: Iterable[Values]) -> bytes:
    """The rows under the columns' names in the reader's language."""
    from openpyxl import Workbook  # slow to import
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_(subject.label)[:31])
    sheet.freeze_panes = "A2"
    heads = [_cell(sheet, _(column.label)) for column in subject.columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for values in rows:
        sheet.append([_cell(sheet, _native(c, values[c.name])) for c in subject.columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes, subject: Subject) -> list[Line]:
    """The first sheet's lines. Raises `Invalid` (`file`) for what is no sheet of this subject, or too large."""
    if len(data) > MOST_BYTES:
        raise _wrong(_("文件太大：最多 {n} MB，请分开导入。").format(n=MOST_BYTES // 1024 // 1024))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            unpacked = sum(part.file_size for part in pack.infolist())
    except zipfile.BadZipFile:
        raise _wrong(_("这不是 XLSX 文件。请用表格软件另存为 .xlsx 再导入。")) from None
    if unpacked > MOST_UNPACKED:
        raise _wrong(_("这个文件解开后太大，请分开导入。"))
    return _lines(data, subject)


def _lines(data: bytes, subject: Subject) -> list[Line]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        rows = book.worksheets[0].iter_rows()
        heads = _heads(subject, [cell.value for cell in next(rows, ())])
        found: list[Line] = []
        for number, row in enumerate(rows, start=2):
            cells = {name: _text(row[at]) for at, name in heads.items() if at < len(row)}
            if not any(cells.values()):
                continue
            if len(found) >= MOST_ROWS:
                raise _wrong(_("行数太多：一次最多 {n} 行，请分开导入。").format(n=f"{MOST_ROWS:,}"))
            found.append((number, {name: cells.get(name, "") for name in heads.values()}))
    except Invalid:
        raise
    except Exception as error:  # whatever a broken file makes of the parser
        raise _wrong(
            _("这个文件读不出来（{why}）。请另存为 .xlsx 再导入。").format(why=type(error).__name__)
        ) from error
    if not found:
        raise _wrong(_("表里除了标题没有内容。"))
    return found


def _heads(subject: Subject, titles: Sequence[Any]) -> dict[int, str]:
    """Position → column, by its name in any language; what is not typed is passed over."""
    names = {said(c.label, locale): c for c in subject.columns for locale in LOCALES} | {
        c.name: c for c in subject.columns
    }
    heads: dict[int, str] = {}
    strange: list[str] = []
    for at, title in enumerate(titles):
        text = str(title).strip() if title is not None else ""
        column = names.get(text)
        if column is None:
            strange += [text] if text else []
        elif column.name in heads.values():
            raise _wrong(_("标题“{title}”出现了两次。").format(title=text[:40]))
        elif column.typed:
            heads[at] = column.name
    if strange:
        raise _wrong(
            _("不认识的标题：{titles}。请从导出的表改起。").format(
                titles=_("、").join(t[:40] for t in strange[:5])
            )
        )
    lacking = [_(subject.column(name).label) for name in subject.natural if name not in heads.values()]
    if lacking:
        raise _wrong(_("表里缺这几列：{columns}。").format(columns=_("、").join(lacking)))
    return heads


#: Stands in a cell's text for a formula; no person can type it.
FORMULA: Final = "\ufffe="


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)[:MOST_CELL]


def _native(column: Column, value: Any) -> Any:
    if isinstance(value, date) or (column.kind == "integer" and value is not None):
        return value
    return column.shown(value)


def _cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    if value.startswith(_FORMULA):
        cell.data_type = "s"
        cell.quotePrefix = True
    return cell


def _wrong(message: str) -> Invalid:
    return Invalid({"file": message})
