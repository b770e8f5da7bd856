"""What a change of the calendar or the limits does upstairs: a port. Tickets live on floor 3; `hotline/app.py` wires it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from core.admin.questions import Consequences, Question, Settled
from core.admin.writing import RowChange
from core.db import Tx


class Effects(Protocol):
    """The consequences of changed days and of changed limits."""

    @property
    def days(self) -> Consequences: ...

    @property
    def limits(self) -> Consequences: ...


_upstairs: Effects | None = None


def use(effects: Effects | None) -> None:
    global _upstairs
    _upstairs = effects


@dataclass(frozen=True)
class _Upstairs:
    """Consequences as the floor above tells them; none where nobody is wired."""

    of: Literal["days", "limits"]

    @property
    def _there(self) -> Consequences | None:
        found: Consequences | None = getattr(_upstairs, self.of, None)
        return found

    async def ask(self, rows: Sequence[RowChange], *, undoes: int | None = None) -> Question | None:
        return await self._there.ask(rows, undoes=undoes) if self._there else None

    async def settle(self, t: Tx, change: Settled, answer: str) -> str:
        return await self._there.settle(t, change, answer) if self._there else ""


DAYS: Final = _Upstairs("days")
LIMITS: Final = _Upstairs("limits")
