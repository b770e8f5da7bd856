"""What a bare digit answers: one open question a phone and sender. Real time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from callbacks.phones import Phone
from core.db import Tx

LIST: Final = "list"
WITHDRAW: Final = "withdraw"
SURVEY: Final = "survey"
PATIENCE: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Question:
    kind: str
    payload: dict[str, Any]


async def ask(
    t: Tx, phone: Phone, sender: str, question: Question, *, at: datetime, lasts: timedelta = PATIENCE
) -> bool:
    """Open it, in place of an expired one or one of the same kind. False while another kind is open: it waits."""
    return (
        await t.fetchval(
            """INSERT INTO open_question AS q (phone_hash, sender, kind, payload, asked_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (phone_hash, sender) DO UPDATE SET kind = excluded.kind, payload = excluded.payload,
                   asked_at = excluded.asked_at, expires_at = excluded.expires_at
               WHERE q.expires_at <= $5 OR q.kind = excluded.kind RETURNING id""",
            phone.hash, sender, question.kind, json.dumps(question.payload), at, at + lasts,
        )
    ) is not None  # fmt: skip


async def open_one(t: Tx, hashes: Sequence[bytes], sender: str, *, at: datetime) -> Question | None:
    row = await t.fetchrow(
        "SELECT kind, payload FROM open_question WHERE phone_hash = ANY($1::bytea[]) AND sender = $2 AND expires_at > $3"
        " ORDER BY asked_at DESC LIMIT 1",
        list(hashes), sender, at,
    )  # fmt: skip
    return None if row is None else Question(row["kind"], json.loads(row["payload"]))


async def close(t: Tx, hashes: Sequence[bytes], sender: str, kind: str) -> None:
    """Answered, or no longer asked."""
    await t.execute(
        "DELETE FROM open_question WHERE phone_hash = ANY($1::bytea[]) AND sender = $2 AND kind = $3",
        list(hashes), sender, kind,
    )  # fmt: skip
