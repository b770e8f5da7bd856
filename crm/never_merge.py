"""Numbers that are never merged into 12345 (110, 12388 …): the agent says where to call, no ticket is made."""

from __future__ import annotations

from dataclasses import dataclass

from core import db
from core.i18n import locale


@dataclass(frozen=True)
class Other:
    """A number with its name and what the agent says, in the reader's language."""

    number: str
    name: str
    say: str


async def others() -> list[Other]:
    rows = await db.fetch(
        "SELECT number, name, name_en, say, say_en FROM never_merge ORDER BY length(number), number"
    )
    english = locale() == "en"
    return [
        Other(
            row["number"],
            (english and row["name_en"]) or row["name"],
            (english and row["say_en"]) or row["say"],
        )
        for row in rows
    ]
