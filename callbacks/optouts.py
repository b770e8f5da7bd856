"""退订: our own ledger, a row a phone and purpose. A carrier's list is never edited for anybody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from callbacks.phones import Phone
from core.db import Tx

#: status: answers to their own questions. survey, notice: what we send unasked.
PURPOSES: Final = ("status", "survey", "notice")
UNASKED: Final = ("survey", "notice")


async def opt_out(t: Tx, phone: Phone, purposes: Collection[str], *, word: str, now: datetime) -> None:
    await t.execute(
        """INSERT INTO opt_out (phone, phone_hash, purpose, word, since)
           SELECT $1, $2, p, $4, $5 FROM unnest($3::text[]) p ON CONFLICT DO NOTHING""",
        phone.sealed, phone.hash, list(purposes), word, now,
    )  # fmt: skip


async def opt_in(t: Tx, hashes: Sequence[bytes], *, now: datetime) -> None:
    """Everything again, for a phone under all its hashes (`privacy.lookups`)."""
    await t.execute(
        "UPDATE opt_out SET until = $2 WHERE phone_hash = ANY($1::bytea[]) AND until IS NULL",
        list(hashes),
        now,
    )


#: How the ledger says that a carrier called it no mobile phone.
NO_MOBILE: Final = "carrier: no mobile phone"


async def reached(t: Tx, hashes: Sequence[bytes], *, now: datetime) -> None:
    """A phone that writes to us is one, whatever a carrier said of it once."""
    await t.execute(
        "UPDATE opt_out SET until = $2 WHERE phone_hash = ANY($1::bytea[]) AND until IS NULL AND starts_with(word, $3)",
        list(hashes), now, NO_MOBILE,
    )  # fmt: skip


async def refusing(t: Tx, hashes: Sequence[bytes], purpose: str) -> set[bytes]:
    """Those of `hashes` whose phone wants none."""
    rows = await t.fetch(
        "SELECT phone_hash FROM opt_out WHERE phone_hash = ANY($1::bytea[]) AND purpose = $2 AND until IS NULL",
        list(hashes), purpose,
    )  # fmt: skip
    return {row["phone_hash"] for row in rows}


async def refuses(t: Tx, hashes: Sequence[bytes], purpose: str) -> bool:
    return bool(
        await t.fetchval(
            "SELECT EXISTS (SELECT 1 FROM opt_out WHERE phone_hash = ANY($1::bytea[]) AND purpose = $2 AND until IS NULL)",
            list(hashes), purpose,
        )
    )  # fmt: skip
