"""A page of a subject's rows: searched, filtered by what stands in the URL, keyset-paged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import db
from core.admin.columns import Column, Values
from core.admin.subjects import Subject
from core.cursors import cursor, read_cursor

PAGE = 50
#: Of a subject with a validity: which rows.
STATES = ("valid", "ended", "all")


@dataclass(frozen=True)
class Row:
    id: int
    depth: int
    values: Values
    english: Mapping[str, str]  # of columns that have an English twin in the source, `<name>_en`


@dataclass(frozen=True)
class Asked:
    """What the URL asks for; unknown filters and states are left out."""

    q: str
    state: str
    chosen: tuple[tuple[str, str], ...]
    after: str = ""

    @classmethod
    def of(cls, subject: Subject, query: Mapping[str, str]) -> Asked:
        state = query.get("state", "")
        chosen = tuple((c.name, query[c.name]) for c in filters(subject) if query.get(c.name))
        return cls(
            query.get("q", "").strip()[:100],
            (state if state in STATES else STATES[0]) if has_validity(subject) else "",
            chosen,
            query.get("after", ""),
        )

    def query(self, **changes: str) -> dict[str, str]:
        """For a URL; without the cursor unless it is given."""
        state = "" if self.state == STATES[0] else self.state
        return {k: v for k, v in {"q": self.q, "state": state, **dict(self.chosen), **changes}.items() if v}


def filters(subject: Subject) -> list[Column]:
    return [column for column in subject.columns if column.filtered]


def has_validity(subject: Subject) -> bool:
    return any(column.name == "valid_to" for column in subject.columns)


async def page_of(
    subject: Subject, asked: Asked, *, on: date, limit: int = PAGE
) -> tuple[list[Row], int, str | None]:
    """(rows, how many there are in all, cursor of the next page or None)."""
    where, args = _where(subject, asked, on)
    total = await db.fetchval(f"SELECT count(*) FROM ({subject.select()}) s WHERE {where}", *args)
    keys = [f"coalesce({name}::text, '')" for name in subject.sorting]
    after = read_cursor(asked.after, *(str for _ in keys), int)
    if after:
        places = [f"${len(args) + n}" for n in range(1, len(keys) + 1)]
        where += f" AND ({', '.join(keys)}, id) > ({', '.join(places)}, ${len(args) + len(keys) + 1}::bigint)"
        args += after
    rows = await db.fetch(
        f"""SELECT *, {", ".join(f"{key} AS sort_{n}" for n, key in enumerate(keys))}
            FROM ({subject.select()}) s WHERE {where} ORDER BY {", ".join(keys)}, id LIMIT {limit + 1}""",
        *args,
    )
    shown = rows[:limit]
    following = cursor(*_sort_key(subject, shown[-1])) if len(rows) > limit else None
    return [_row(subject, row) for row in shown], total, following


async def all_of(subject: Subject, asked: Asked, *, on: date) -> list[Row]:
    """The whole list, for a sheet."""
    where, args = _where(subject, asked, on)
    keys = ", ".join(f"coalesce({name}::text, '')" for name in subject.sorting)
    rows = await db.fetch(f"SELECT * FROM ({subject.select()}) s WHERE {where} ORDER BY {keys}, id", *args)
    return [_row(subject, row) for row in rows]


async def choices_of(column: Column, locale: str) -> list[tuple[str, str]]:
    """(value, word) of what a reference may hold, in the reader's language."""
    if column.refers is None:
        return []
    rows = await db.fetch(column.refers.sql)
    return [
        (str(row["value"]), (row["word_en"] or row["word"]) if locale == "en" else row["word"])
        for row in rows
    ]


def _where(subject: Subject, asked: Asked, on: date) -> tuple[str, list[Any]]:
    parts: list[str] = ["TRUE"]
    args: list[Any] = []
    if asked.q:
        args.append(asked.q.lower())
        searched = [*(c.name for c in subject.columns if c.searched), *subject.searched]
        parts.append("(" + " OR ".join(f"strpos(lower({name}::text), $1) > 0" for name in searched) + ")")
    if asked.state in ("valid", "ended"):
        args.append(on)
        valid = f"(valid_from IS NULL OR valid_from <= ${len(args)}) AND (valid_to IS NULL OR valid_to >= ${len(args)})"
        parts.append(f"({valid})" if asked.state == "valid" else f"NOT ({valid})")
    for name, value in asked.chosen:
        args.append(_chosen(subject.column(name), value))
        parts.append(f"{name}::text = ${len(args)}")
    return " AND ".join(parts), args


def _chosen(column: Column, value: str) -> str:
    if column.kind == "flag":
        return "true" if value == "1" else "false"
    return value


def _sort_key(subject: Subject, row: Any) -> Sequence[Any]:
    return [*(row[f"sort_{n}"] for n in range(len(subject.sorting))), row["id"]]


def _row(subject: Subject, row: Any) -> Row:
    return Row(
        row["id"], row[subject.depth] if subject.depth else 0, subject.values(row), _english(subject, row)
    )


async def english_of(subject: Subject, row: int) -> dict[str, str]:
    """What an English reader sees of the row's columns that have an English twin."""
    found = await db.fetchrow(f"SELECT * FROM ({subject.select()}) s WHERE id = $1", row)
    return _english(subject, found) if found else {}


def _english(subject: Subject, row: Mapping[str, Any]) -> dict[str, str]:
    names = [c.name for c in subject.columns if f"{c.name}_en" in row]
    return {name: word for name in names if (word := row[f"{name}_en"])}
