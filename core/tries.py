"""Failed sign-ins, counted in the database so that every process and every worker sees them.

By name: counted *before* the password is looked at, in one statement, so that a hundred guesses at once are
a hundred guesses. By address: counted after a failure, with a higher limit, as a whole office may share one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from core import clock, db

BY_NAME = 5
BY_ADDRESS = 50
WINDOW = timedelta(hours=1)
LONGEST_MINUTES = 15

_COUNT = f"""
INSERT INTO sign_in_try AS t (subject, failures, first_at, last_at) VALUES ($1, 1, $2, $2)
ON CONFLICT (subject) DO UPDATE SET
  failures = CASE WHEN t.last_at < $3 THEN 1 ELSE t.failures + 1 END,
  first_at = CASE WHEN t.last_at < $3 THEN $2 ELSE t.first_at END,
  last_at = $2,
  locked_until = CASE WHEN t.last_at >= $3 AND t.failures + 1 >= $4::int
    THEN $2 + make_interval(mins => LEAST({LONGEST_MINUTES}, (2 ^ LEAST(t.failures + 1 - $4::int, 5))::int)) END
WHERE t.locked_until IS NULL OR t.locked_until <= $2
RETURNING 1"""


async def may_try(name: str, address: str) -> int:
    """0, or the minutes to wait. A try that is allowed is counted against the name."""
    now = clock.real_now()
    subject = _by_name(name)
    locked: datetime | None = await db.fetchval(
        "SELECT max(locked_until) FROM sign_in_try WHERE subject = ANY($1) AND locked_until > $2",
        [subject, _by_address(address)],
        now,
    )
    if locked is None and await db.fetchval(_COUNT, subject, now, now - WINDOW, BY_NAME):
        return 0
    return ceil((locked - now).total_seconds() / 60) if locked else 1


async def failed(address: str) -> None:
    now = clock.real_now()
    await db.execute(_COUNT, _by_address(address), now, now - WINDOW, BY_ADDRESS)


async def succeeded(name: str) -> None:
    await db.execute("DELETE FROM sign_in_try WHERE subject = $1", _by_name(name))


async def sweep() -> int:
    """Forget what no longer counts; the number of rows."""
    return len(
        await db.fetch("DELETE FROM sign_in_try WHERE last_at < $1 RETURNING 1", clock.real_now() - WINDOW)
    )


def _by_name(name: str) -> str:
    return f"name:{name.strip().casefold()[:100]}"


def _by_address(address: str) -> str:
    """One household of IPv6 addresses counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, IPv6Address):
        return f"address:{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return f"address:{parsed}"
