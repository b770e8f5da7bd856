"""岗位: staff × unit × role × validity × substitute."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from core import clock
from core.admin.columns import Column, Refers, Values
from core.admin.subjects import Complaints, Removal, Subject, World
from core.admin.writing import RowChange, TableWriter
from core.db import Tx
from core.errors import Refused
from core.i18n import N_, _
from routing.admin.units import UNIT_CODES
from routing.posts import NAMES

ACCOUNTS: Final = "SELECT username AS value, name AS word, name AS word_en FROM account ORDER BY username"
_SOURCE: Final = """
    SELECT p.id, a.username AS account, a.name AS person, u.code AS unit, u.name AS unit_name, u.name_en AS unit_name_en, p.role, p.named, p.title,
           s.username AS substitute, p.substitute_from, p.substitute_to, p.valid_from, p.valid_to
    FROM post p JOIN account a ON a.id = p.account JOIN unit u ON u.id = p.unit
    LEFT JOIN account s ON s.id = p.substitute"""
#: Accounts that can sign in and administer, by the posts that count on a day.
_ADMINS: Final = """
    SELECT count(DISTINCT a.id) FROM post p JOIN account a ON a.id = p.account
    WHERE p.role = 'admin' AND a.active AND a.password_hash <> ''
      AND (p.valid_from IS NULL OR p.valid_from <= $1) AND (p.valid_to IS NULL OR p.valid_to >= $1)"""


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    found: Complaints = {}
    for row in touched:
        values, wrong = world[row], dict[str, str]()
        start, end = values["substitute_from"], values["substitute_to"]
        if values["substitute"] and (not start or not end or end < start):
            wrong["substitute_to"] = _("替岗的起止日期要都填，止不早于起。")
        if values["substitute"] and values["substitute"] == values["account"]:
            wrong["substitute"] = _("替岗的人不能是本人。")
        if values["valid_from"] and values["valid_to"] and values["valid_to"] < values["valid_from"]:
            wrong["valid_to"] = _("止不能早于起。")
        if wrong:
            found[row] = wrong
    return found


class PostWriter(TableWriter):
    """People and units are named by username and code; the table holds ids."""

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        found = await super().row(t, subject, change)
        for column, sql in (
            ("account", "SELECT id FROM account WHERE username = $1"),
            ("substitute", "SELECT id FROM account WHERE username = $1"),
            ("unit", "SELECT id FROM unit WHERE code = $1"),
        ):
            if column in found:
                found[column] = await t.fetchval(sql, found[column] or "")
        return found


async def check_an_admin_is_left(t: Tx, today: date) -> None:
    """Raises `Refused` when nobody could administer any more."""
    if not await t.fetchval(_ADMINS, today):
        raise Refused(_("至少要留一个能登录的系统管理员，请先给别人管理员岗位。"), code="last_admin")


async def verify(t: Tx, changes: Sequence[RowChange]) -> None:
    if any("admin" in (_role(change.before), _role(change.after)) for change in changes):
        await check_an_admin_is_left(t, clock.today())


def _role(values: Values | None) -> str:
    return str((values or {}).get("role", ""))


async def after(t: Tx, changes: Sequence[RowChange]) -> None:
    """Whoever gains or loses a post is looked at again at once, in every process."""
    names = {
        values[column]
        for change in changes
        for values in (change.before, change.after)
        if values
        for column in ("account", "substitute")
        if values[column]
    }
    rows = await t.fetch("SELECT id FROM account WHERE username = ANY($1::text[])", sorted(names))
    t.changed(*(f"account:{row['id']}" for row in rows))


POSTS: Final = Subject(
    key="posts",
    label=N_("岗位"),
    about=N_("谁在哪个单位任什么岗、从何时到何时、谁替岗、是否可看保密件。"),
    group=N_("单位与人员"),
    order=12,
    table="post",
    source=_SOURCE,
    natural=("account", "unit", "role"),
    searched=("person", "unit_name"),
    title=lambda values: f"{values['person'] or values['account']} · {_(NAMES.get(str(values['role']), str(values['role'])))}",
    columns=(
        Column("person", N_("姓名"), derived=True),
        Column("account", N_("账号"), kind="reference", required=True, fixed=True, searched=True,
               refers=Refers(ACCOUNTS, "staff")),
        Column("unit", N_("单位"), kind="reference", required=True, fixed=True, searched=True, listed=False,
               refers=Refers(UNIT_CODES, "units")),
        Column("unit_name", N_("单位名称"), derived=True),
        Column("role", N_("角色"), kind="choice", required=True, fixed=True, choices=tuple(NAMES.items()), filtered=True),
        Column("title", N_("职务"), most=40),
        Column("named", N_("可看保密件"), kind="flag", filtered=True),
        Column("valid_from", N_("有效期起"), kind="day"),
        Column("valid_to", N_("有效期止"), kind="day", hint=N_("最后一天，含当天")),
        Column("substitute", N_("替岗人"), kind="reference", refers=Refers(ACCOUNTS, "staff"), listed=False),
        Column("substitute_from", N_("替岗起"), kind="day", listed=False),
        Column("substitute_to", N_("替岗止"), kind="day", listed=False),
    ),
    removal=Removal.END,
    check=check,
    verify=verify,
    after=after,
    writer=PostWriter(),
)  # fmt: skip
