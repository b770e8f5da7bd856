"""Put the public numbers into the tables; the same rules as for `routing.seed.load`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

from core.db import tx
from routing.seed.load import Progress, put

HERE = Path(__file__).parent
LINE: Final = {
    "number": "text", "name": "text", "name_en": "text", "owner": "text", "mode": "text", "greeting": "text",
    "default_matter": "text", "hours": "text", "valid_from": "date", "valid_to": "date", "note": "text",
}  # fmt: skip
NEVER_MERGE: Final = {"number": "text", "name": "text", "name_en": "text", "say": "text", "say_en": "text"}
DATES: Final = ("valid_from", "valid_to")


async def load(progress: Progress | None = None, *, refresh: bool = False) -> dict[str, int]:
    """Insert the lines and never-merged numbers that are missing; `refresh` also puts the files' values back."""
    steps = (("line", LINE, lines()), ("never_merge", NEVER_MERGE, never_merge()))
    written: dict[str, int] = {}
    async with tx() as t:
        for n, (table, columns, found) in enumerate(steps, start=1):
            written[table] = await put(t, table, columns, ("number",), found, refresh=refresh)
            if progress is not None:
                await progress(n, len(steps))
    return written


def lines() -> list[dict[str, Any]]:
    return [
        {key: cell or None if key in DATES else cell for key, cell in row.items()}
        for row in _rows("lines.csv")
    ]


def never_merge() -> list[dict[str, Any]]:
    return [dict(row) for row in _rows("never_merge.csv")]


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
