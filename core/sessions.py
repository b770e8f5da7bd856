"""Signed-in browsers and bearer tokens: the database keeps hashes only, the process a copy for three seconds.

The copy is dropped at once, in every process, when a session ends or an account changes (live topics
`session:` and `account:`), so signing out is not late; three seconds is what a lost message may cost.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from core import clock, db, live
from core.officers import Grants, Officer, grants_of
from core.settings import settings

T = TypeVar("T")

FRESH = 3.0
GRANTS_FRESH = 60.0
MOST_KEPT = 10_000
TOUCH_AFTER = timedelta(minutes=5)
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class Session:
    """One signed-in browser. `draft_key` encrypts what that browser keeps of half-written forms."""

    id: int
    csrf: str
    draft_key: bytes
    expires_at: datetime
    agent: str
    account: Officer
    password_temporary: bool = False  # nothing but choosing one's own may be done


@dataclass(frozen=True)
class Bearer:
    """A program with a token of some officer's, narrowed to the token's scopes."""

    id: int
    name: str
    account: Officer


async def begin(account: int, *, address: str, agent: str = "") -> str:
    """A new session's token: what the cookie holds."""
    token, now = secrets.token_urlsafe(32), clock.real_now()
    await db.execute(
        """INSERT INTO session (token_hash, account, csrf, draft_key, created_at, seen_at, expires_at, address, agent)
           VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)""",
        _hash(token),
        account,
        secrets.token_urlsafe(24),
        secrets.token_bytes(32),
        now,
        now + timedelta(hours=settings().session_hours),
        address[:64],
        agent[:200],
    )
    return token


async def find(token: str) -> Session | None:
    """The session of a cookie's token; None when it ended, expired or never was."""
    key = _hash(token)
    kept = _sessions.get(key)
    if kept and kept[0] > monotonic():
        return kept[1]
    now = clock.real_now()
    row = await db.fetchrow(
        """SELECT s.id, s.csrf, s.draft_key, s.created_at, s.seen_at, s.expires_at, s.agent, a.id AS account,
                  a.username, a.name, a.locale, a.density, a.password_temporary
           FROM session s JOIN account a ON a.id = s.account
           WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.active""",
        key,
        now,
    )
    if row is None:
        _sessions.pop(key, None)
        return None
    if now - row["seen_at"] > TOUCH_AFTER:
        await _touch(row, now)
    session = Session(
        row["id"], row["csrf"], row["draft_key"], row["expires_at"], row["agent"], await _officer(row),
        row["password_temporary"],
    )  # fmt: skip
    _keep(_sessions, key, session)
    return session


async def _touch(row: db.Record, now: datetime) -> None:
    """Seen: it lasts as long again, but no session outlives `LONGEST`."""
    length = timedelta(hours=settings().session_hours)
    expires = min(now + length, row["created_at"] + max(LONGEST, length))
    await db.execute(
        "UPDATE session SET seen_at = $2, expires_at = $3 WHERE id = $1", row["id"], now, expires
    )


async def bearer(token: str) -> Bearer | None:
    key = _hash(token)
    kept = _bearers.get(key)
    if kept and kept[0] > monotonic():
        return kept[1]
    row = await db.fetchrow(
        """SELECT t.id, t.name AS token_name, t.scopes, a.id AS account, a.username, a.name, a.locale, a.density
           FROM api_token t JOIN account a ON a.id = t.account
           WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
             AND a.active""",
        key,
        clock.real_now(),
    )
    if row is None:
        _bearers.pop(key, None)
        return None
    officer = await _officer(row)
    found = Bearer(row["id"], row["token_name"], officer.narrowed(frozenset(row["scopes"])))
    _keep(_bearers, key, found)
    return found


async def issue_token(
    account: int, name: str, scopes: list[str], *, expires_at: datetime | None = None
) -> str:
    """A new bearer token, shown once. `scopes` are permissions; the account's own are the ceiling."""
    token = f"hl_{secrets.token_urlsafe(32)}"
    await db.execute(
        """INSERT INTO api_token (token_hash, account, name, scopes, created_at, expires_at, tail)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        _hash(token),
        account,
        name,
        scopes,
        clock.real_now(),
        expires_at,
        token[-4:],
    )
    return token


async def revoke_token(token_id: int) -> None:
    async with db.tx() as t:
        account = await t.fetchval(
            "UPDATE api_token SET revoked_at = $2 WHERE id = $1 RETURNING account", token_id, clock.real_now()
        )
        t.changed(f"account:{account}")
    forget(account)


async def end(session_id: int) -> None:
    async with db.tx() as t:
        await t.execute("DELETE FROM session WHERE id = $1", session_id)
        t.changed(f"session:{session_id}")
    _on_session(f"session:{session_id}")


async def end_all(account: int) -> None:
    async with db.tx() as t:
        await t.execute("DELETE FROM session WHERE account = $1", account)
        t.changed(f"account:{account}")
    forget(account)


async def sweep() -> int:
    """Delete what has expired; the number of sessions."""
    return len(await db.fetch("DELETE FROM session WHERE expires_at < $1 RETURNING 1", clock.real_now()))


def forget(account: int) -> None:
    """Look again at what this account is and may do."""
    _on_account(f"account:{account}")


def forget_all() -> None:
    _sessions.clear()
    _bearers.clear()
    _grants.clear()


async def _officer(row: db.Record) -> Officer:
    grants = await _grants_of(row["account"])
    return Officer(
        id=row["account"],
        username=row["username"],
        name=row["name"],
        locale=row["locale"],
        density=row["density"],
        permissions=grants.permissions,
        scopes=grants.scopes,
        unit=grants.unit,
        roles=grants.roles,
        posts=grants.posts,
    )


async def _grants_of(account: int) -> Grants:
    """Kept longer than a session while the live channel would tell of a change."""
    kept = _grants.get(account)
    if kept and kept[0] > monotonic():
        return kept[1]
    grants = await grants_of(account)
    _grants[account] = (monotonic() + (GRANTS_FRESH if live.connected() else FRESH), grants)
    return grants


def _keep(kept: dict[bytes, tuple[float, T]], key: bytes, value: T) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = (monotonic() + FRESH, value)


def _on_session(topic: str) -> None:
    if topic == live.EVERYTHING:
        return forget_all()
    for key in [k for k, (_, s) in _sessions.items() if topic == f"session:{s.id}"]:
        _sessions.pop(key, None)


def _on_account(topic: str) -> None:
    if topic == live.EVERYTHING:
        return forget_all()
    account = int(topic.partition(":")[2])
    _grants.pop(account, None)
    for sessions_key in [k for k, (_, s) in _sessions.items() if s.account.id == account]:
        _sessions.pop(sessions_key, None)
    for key in [k for k, (_, b) in _bearers.items() if b.account.id == account]:
        _bearers.pop(key, None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_sessions: dict[bytes, tuple[float, Session]] = {}
_bearers: dict[bytes, tuple[float, Bearer]] = {}
_grants: dict[int, tuple[float, Grants]] = {}
live.hear("session:", _on_session)
live.hear("account:", _on_account)
