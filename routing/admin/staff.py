"""人员: who may sign in. What they may do comes from their posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core import clock, db
from core.admin.columns import Column, Values
from core.admin.subjects import Action, Removal, Subject
from core.admin.writing import RowChange, TableWriter
from core.db import Tx
from core.i18n import N_, _
from core.i18n import NAMES as LANGUAGES
from routing.admin.posts import check_an_admin_is_left
from routing.posts import NAMES

_ROLE: Final = " ".join(f"WHEN '{role}' THEN '{name}'" for role, name in NAMES.items())
_SOURCE: Final = f"""
    SELECT a.id, a.username, a.name, a.locale, a.active, a.password_hash <> '' AS has_password, a.password_temporary,
           (SELECT string_agg(u.name || ' ' || coalesce(nullif(p.title, ''), CASE p.role {_ROLE} END, p.role), '；' ORDER BY p.id)
            FROM post p JOIN unit u ON u.id = p.unit WHERE p.account = a.id AND p.valid_to IS NULL) AS posts,
           (SELECT string_agg(coalesce(nullif(u.name_en, ''), u.name) || ' '
                || coalesce(nullif(p.title, ''), replace(p.role, '_', ' ')), '; ' ORDER BY p.id)
            FROM post p JOIN unit u ON u.id = p.unit WHERE p.account = a.id AND p.valid_to IS NULL) AS posts_en
    FROM account a"""


class StaffWriter(TableWriter):
    """A new account has no password: nobody can sign in to it before it is given a temporary one."""

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        found = await super().row(t, subject, change)
        if "username" in found:
            found["username"] = found["username"].casefold()
        if change.before is None:
            found |= {"password_hash": "", "density": "dense", "created_at": clock.real_now()}
        return found


async def verify(t: Tx, changes: Sequence[RowChange]) -> None:
    if any(
        change.before and change.before["active"] and not (change.after or {}).get("active")
        for change in changes
    ):
        await check_an_admin_is_left(t, clock.today())


async def after(t: Tx, changes: Sequence[RowChange]) -> None:
    """A locked account's sessions end at once, in every process."""
    locked = [change.id for change in changes if not (change.after or {}).get("active")]
    await t.execute("DELETE FROM session WHERE account = ANY($1::int[])", locked)
    t.changed(*(f"account:{change.id}" for change in changes))


async def in_use(ids: Sequence[int]) -> dict[int, list[str]]:
    rows = await db.fetch(
        """SELECT a.id, (SELECT count(*) FROM post p WHERE p.account = a.id OR p.substitute = a.id) AS posts,
                  (SELECT count(*) FROM audit_entry e WHERE e.account = a.id) AS acts,
                  (SELECT count(*) FROM session s WHERE s.account = a.id) AS sessions
           FROM account a WHERE a.id = ANY($1::int[])""",
        list(ids),
    )
    found = {}
    for row in rows:
        counts = (
            (row["posts"], _("{n} 个岗位")), (row["acts"], _("{n} 条改动记录")), (row["sessions"], _("{n} 处登录")),
        )  # fmt: skip
        found[row["id"]] = [words.format(n=n) for n, words in counts if n]
    return found


def actions(row: int, values: Values) -> Sequence[Action]:
    add = Action(N_("加岗位…"), f"/admin/posts/new?account={values['username']}")
    if not values["active"]:
        return (add,)
    return (
        add, Action(N_("发临时密码…"), f"/accounts/{row}/password"), Action(N_("结束登录…"), f"/accounts/{row}/sessions"),
    )  # fmt: skip


STAFF: Final = Subject(
    key="staff",
    label=N_("人员"),
    about=N_("账号：新建、锁定与解锁、临时密码、结束登录；能做什么由岗位决定。"),
    group=N_("单位与人员"),
    order=11,
    table="account",
    source=_SOURCE,
    natural=("username",),
    title=lambda values: f"{values['name']} · {values['username']}",
    columns=(
        Column("username", N_("用户名"), required=True, fixed=True, most=40, searched=True,
               pattern=r"[a-z0-9][a-z0-9._-]{1,39}", pattern_says=N_("小写字母、数字、. - _，至少两位。")),
        Column("name", N_("姓名"), required=True, most=40, searched=True),
        Column("active", N_("可登录"), kind="flag", filtered=True, hint=N_("选“否”即锁定，正在登录的马上退出")),
        Column("locale", N_("界面语言"), kind="choice", required=True, choices=tuple(LANGUAGES.items()), listed=False),
        Column("posts", N_("现任岗位"), derived=True),
        Column("has_password", N_("有密码"), kind="flag", derived=True),
        Column("password_temporary", N_("密码待更换"), kind="flag", derived=True, listed=False),
    ),
    removal=Removal.NEVER,
    verify=verify,
    after=after,
    in_use=in_use,
    writer=StaffWriter(),
    actions=actions,
    aside="/accounts/{id}/rights",
)  # fmt: skip
