"""Posts: staff × unit × role × validity × substitute, and what they let a person do.

A role is a set of permissions; a post gives its role within one unit and everything below it. A substitute
holds the post beside its owner for as long as the substitution lasts.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from core import accounts, audit, db
from core.errors import Invalid
from core.i18n import N_, _, said
from core.officers import Grants, Officer

_AGENT = {
    "desk.agent", "ticket.see", "ticket.register", "ticket.search", "ticket.follow_up", "call.take", "kb.read",
}  # fmt: skip
_DISPATCHER = {"desk.dispatch", "ticket.see", "ticket.search", "ticket.dispatch", "kb.read"}
_REVIEWER = {"desk.review", "ticket.see", "ticket.search", "ticket.review", "ticket.follow_up", "kb.read"}
_SUPERVISOR = {
    "desk.supervise", "ticket.confidential", "ticket.supervise", "ticket.unmask", "ticket.withdraw", "runs.see",
    "audit.see",
}  # fmt: skip
_UNIT = {"desk.unit", "order.sign", "order.work"}

#: role → permissions. Units see tickets by scope, so theirs hold no `ticket.see`.
ROLES: Final[dict[str, frozenset[str]]] = {
    "agent": frozenset(_AGENT),
    "dispatcher": frozenset(_DISPATCHER),
    "reviewer": frozenset(_REVIEWER),
    "supervisor": frozenset(_AGENT | _DISPATCHER | _REVIEWER | _SUPERVISOR),
    "unit_handler": frozenset(_UNIT),
    "unit_head": frozenset(_UNIT | {"order.approve"}),
    "kb_editor": frozenset({"desk.kb", "kb.read", "kb.edit"}),
    "admin": frozenset({"admin.*", "runs.see", "audit.see"}),
}

NAMES: Final = {
    "agent": N_("坐席"),
    "dispatcher": N_("派单员"),
    "reviewer": N_("审核员"),
    "supervisor": N_("班长"),
    "unit_handler": N_("承办人"),
    "unit_head": N_("承办单位负责人"),
    "kb_editor": N_("知识编辑"),
    "admin": N_("系统管理员"),
}

#: What a post adds that is named for confidential tickets.
NAMED: Final = frozenset({"ticket.confidential"})

# Rights within the hotline itself do not narrow to a unit; the scopes are of units that handle tickets.
_HELD = """
SELECT p.role, p.named, p.title, p.unit, u.name, u.name_en, p.account = $1 AS own,
       ARRAY(SELECT below.id FROM unit below WHERE starts_with(below.path, u.path) AND u.path <> '') AS scope
FROM post p JOIN unit u ON u.id = p.unit
WHERE (p.account = $1 OR (p.substitute = $1 AND p.substitute_from <= $2 AND p.substitute_to >= $2))
  AND (p.valid_from IS NULL OR p.valid_from <= $2) AND (p.valid_to IS NULL OR p.valid_to >= $2)
ORDER BY own DESC, p.id"""


async def grants_for(account: int, on: date) -> Grants:
    """Everything the posts of `account` add up to on that day, in one query."""
    rows = await db.fetch(_HELD, account, on)
    permissions: set[str] = set()
    scopes: set[int] = set()
    for row in rows:
        permissions |= ROLES.get(row["role"], frozenset())
        permissions |= NAMED if row["named"] else set()
        if row["role"] in {"unit_handler", "unit_head"}:
            scopes |= {row["unit"], *row["scope"]}
    return Grants(
        permissions=frozenset(permissions),
        scopes=frozenset(scopes),
        unit=rows[0]["unit"] if rows else None,
        roles=frozenset(row["role"] for row in rows),
        posts=tuple(_words(row) for row in rows),
    )


def _words(row: db.Record) -> tuple[str, str]:
    """The post in Chinese and in English."""
    role = NAMES.get(row["role"], row["role"])
    english = f"{row['name_en'] or row['name']} · {row['title'] or said(role, 'en')}"
    return f"{row['name']} · {row['title'] or role}", english


async def staff_add(
    username: str,
    name: str,
    *,
    unit: int,
    role: str,
    password: str = "",
    password_hash: str = "",
    title: str = "",
    named: bool = False,
    locale: str = "zh_CN",
    by: Officer | None = None,
) -> int:
    """A new account with its first post; the account's id. `by` is None on the command line and in seeds."""
    async with db.tx():
        account = await accounts.add(
            username, name, password=password, password_hash=password_hash, locale=locale
        )
        await post_add(account, unit=unit, role=role, title=title, named=named, by=by)
    return account


async def post_add(
    account: int,
    *,
    unit: int,
    role: str,
    title: str = "",
    named: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
    by: Officer | None = None,
) -> int:
    """One more post for somebody; takes effect at once in every process."""
    if role not in ROLES:
        raise Invalid({"role": _("没有这个岗位，请从列表里选。")})
    async with db.tx() as t:
        post: int = await t.fetchval(
            """INSERT INTO post (account, unit, role, named, title, valid_from, valid_to)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
            account,
            unit,
            role,
            named,
            title,
            valid_from,
            valid_to,
        )
        after = {"account": account, "unit": unit, "role": role, "named": named}
        await audit.record(by, "post.add", f"post:{post}", after=after)
        t.changed(f"account:{account}")
    return post


async def stand_in(
    post: int, account: int | None, start: date | None, end: date | None, *, by: Officer
) -> None:
    """Let `account` hold the post from `start` to `end`, both included; None ends a substitution."""
    if account is not None and (start is None or end is None or end < start):
        raise Invalid({"end": _("替岗的起止日期要都填，止不早于起。")})
    async with db.tx() as t:
        row = await t.fetchrow("SELECT account, substitute FROM post WHERE id = $1 FOR UPDATE", post)
        if row is None:
            raise Invalid({"post": _("没有这个岗位，请从列表里选。")})
        await t.execute(
            "UPDATE post SET substitute = $2, substitute_from = $3, substitute_to = $4 WHERE id = $1",
            post,
            account,
            start if account else None,
            end if account else None,
        )
        before, after = {"substitute": row["substitute"]}, {"substitute": account, "from": start, "to": end}
        await audit.record(by, "post.substitute", f"post:{post}", before, after)
        t.changed(*(f"account:{a}" for a in (row["substitute"], account) if a is not None))
