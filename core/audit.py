"""Who changed what outside a ticket's own story, and who looked at what is masked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core import clock, db
from core.officers import Officer


async def record(
    officer: Officer | None,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    reason: str = "",
) -> None:
    """One entry, part of the open transaction if there is one. `officer` is None for the system itself.

    `before` and `after` must hold no secret and nothing that is sealed elsewhere.
    """
    await db.execute(
        """INSERT INTO audit_entry (at, account, name, action, subject, reason, before, after)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        clock.now(),
        officer.id if officer else None,
        officer.name if officer else "",
        action,
        subject,
        reason,
        _as_json(before),
        _as_json(after),
    )


async def seen(officer: Officer, what: str, subject: str, reason: str = "", *, address: str = "") -> None:
    """`officer` looked at `what` (`phone`, `confidential`, `print`, …) of `subject` (`ticket:…`)."""
    await db.execute(
        "INSERT INTO view_log (at, account, name, what, subject, reason, address) VALUES ($1,$2,$3,$4,$5,$6,$7)",
        clock.now(),
        officer.id,
        officer.name,
        what,
        subject,
        reason,
        address,
    )


def _as_json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False, default=str)
