"""The retention times as a subject of administration: history, undo and sheets for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from core import keeping
from core.admin.columns import Column, Values
from core.admin.subjects import Action, Complaints, Removal, Subject, World
from core.i18n import N_, _


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    """Within what the kind allows."""
    found: Complaints = {}
    for row in touched:
        kind = keeping.kinds().get(world[row]["key"])
        if kind is None:
            found[row] = {"key": _("没有这类数据。")}
        elif not kind.least <= world[row]["days"] <= kind.most:
            found[row] = {"days": _("请填 {a} 到 {b} 之间的数。").format(a=kind.least, b=kind.most)}
    return found


def _title(values: Values) -> str:
    kind = keeping.kinds().get(values["key"])
    return _(kind.label) if kind else str(values["key"])


RETENTION: Final = Subject(
    key="retention",
    label=N_("数据留存"),
    about=N_("每类数据保留多少天；到期的个人信息每天 03:00 清除，统计数字留下。"),
    group=N_("系统"),
    order=90,
    permission="admin.retention",
    table="retention_rule",
    columns=(
        Column("key", N_("数据"), required=True, fixed=True, searched=True),
        Column("days", N_("保留天数"), "integer", required=True, least=1, greatest=36500),
    ),
    natural=("key",),
    title=_title,
    creates=False,
    removal=Removal.NEVER,
    check=check,
    pages=(Action(N_("看会清除什么"), "/admin/keeping"),),
)
