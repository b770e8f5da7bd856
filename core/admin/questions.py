"""What a change does elsewhere, told before it is done, and the second yes to just that.

A subject whose changes reach beyond its own table has `Consequences`. However a change comes (a row's form, its
removal, a sheet, an undo), the person is shown the `Question` first and answers it under a fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from core import db
from core.admin.writing import RowChange
from core.db import Tx
from core.officers import Officer


@dataclass(frozen=True)
class Question:
    """`sentences` say what will happen, the first in bold; `panel` is a template that shows it at length, with
    `context`. `choices` (value, word, sentence) are asked besides the yes, `chosen` unless said otherwise.
    """

    sentences: tuple[str, ...]
    panel: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[str, str, str], ...] = ()
    label: str = ""
    chosen: str = ""

    def takes(self, answer: str) -> bool:
        return not self.choices or answer in {value for value, _word, _sentence in self.choices}


@dataclass(frozen=True)
class Settled:
    """A change that is written, in whose transaction its consequences are set going."""

    id: int
    rows: tuple[RowChange, ...]
    reason: str
    by: Officer


class Consequences(Protocol):
    async def ask(self, rows: Sequence[RowChange], *, undoes: int | None = None) -> Question | None:
        """None when there is nothing to ask about. `undoes` is the change that `rows` would take back."""
        ...

    async def settle(self, t: Tx, change: Settled, answer: str) -> str:
        """Set going what follows; the path to look at it, or "". Nobody was asked where `answer` is empty."""
        ...


@dataclass(frozen=True)
class Told:
    """Consequences that are words only: the change itself is all that is done."""

    words: Callable[[Sequence[RowChange]], Awaitable[Sequence[str]]]

    async def ask(self, rows: Sequence[RowChange], *, undoes: int | None = None) -> Question | None:
        said = await self.words(rows)
        return Question(tuple(said)) if said else None

    async def settle(self, t: Tx, change: Settled, answer: str) -> str:
        return ""


async def fingerprint(subject: str, rows: Sequence[RowChange]) -> str:
    """Of what would be done and of what it rests on: the yes is to this, and to nothing that came since."""
    last = await db.fetchval("SELECT coalesce(max(id), 0) FROM admin_change WHERE subject = $1", subject)
    told = repr([last, *((row.id, row.before, row.after) for row in rows)])
    return hashlib.sha256(told.encode()).hexdigest()[:24]
