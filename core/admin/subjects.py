"""What can be administered: a subject is a described table. Floors describe theirs; `hotline/app.py` adds them up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from core.admin.columns import Column, Values
from core.admin.questions import Consequences
from core.admin.writing import RowChange, TableWriter, Writer
from core.db import Tx
from core.errors import NotFound
from core.officers import Officer

#: Row id → its values; rows about to be made have ids below zero.
World = Mapping[int, Values]
#: Row id → column → sentence.
Complaints = dict[int, dict[str, str]]


class Removal(StrEnum):
    """What becomes of a row that is no longer wanted."""

    DELETE = "delete"
    #: It stays, valid until the day before.
    END = "end"
    NEVER = "never"


@dataclass(frozen=True)
class Action:
    """A link on a row's page to something only this subject has (merge, reset a password)."""

    label: str
    href: str
    stops: bool = False


def _no_complaints(_world: World, _touched: Collection[int], _on: date) -> Complaints:
    return {}


async def _nothing(_t: Tx, _changes: Sequence[RowChange]) -> None:
    return None


async def _no_words(_ids: Sequence[int]) -> dict[int, list[str]]:
    return {}


@dataclass(frozen=True)
class Subject:
    """`key` stands in URLs and in the audit; `natural` are the columns that name a row in a sheet; `source` is a
    SELECT of `id` and every column (default: the table itself), in which derived columns may be worked out.

    The rules run on the whole table as it would be: `check` is pure. `verify` may look at other tables, inside the
    transaction, after writing; it raises `Invalid` or `Refused`. `after` tells those who keep copies. `in_use`
    says in words who refers to a row, which then cannot be deleted. `consequences` are told and asked about before
    any change, and set going with it.
    """

    key: str
    label: str
    about: str
    group: str
    table: str
    columns: tuple[Column, ...]
    natural: tuple[str, ...]
    title: Callable[[Values], str]
    order: int = 50
    permission: str = "admin.reference"
    source: str = ""
    sorted_by: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    depth: str = ""  # a column of `source`: how deep a row hangs in its tree
    creates: bool = True
    removal: Removal = Removal.DELETE
    check: Callable[[World, Collection[int], date], Complaints] = _no_complaints
    verify: Callable[[Tx, Sequence[RowChange]], Awaitable[None]] = _nothing
    after: Callable[[Tx, Sequence[RowChange]], Awaitable[None]] = _nothing
    in_use: Callable[[Sequence[int]], Awaitable[dict[int, list[str]]]] = _no_words
    consequences: Consequences | None = None
    writer: Writer = field(default_factory=TableWriter)
    actions: Callable[[int, Values], Sequence[Action]] = lambda _row, _values: ()
    aside: str = ""  # URL of a fragment for a row's page, with {id}
    pages: tuple[Action, ...] = ()  # pages of its own, linked from its list and from the first page

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def typed(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.typed)

    @property
    def sorting(self) -> tuple[str, ...]:
        return self.sorted_by or self.natural

    def select(self) -> str:
        names = ", ".join(["id", *(c.name for c in self.columns)])
        return self.source or f"SELECT {names} FROM {self.table}"

    def values(self, row: Mapping[str, Any]) -> Values:
        return {column.name: column.revive(row[column.name]) for column in self.columns}

    def name_of(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """What names a row in a sheet, as text."""
        return tuple(self.column(name).cell(values.get(name)) for name in self.natural)

    def is_valid(self, values: Mapping[str, Any], on: date) -> bool:
        """By `valid_from` and `valid_to`, both included, where the subject has them."""
        start, end = values.get("valid_from"), values.get("valid_to")
        return (start is None or start <= on) and (end is None or on <= end)


_subjects: dict[str, Subject] = {}


def set_subjects(subjects: Sequence[Subject]) -> None:
    """Wired at start; the order is that of the first page."""
    _subjects.clear()
    _subjects.update({s.key: s for s in sorted(subjects, key=lambda s: s.order)})


def subjects_for(officer: Officer) -> list[Subject]:
    return [subject for subject in _subjects.values() if officer.can(subject.permission)]


def subject_for(officer: Officer, key: str) -> Subject:
    """Raises `NotFound` for one that is not there or not for this officer."""
    found = _subjects.get(key)
    if found is None or not officer.can(found.permission):
        raise NotFound
    return found
