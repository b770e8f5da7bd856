"""The public numbers: which line a call came in on."""

from __future__ import annotations

from dataclasses import dataclass

from core import clock, db, live
from core.errors import Invalid
from core.i18n import _

_EVERY = 30.0
_lines: dict[str, LineRow] = {}
_read_at = 0.0


@dataclass(frozen=True)
class LineRow:
    """A line as pages and verbs read it."""

    id: int
    number: str
    name: str
    name_en: str
    mode: str
    greeting: str
    default_matter: str


async def lines() -> dict[str, LineRow]:
    """All lines by number; a copy of this process, read again every half minute."""
    global _lines, _read_at
    now = clock.real_now().timestamp()
    if not _lines or now - _read_at > _EVERY:
        rows = await db.fetch(
            "SELECT id, number, name, name_en, mode, greeting, default_matter FROM line ORDER BY id"
        )
        _lines, _read_at = {row["number"]: LineRow(**row) for row in rows}, now
    return _lines


async def line_id(number: str) -> int:
    """Raises Invalid for a number that is not one of ours."""
    found = (await lines()).get(number)
    if found is None:
        raise Invalid({"line": _("没有 {number} 这条线路。").format(number=number)})
    return found.id


def forget(_topic: str = "") -> None:
    """Read the lines again at the next call: somebody changed one."""
    global _read_at
    _read_at = 0.0


live.hear("lines:", forget)
