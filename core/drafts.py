"""Half-written forms, sealed: one a person and form. The text is the browser's own JSON, never read here."""

from __future__ import annotations

from core import clock, db
from core.errors import Invalid, Refused
from core.i18n import _
from core.privacy import open_sealed, seal

LONGEST = 64 * 1024
LONGEST_KEY = 200
MOST = 200


async def keep(account: int, key: str, body: str) -> None:
    """Put `body` in place of what was kept under `key`."""
    if not key or len(key) > LONGEST_KEY:
        raise Invalid({"key": _("草稿名太长。")})
    if len(body.encode()) > LONGEST:
        raise Refused(_("草稿太长，没有存到服务器；本机仍有一份。"), code="draft_too_long")
    row = await db.fetchrow(
        """INSERT INTO draft (account, key, body, saved_at)
           SELECT $1, $2, $3, $4
           WHERE (SELECT count(*) FROM draft WHERE account = $1) < $5
              OR EXISTS (SELECT 1 FROM draft WHERE account = $1 AND key = $2)
           ON CONFLICT (account, key) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at
           RETURNING id""",
        account,
        key,
        seal(body),
        clock.real_now(),
        MOST,
    )
    if row is None:
        raise Refused(_("草稿太多，请先提交或放弃几份。"), code="too_many_drafts")


async def find(account: int, key: str) -> str | None:
    body = await db.fetchval("SELECT body FROM draft WHERE account = $1 AND key = $2", account, key)
    return None if body is None else open_sealed(body)


async def discard(account: int, key: str) -> None:
    await db.execute("DELETE FROM draft WHERE account = $1 AND key = $2", account, key)
