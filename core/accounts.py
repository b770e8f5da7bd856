"""Accounts: signing in and out, passwords, preferences.

Real time throughout: a sped-up demo day must not end anybody's session.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Final

import anyio
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core import audit, clock, db, sessions, tries
from core.errors import Invalid, NotFound, Refused
from core.i18n import LOCALES, _
from core.officers import Grants, Officer, set_grants

__all__ = ["Grants", "Officer", "set_grants"]

SHORTEST: Final = 10
LONGEST: Final = 256
DENSITIES: Final = ("dense", "roomy")
#: Letters and digits that cannot be taken for one another when read aloud.
_LEGIBLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongPassword(Refused):
    """The same for an unknown name: outsiders cannot tell which names exist."""

    status = 422
    code = "wrong_password"


class Throttled(Refused):
    """Too many failures; the message says how long to wait."""

    status = 429
    code = "throttled"

    def __init__(self, minutes: int) -> None:
        super().__init__(_("试错太多次，请 {n} 分钟后再试。").format(n=minutes))
        self.minutes = minutes


async def sign_in(username: str, password: str, *, address: str, agent: str = "") -> str:
    """The new session's token. Raises `WrongPassword` or `Throttled`; each takes as long for any name."""
    name = username.strip().casefold()
    wait = await tries.may_try(name, address)
    if wait:
        raise Throttled(wait)
    row = await db.fetchrow("SELECT id, password_hash FROM account WHERE username = $1 AND active", name)
    known = row["password_hash"] if row else None
    fits, better = await _verify(password, known)
    if not fits or row is None:
        await tries.failed(address)
        raise WrongPassword(_("用户名或密码不对。大写锁定开着吗？"))
    if better:
        await db.execute("UPDATE account SET password_hash = $2 WHERE id = $1", row["id"], better)
    await tries.succeeded(name)
    return await sessions.begin(row["id"], address=address, agent=agent)


async def sign_out(session: sessions.Session) -> None:
    await sessions.end(session.id)


async def change_password(session: sessions.Session, *, old: str, new: str, address: str) -> str:
    """Ends every session of the account and returns the token of a new one."""
    account = session.account
    wait = await tries.may_try(account.username, address)
    if wait:
        raise Throttled(wait)
    known = await db.fetchval("SELECT password_hash FROM account WHERE id = $1", account.id)
    fits, _better = await _verify(old, known)
    if not fits:
        raise Invalid({"old": _("现在的密码不对。")})
    await tries.succeeded(account.username)
    check_password(new, account.username)
    fresh = await hash_password(new)
    async with db.tx() as t:
        await t.execute(
            """UPDATE account SET password_hash = $2, password_set_at = $3, password_temporary = false
               WHERE id = $1""",
            account.id,
            fresh,
            clock.real_now(),
        )
        await audit.record(account, "account.password", f"account:{account.id}")
    await sessions.end_all(account.id)
    return await sessions.begin(account.id, address=address, agent=session.agent)


async def prefer(account: int, *, locale: str | None = None, density: str | None = None) -> None:
    """Remember a language or a density; unknown values are refused."""
    if (locale and locale not in LOCALES) or (density and density not in DENSITIES):
        raise Invalid({"locale" if locale else "density": _("从给出的几项里选一项。")})
    async with db.tx() as t:
        await t.execute(
            "UPDATE account SET locale = coalesce($2, locale), density = coalesce($3, density) WHERE id = $1",
            account,
            locale,
            density,
        )
        t.changed(f"account:{account}")
    sessions.forget(account)


async def add(
    username: str, name: str, *, password: str = "", password_hash: str = "", locale: str = "zh_CN"
) -> int:
    """A new account's id. Without a password nobody can sign in to it; raises `Invalid` when the name is taken."""
    if password:
        check_password(password, username)
        password_hash = await hash_password(password)
    account: int | None = await db.fetchval(
        """INSERT INTO account (username, name, password_hash, locale, density, active, created_at, password_set_at)
           VALUES ($1, $2, $3, $4, 'dense', true, $5, $6) ON CONFLICT (username) DO NOTHING RETURNING id""",
        username.strip().casefold(),
        name,
        password_hash,
        locale,
        clock.real_now(),
        clock.real_now() if password_hash else None,
    )
    if account is None:
        raise Invalid({"username": _("这个用户名已经有人用了，请换一个。")})
    return account


async def give_temporary(account: int, *, by: Officer, reason: str) -> str:
    """A password to be told to its owner and changed at the first sign-in; every session of the account ends.

    It is answered once and kept nowhere. Raises `NotFound` and, for a locked account, `Refused`.
    """
    row = await db.fetchrow("SELECT username, active FROM account WHERE id = $1", account)
    if row is None:
        raise NotFound
    if not row["active"]:
        raise Refused(_("这个账号已锁定，先解锁再发临时密码。"))
    password = "-".join("".join(secrets.choice(_LEGIBLE) for _n in range(4)) for _part in range(3))
    fresh = await hash_password(password)
    async with db.tx() as t:
        await t.execute(
            """UPDATE account SET password_hash = $2, password_set_at = $3, password_temporary = true
               WHERE id = $1""",
            account,
            fresh,
            clock.real_now(),
        )
        await audit.record(by, "account.temporary_password", f"account:{account}", reason=reason)
    await tries.succeeded(row["username"])
    await sessions.end_all(account)
    return password


async def close(account: int) -> None:
    """Nobody can sign in to it any more; who is signed in is out."""
    await db.execute("UPDATE account SET active = false WHERE id = $1", account)
    await sessions.end_all(account)


def check_password(password: str, username: str) -> None:
    """Raises `Invalid` for one that is too short, too long, or the user's own name."""
    if len(password) < SHORTEST:
        raise Invalid({"new": _("新密码至少 {n} 位，一句好记的话就行。").format(n=SHORTEST)})
    if len(password) > LONGEST:
        raise Invalid({"new": _("新密码最多 {n} 位。").format(n=LONGEST)})
    if username.casefold() in password.casefold() or len(set(password)) < 5:
        raise Invalid({"new": _("新密码太好猜：不要含用户名，也不要只用几个字符。")})


async def hash_password(password: str) -> str:
    hashed: str = await anyio.to_thread.run_sync(_hasher().hash, password, limiter=_limiter())
    return hashed


async def _verify(password: str, known: str | None) -> tuple[bool, str | None]:
    """(fits, a better hash to keep). Without a known hash it works as long, and never fits."""
    if len(password) > LONGEST:
        password, known = "", None

    def work() -> tuple[bool, str | None]:
        against = known or _nobodys()
        fits, better = _hasher().verify_and_update(password, against)
        return (fits and bool(known)), better

    return await anyio.to_thread.run_sync(work, limiter=_limiter())


@lru_cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache
def _nobodys() -> str:
    hashed: str = _hasher().hash("nobody has this password")
    return hashed


@lru_cache
def _limiter() -> anyio.CapacityLimiter:
    """A hash takes a quarter of a second and 64 MB: two at a time a process, others wait."""
    return anyio.CapacityLimiter(2)
