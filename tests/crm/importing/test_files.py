"""Files as rows: what people really send."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from core.errors import Invalid
from crm.importing import files

HEAD, LINE = ["编号", "内容"], ["7", "路灯不亮，请修"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{delimiter.join(HEAD)}\n{delimiter.join(LINE)}\n", encoding)
    table = files.opened(path)
    assert (table.columns, table.rows) == (tuple(HEAD), 1)
    assert next(table.read()).cells == dict(zip(HEAD, LINE, strict=True))


def test_a_packed_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("编号,内容\n7,路灯\n".encode(), mtime=0))
    assert next(files.opened(path).read()).cells == {"编号": "7", "内容": "路灯"}


def test_json_lines_may_lack_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "text": "a"}\n\n{"id": 2, "reply": null}\n', "utf-8")
    table = files.opened(path)
    assert [row.line for row in table.read()] == [1, 3]
    assert table.columns == ("id", "text", "reply")


def test_a_sheet_gives_moments_and_whole_numbers_as_text(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["编号", "时间"])
    book.active.append([7.0, datetime(2018, 5, 7, 9, 12)])
    book.save(tmp_path / "a.xlsx")
    row = next(files.opened(tmp_path / "a.xlsx").read())
    assert row.cells == {"编号": "7", "时间": "2018-05-07 09:12:00"}


def test_a_cell_of_several_lines_counts_from_its_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"a\nb"\n2,c\n', "utf-8")
    assert [row.line for row in files.opened(path).read()] == [2, 4]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.7"),
        ("a.csv", b"PK\x03\x04zip"),
        ("a.csv", b"a,b\n1,\xff\xff\xff\n"),
        ("a.csv.gz", b"id,text\n1,a\n"),
        ("a.csv.gz", gzip.compress(b"id,text\n1,a\n" * 99, mtime=0)[:-20]),
        ("a.xlsx", b"id,text\n1,a\n"),
        ("a.csv", b"id,text\n"),
        ("a.csv", b"id,id\n1,2\n"),
        ("a.jsonl", b"no\n{\n"),
        ("a.csv.gz", b"\x1f\x8b" + bytes(40)),
        ("a.csv.gz", gzip.compress(bytes(range(65, 91)) * 99, mtime=0)[:20] + b"\xff\x00" * 40),
    ],
)
def test_what_cannot_be_read_to_its_end_is_refused_whole(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        files.opened(path)
    assert refused.value.fields["file"]


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"a": "x" * 12_000_000}).encode(), mtime=0))
    with pytest.raises(Invalid):
        files.opened(path, most_mb=1)


def test_a_bad_line_is_a_row_to_reject_and_no_reason_to_refuse_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = b"[" * 100_000 + b"]" * 100_000
    path.write_bytes(b'{"id": 1}\nno\n[2]\n' + deep + b'\n{"id": "\\ud800"}\n{"id": 3}\n')
    found = list(files.opened(path).read())
    assert [row.line for row in found if row.fault] == [2, 3, 4, 5]
    assert [row.cells["id"] for row in found if not row.fault] == ["1", "3"]
    assert found[1].held == "no"
    "".join(row.cells.get("id", "") for row in found).encode()


def test_a_line_with_more_cells_than_columns_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,a,b\n2,c,,\n", "utf-8")
    first, second = files.opened(path).read()
    assert first.fault
    assert (second.cells, second.fault) == ({"id": "2", "text": "c"}, "")


def test_a_text_without_end_is_the_row_s_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n1,{'x' * 3_000_000}\n2,b\n", "utf-8")
    assert [len(row.cells["text"]) for row in files.opened(path).read()] == [3_000_000, 1]


def test_two_columns_of_one_name_in_a_sheet_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["id", "text", "text"])
    book.active.append([1, "a", "b"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Invalid):
        files.opened(tmp_path / "a.xlsx")
