"""The texts in the process: what the site changed, over what the code has. Jobs look before they write to anybody."""

from __future__ import annotations

from callbacks import templates
from core import db
from routing.rulebook import rulebook

_version: int | None = None


async def refresh() -> None:
    """Read the changed texts again when reference data moved; at most a few seconds behind."""
    global _version
    version = (await rulebook()).version
    if version == _version:
        return
    rows = await db.fetch("SELECT name, locale, body, version FROM message_text")
    templates.use({(row["name"], row["locale"]): (row["body"], row["version"]) for row in rows})
    _version = version


def forget() -> None:
    """Between tests' databases."""
    global _version
    _version = None
    templates.use({})
