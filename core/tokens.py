"""Tokens for programs: made by somebody for themselves, shown once, narrowed to scopes, with an end, revoked at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import audit, clock, db, sessions
from core.errors import Denied, Invalid, NotFound
from core.i18n import _
from core.officers import Officer

#: Days a token may live.
LIVES = (30, 90, 365)
MOST_OWN = 20
MOST_SHOWN = 500
_COLUMNS = """t.id, t.name, t.scopes, t.created_at, t.expires_at, t.revoked_at, t.revoked_by, t.tail, t.used_at,
    t.account, a.name AS owner, a.username"""
_ADMIN = "admin.tokens"


async def own(officer: Officer) -> list[Any]:
    """The officer's tokens, the newest first."""
    return await db.fetch(
        f"SELECT {_COLUMNS} FROM api_token t JOIN account a ON a.id = t.account WHERE t.account = $1"
        " ORDER BY t.id DESC LIMIT 100",
        officer.id,
    )


async def everybodys() -> list[Any]:
    """All tokens, those that count first, the newest first."""
    return await db.fetch(
        f"SELECT {_COLUMNS} FROM api_token t JOIN account a ON a.id = t.account"
        " ORDER BY (t.revoked_at IS NOT NULL OR t.expires_at < $1), t.id DESC LIMIT $2",
        clock.real_now(),
        MOST_SHOWN,
    )


async def issue(officer: Officer, name: str, scopes: Sequence[str], days: int) -> str:
    """The token, to be shown once. Raises Invalid with a message per field."""
    wrong = _wrong(officer, name, scopes, days)
    async with db.tx() as t:
        await t.execute("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", officer.id)
        now = clock.real_now()
        held = await t.fetchval(
            "SELECT count(*) FROM api_token WHERE account = $1 AND revoked_at IS NULL AND expires_at > $2",
            officer.id, now,
        )  # fmt: skip
        if held >= MOST_OWN:
            wrong["name"] = _("最多 {n} 个在用的令牌，先撤销不用的。").format(n=MOST_OWN)
        if wrong:
            raise Invalid(wrong)
        expires = now + timedelta(days=days)
        token = await sessions.issue_token(officer.id, name, sorted(set(scopes)), expires_at=expires)
        await audit.record(
            officer, "token.issue", f"account:{officer.id}", after={"name": name, "scopes": sorted(scopes)}
        )
    return token


async def revoke(officer: Officer, token: int) -> None:
    """One's own, or with the right anybody's. Raises NotFound, Denied."""
    async with db.tx() as t:
        row = await t.fetchrow(
            "SELECT account, name, revoked_at FROM api_token WHERE id = $1 FOR UPDATE", token
        )
        if row is None or (row["account"] != officer.id and not officer.can(_ADMIN)):
            raise NotFound(_("没有这个令牌。"))
        if row["revoked_at"] is not None:
            return
        await sessions.revoke_token(token)
        await t.execute("UPDATE api_token SET revoked_by = $2 WHERE id = $1", token, officer.name)
        await audit.record(officer, "token.revoke", f"account:{row['account']}", before={"name": row["name"]})


def is_live(row: Any, now: datetime) -> bool:
    return row["revoked_at"] is None and (row["expires_at"] is None or row["expires_at"] > now)


def _wrong(officer: Officer, name: str, scopes: Collection[str], days: int) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not name.strip():
        wrong["name"] = _("写明给哪个程序用，例如“地图大屏”。")
    if not scopes:
        wrong["scopes"] = _("至少选一项权限。")
    elif not all(officer.can(scope) for scope in scopes):
        raise Denied(_("令牌的权限不能超过您自己的。"))
    if days not in LIVES:
        wrong["days"] = _("从给出的几项里选一项。")
    return wrong
