"""Files as rows: CSV (any usual delimiter), JSON Lines, XLSX; the first two also as .gz. No table, no network.

`opened` looks at the whole file before the first row is taken, so that a file that cannot be read to its end
is refused as a whole, and a run knows how many rows it has before it.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import Invalid
from core.i18n import _

KINDS: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xlsx")
ENCODINGS: Final = ("utf-8-sig", "gb18030")
#: The biggest file that is taken, in MB.
BIGGEST: Final = 100
#: A packed file may grow to this many times the limit for uploads; more is no list of messages.
GROWTH: Final = 10
MEGABYTE: Final = 1024 * 1024
MOST_COLUMNS: Final = 200
#: What a reject shows of a line that is no row.
SHOWN: Final = 200
_SAMPLE: Final = 64 * 1024
_DELIMITERS: Final = ",\t;|"


@dataclass(frozen=True)
class Row:
    """`line` is where it begins in the file (XLSX: the sheet's row). `cells` by column; absent ones are empty.

    `fault` says why the line is no row at all, `held` what stands there: a bad line is a row to be rejected, and
    no reason to refuse the file.
    """

    line: int
    cells: dict[str, str]
    fault: str = ""
    held: str = ""


@dataclass(frozen=True)
class Table:
    """A file that was looked at from end to end."""

    path: Path
    kind: str
    columns: tuple[str, ...]
    rows: int
    encoding: str = ""
    delimiter: str = ","

    def read(self) -> Iterator[Row]:
        return _read(self)


def opened(path: Path, name: str = "", *, most_mb: int = BIGGEST) -> Table:
    """Look at the file. `name` is what its sender calls it. Raises Invalid with a message for `file`."""
    kind, packed = _kind(name or path.name)
    if not path.is_file():
        raise _unreadable(_("没有这个文件：{path}").format(path=path))
    if path.stat().st_size > most_mb * MEGABYTE:
        raise _unreadable(_("文件太大（超过 {n} MB），请拆成几份再导入。").format(n=most_mb))
    try:
        if kind == ".xlsx":
            table = _sheet(path, most_mb)
        else:
            encoding = _encoding(path, packed, most_mb * GROWTH * MEGABYTE)
            delimiter = _delimiter(path, packed, encoding, kind)
            table = Table(path, kind, (), 0, encoding, delimiter)
        return _counted(table)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _unreadable(_("压缩包坏了或没有传完，请重新导出后再试。")) from error
    except (zipfile.BadZipFile, KeyError) as error:
        raise _unreadable(_("内容不是 XLSX 表格，请在 Excel 里另存为 .xlsx 再上传。")) from error
    except csv.Error as error:
        raise _unreadable(_("文件读不下去：{why}。请重新导出后再试。").format(why=error)) from error


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes: a run goes on only with the file it began with."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _kind(name: str) -> tuple[str, bool]:
    lower = name.lower()
    packed = lower.endswith(".gz")
    kind = Path(lower.removesuffix(".gz")).suffix
    if kind not in KINDS or (packed and kind == ".xlsx"):
        raise _unreadable(
            _("只收 CSV、XLSX、JSONL（CSV、JSONL 可为 .gz）；这个文件是“{name}”。").format(name=name)
        )
    return (".jsonl" if kind == ".ndjson" else kind), packed


def _counted(table: Table) -> Table:
    columns: dict[str, None] = dict.fromkeys(table.columns)
    rows = 0
    faults: list[Row] = []
    for row in _read(table):
        rows += 1
        if row.fault:
            faults.append(Row(row.line, {}, row.fault))
        columns.update(dict.fromkeys(row.cells))
        if len(columns) > MOST_COLUMNS:
            raise _unreadable(_("列太多（超过 {n}），不像留言表。").format(n=MOST_COLUMNS))
    if not rows:
        raise _unreadable(_("文件里没有数据行（第一行应是列名）。"))
    if len(faults) == rows:
        raise _unreadable(_("没有一行读得懂。第 {n} 行：{why}").format(n=faults[0].line, why=faults[0].fault))
    return Table(table.path, table.kind, tuple(columns), rows, table.encoding, table.delimiter)


def _read(table: Table) -> Iterator[Row]:
    if table.kind == ".xlsx":
        yield from _sheet_rows(table.path)
        return
    with _text(table.path, table.encoding) as text:
        yield from _lines(text) if table.kind == ".jsonl" else _records(text, table.delimiter)


# --- text ---


def _bytes(path: Path) -> Any:
    """Packed or not is told by the file itself: an upload is kept under a name of ours."""
    with path.open("rb") as head:
        packed = head.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_bytes(path), encoding=encoding, newline="")


def _encoding(path: Path, packed: bool, most: int) -> str:
    with path.open("rb") as head:
        magic = head.read(4)
    if packed and not magic.startswith(b"\x1f\x8b"):
        raise _unreadable(_("文件名以 .gz 结尾，内容却不是 gzip。"))
    if magic.startswith(b"\x1f\x8b"):
        _unpack(path, most)
    if magic.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise _unreadable(_("内容不是文本。Excel 文件请存为 .xlsx 再上传。"))
    for encoding in ENCODINGS:
        try:
            _try(path, encoding, most)
        except UnicodeDecodeError:
            continue
        return encoding
    raise _unreadable(_("文字编码认不出来，请存为 UTF-8 或 GB18030。"))


def _unpack(path: Path, most: int) -> None:
    """To the end, so that what is damaged is not taken for a strange encoding."""
    read = 0
    with gzip.open(path, "rb") as packed:
        while block := packed.read(MEGABYTE):
            read += len(block)
            if read > most:
                raise _unreadable(_("文件解开后太大，请拆成几份再导入。"))


def _try(path: Path, encoding: str, most: int) -> None:
    read = 0
    with _text(path, encoding) as text:
        while block := text.read(MEGABYTE):
            read += len(block)
            if read > most:
                raise _unreadable(_("文件解开后太大，请拆成几份再导入。"))


def _delimiter(path: Path, _packed: bool, encoding: str, kind: str) -> str:
    if kind == ".tsv":
        return "\t"
    with _text(path, encoding) as text:
        head = text.read(_SAMPLE)
    first = head.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count) if any(c in first for c in _DELIMITERS) else ","


def _records(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(
        BIGGEST * GROWTH * MEGABYTE
    )  # too long a text is the row's fault, said with its line
    reader = csv.reader(text, delimiter=delimiter)
    head = _head(next(reader, []))
    start = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield _row(start, head, cells)
        start = reader.line_num + 1


def _head(cells: Iterable[str]) -> list[str]:
    head = [cell.strip() for cell in cells]
    names = list(filter(None, head))
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise _unreadable(_("有两列同名，请先改名：{columns}。").format(columns="、".join(twice)))
    return head


def _row(line: int, head: list[str], cells: list[str]) -> Row:
    """Texts beyond the last column come from a delimiter within a text: what stands where is anybody's guess."""
    named = {name: cell for name, cell in zip(head, cells, strict=False) if name}
    if not any(cell.strip() for cell in cells[len(head) :]):
        return Row(line, named)
    fault = _("这一行有 {m} 格，列名只有 {n} 个：文字里有分隔符就要加引号。").format(
        m=len(cells), n=len(head)
    )
    return Row(line, named, fault, "…".join(cells[len(head) - 1 :])[:SHOWN])


def _lines(text: io.TextIOWrapper) -> Iterator[Row]:
    for number, line in enumerate(text, start=1):
        if line.strip():
            yield _object(number, line.strip())


def _object(number: int, line: str) -> Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, {}, _("这一行不是 JSON。"), line[:SHOWN])
    if not isinstance(found, dict):
        return Row(number, {}, _("这一行不是一个 JSON 对象。"), line[:SHOWN])
    cells = {_whole(str(name)): _whole(_cell(value)) for name, value in found.items()}
    broken = any("\ufffd" in cell for cell in cells.values()) and "\ufffd" not in line
    return Row(number, cells, _("含有残缺的字符。") if broken else "", line[:SHOWN] if broken else "")


def _whole(text: str) -> str:
    """Half a surrogate pair is no character; nothing can write it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- sheets ---


def _sheet(path: Path, most_mb: int) -> Table:
    with zipfile.ZipFile(path) as packed:
        if sum(part.file_size for part in packed.infolist()) > most_mb * GROWTH * MEGABYTE:
            raise _unreadable(_("文件解开后太大，请拆成几份再导入。"))
    return Table(path, ".xlsx", (), 0)


def _sheet_rows(path: Path) -> Iterator[Row]:
    """The first sheet; formulas as the values they had when the file was saved."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as raw:
            book = load_workbook(raw, read_only=True, data_only=True)
            lines = enumerate(book.worksheets[0].iter_rows(values_only=True), start=1)
            head = _head(_cell(cell) for cell in next(lines, (0, ()))[1])
            for number, cells in lines:
                if any(cell not in (None, "") for cell in cells):
                    yield _row(number, head, [_cell(cell) for cell in cells])
    except (InvalidFileException, OSError, IndexError, ValueError) as error:
        raise _unreadable(_("文件读不下去：{why}。请重新导出后再试。").format(why=error)) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a sheet keeps every number as a float
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')


def _unreadable(message: str) -> Invalid:
    return Invalid({"file": message})
