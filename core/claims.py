"""Doing a thing once: the caller's own id is claimed before the work, in the same transaction."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core import db
from core.errors import Refused


class Reused(Refused):
    """The same id came with another content."""

    status = 422
    code = "idempotency_key_reused"


class Claim(NamedTuple):
    """The caller's own id of a piece of work; `digest` of what was sent, where another content is no repeat."""

    source: str
    source_id: str
    digest: bytes | None = None


@dataclass(frozen=True)
class Earlier:
    """What was answered the first time; `status` is None when that was not kept."""

    status: int | None
    answer: Any


async def claim(
    source: str, source_id: str, *, now: datetime, content: bytes | None = None
) -> Earlier | None:
    """`take`, for a caller who has the content at hand."""
    return await take(Claim(source, source_id, None if content is None else digest_of(content)), now=now)


async def take(claim: Claim, *, now: datetime) -> Earlier | None:
    """None: it is yours, do the work in this same `tx()`. Otherwise what came of it before.

    A second caller waits for the first's transaction: it sees its answer, or, when that rolled back, gets the
    claim. Raises `Reused` when the digest differs from the first time's.
    """
    source, source_id, digest = claim
    assert db.engine().current_transaction.get() is not None, "a claim and its work are one transaction"
    mine = await db.fetchval(
        "INSERT INTO idempotency_claim (source, source_id, claimed_at, request_hash) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (source, source_id) DO NOTHING RETURNING id",
        source,
        source_id,
        now,
        digest,
    )
    if mine is not None:
        return None
    row = await db.fetchrow(
        "SELECT request_hash, status, answer FROM idempotency_claim WHERE source = $1 AND source_id = $2",
        source,
        source_id,
    )
    if digest is not None and row["request_hash"] is not None and row["request_hash"] != digest:
        raise Reused
    return Earlier(row["status"], None if row["answer"] is None else json.loads(row["answer"]))


def digest_of(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


async def keep_answer(source: str, source_id: str, status: int, answer: Any) -> None:
    """For whoever comes with the same id later."""
    await db.execute(
        "UPDATE idempotency_claim SET status = $3, answer = $4 WHERE source = $1 AND source_id = $2",
        source,
        source_id,
        status,
        json.dumps(answer, ensure_ascii=False),
    )


async def forget(*, now: datetime, older_than: timedelta) -> int:
    """Drop old claims; returns how many. `import` claims stay: a file may come again after a year."""
    gone = await db.execute(
        "DELETE FROM idempotency_claim WHERE claimed_at < $1 AND source NOT LIKE 'import%'", now - older_than
    )
    return int(gone.split()[-1])
