"""One-time links to a ticket's page: `/s/{token}`, for a day. A new one is a message away, from the same phone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from core import db
from core.db import Tx
from core.settings import settings

LASTS: Final = timedelta(hours=24)
#: 96 bits: short enough for a message, too many to try.
TOKEN_BYTES: Final = 12
TOKEN_LENGTH: Final = 16


async def make(t: Tx, ticket: int, *, at: datetime) -> str:
    """The whole address."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await t.execute(
        "INSERT INTO status_link (token_hash, ticket, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        _hash(token), ticket, at, at + LASTS,
    )  # fmt: skip
    return f"{settings().public_url}/s/{token}"


async def ticket_of(token: str, *, at: datetime) -> int | None:
    """None for a link that never was or is past."""
    if len(token) != TOKEN_LENGTH:
        return None
    number: int | None = await db.fetchval(
        "SELECT ticket FROM status_link WHERE token_hash = $1 AND expires_at > $2", _hash(token), at
    )
    return number


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
