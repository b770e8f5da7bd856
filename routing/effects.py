"""What a change of the calendar or the limits does upstairs: a port. Tickets live on floor 3; `hotline/app.py` wires it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.admin.writing import RowChange
from core.db import Tx


class Effects(Protocol):
    async def foresee_days(self, rows: Sequence[RowChange]) -> list[str]:
        """In words: which open orders these days would move."""
        ...

    async def days_changed(self, t: Tx, rows: Sequence[RowChange]) -> None:
        """The days are written; inside the change's transaction."""
        ...

    async def foresee_limits(self, rows: Sequence[RowChange]) -> list[str]:
        """In words: what becomes of the open orders."""
        ...


_upstairs: Effects | None = None


def use(effects: Effects | None) -> None:
    global _upstairs
    _upstairs = effects


async def foresee_days(rows: Sequence[RowChange]) -> list[str]:
    return await _upstairs.foresee_days(rows) if _upstairs else []


async def foresee_limits(rows: Sequence[RowChange]) -> list[str]:
    return await _upstairs.foresee_limits(rows) if _upstairs else []


async def days_changed(t: Tx, rows: Sequence[RowChange]) -> None:
    if _upstairs:
        await _upstairs.days_changed(t, rows)
