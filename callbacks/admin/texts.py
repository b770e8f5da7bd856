"""Message texts as a subject of administration: those the site words its own way. Written on `/admin/texts`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from callbacks import wording_rules
from callbacks.texts import LOCALES, TEMPLATES
from core.admin.columns import Column, Values
from core.admin.subjects import Action, Complaints, Subject, World
from core.admin.writing import RowChange, TableWriter
from core.db import Tx
from core.i18n import N_, _
from routing import rulebook

LANGUAGES: Final = (("zh_CN", N_("中文")), ("en", N_("英文")))


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    found: Complaints = {}
    for row in touched:
        values = world[row]
        if values["name"] not in TEMPLATES or values["locale"] not in LOCALES:
            found[row] = {"name": _("没有这条短信。")}
        elif sentence := wording_rules.wrong(values["name"], values["locale"], values["body"]):
            found[row] = {"body": sentence}
    return found


class NextVersion(TableWriter):
    """Whatever is written, also taken back, is a version that was never sent before."""

    async def write(
        self, t: Tx, subject: Subject, changes: Sequence[RowChange], *, now: datetime
    ) -> list[RowChange]:
        numbered = []
        for change in changes:
            if change.after is not None:
                version = await next_version(t, change.after["name"])
                change = replace(change, after={**change.after, "version": version})
            numbered.append(change)
        return await super().write(t, subject, numbered, now=now)

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        assert change.after is not None
        return {**await super().row(t, subject, change), "version": change.after["version"]}


async def next_version(t: Tx, name: str) -> int:
    """One more than the template ever had, in code, in the table or in the history."""
    used = await t.fetchval(
        """SELECT max(v) FROM (SELECT version::int AS v FROM message_text WHERE name = $1
           UNION ALL SELECT (after->>'version')::int FROM audit_entry
           WHERE subject LIKE 'message-texts:%' AND after->>'name' = $1) known""",
        name,
    )
    return 1 + max(int(used or 0), TEMPLATES[name].version)


async def _after(t: Tx, _rows: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")


def _title(values: Values) -> str:
    return f"{values['name']} · {_(dict(LANGUAGES).get(values['locale'], ''))}"


TEXTS: Final = Subject(
    key="message-texts",
    label=N_("改过的短信"),
    about=N_("本地改过措辞的短信；没有改过的按系统自带的发。"),
    group=N_("短信文字"),
    order=70,
    permission="admin.texts",
    table="message_text",
    columns=(
        Column("name", N_("哪一条"), required=True, most=60, fixed=True, searched=True),
        Column("locale", N_("语言"), "choice", required=True, choices=LANGUAGES, filtered=True, fixed=True),
        Column("body", N_("正文"), "lines", required=True, most=wording_rules.LONGEST, searched=True),
        Column("version", N_("版本"), "integer", derived=True),
    ),
    natural=("name", "locale"),
    title=_title,
    check=check,
    after=_after,
    writer=NextVersion(),
    pages=(Action(N_("全部短信文本"), "/admin/texts"),),
)
