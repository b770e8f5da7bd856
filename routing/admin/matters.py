"""事项: the matter tree. A code carries its place in the tree (two digits a level); a matter ends, it is not deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from core import db
from core.admin.columns import Column, Values
from core.admin.subjects import Action, Complaints, Removal, Subject, World
from core.admin.writing import RowChange, TableWriter
from core.db import Tx
from core.i18n import N_, _
from routing import rulebook
from routing.admin.open_work import uses_of
from routing.spelling import spell

KINDS: Final = (
    ("consult", N_("咨询")), ("help", N_("求助")), ("complaint", N_("投诉")), ("report", N_("举报")),
    ("suggestion", N_("建议")), ("praise", N_("表扬")), ("home_service", N_("家庭服务")), ("other", N_("其他")),
)  # fmt: skip
FOLLOW_UPS: Final = (("must", N_("必须回访")), ("sample", N_("抽样回访")), ("none", N_("不用回访")))
#: `path_name` leaves out the top level, as agents say it; `leaf` is a node with nothing valid or past below it.
_TREE: Final = """
    WITH RECURSIVE tree AS (
        SELECT code, name AS path_name, coalesce(nullif(name_en, ''), name) AS path_name_en, 1 AS level
        FROM matter WHERE length(code) = 2
        UNION ALL
        SELECT m.code, CASE WHEN tree.level = 1 THEN m.name ELSE tree.path_name || ' › ' || m.name END,
               CASE WHEN tree.level = 1 THEN coalesce(nullif(m.name_en, ''), m.name)
                    ELSE tree.path_name_en || ' › ' || coalesce(nullif(m.name_en, ''), m.name) END, tree.level + 1
        FROM matter m JOIN tree ON m.code LIKE tree.code || '__')
    UPDATE matter m SET path_name = tree.path_name, path_name_en = tree.path_name_en, level = tree.level,
        parent_code = left(m.code, -2), leaf = NOT EXISTS (SELECT FROM matter c WHERE c.code LIKE m.code || '__')
    FROM tree WHERE m.code = tree.code AND (m.path_name, m.path_name_en, m.level, m.leaf, m.parent_code)
        IS DISTINCT FROM (tree.path_name, tree.path_name_en, tree.level::smallint,
            NOT EXISTS (SELECT FROM matter c WHERE c.code LIKE m.code || '__'), left(m.code, -2))
    RETURNING m.id, m.path_name"""


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    """A matter hangs below one that is there; dates in order; what ends has nothing current below it."""
    by_code = {str(values["code"]): values for values in world.values()}
    found: Complaints = {}
    for row in touched:
        values, wrong = world[row], dict[str, str]()
        code, start, end = str(values["code"]), values["valid_from"], values["valid_to"]
        if len(code) > 2 and code[:-2] not in by_code:
            wrong["code"] = _("没有上级事项 {code}，先新增上级。").format(code=code[:-2])
        if start and end and end < start:
            wrong["valid_to"] = _("止不能早于起。")
        elif end and any(
            other.startswith(code) and other != code and below["valid_to"] is None
            for other, below in by_code.items()
        ):
            wrong["valid_to"] = _("它下面还有现行的事项，先停用下面的。")
        if wrong:
            found[row] = wrong
    return found


class MatterWriter(TableWriter):
    """Parent, level, path and spelling follow from code and name, for the whole branch."""

    async def write(
        self, t: Tx, subject: Subject, changes: Sequence[RowChange], *, now: datetime
    ) -> list[RowChange]:
        written = await super().write(t, subject, changes, now=now)
        for moved in await t.fetch(_TREE):
            pinyin, initials = spell(moved["path_name"])
            await t.execute(
                "UPDATE matter SET pinyin = $2, initials = $3 WHERE id = $1", moved["id"], pinyin, initials
            )
        return written

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        found = await super().row(t, subject, change)
        return {**found, "level": len(str(found["code"])) // 2} if change.before is None else found


async def after(t: Tx, _changes: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")


async def in_use(ids: Sequence[int]) -> dict[int, list[str]]:
    """Branch and all: tickets hang on leaves, catalogue lines on any level."""
    rows = await db.fetch(
        """SELECT m.id, m.code, (SELECT count(*) FROM matter b WHERE b.code LIKE m.code || '__%') AS below,
                  (SELECT count(*) FROM catalogue_line l WHERE l.matter_code LIKE m.code || '%') AS lines
           FROM matter m WHERE m.id = ANY($1::int[])""",
        list(ids),
    )
    elsewhere = await uses_of([row["code"] for row in rows])
    found = {}
    for row in rows:
        counts = ((row["below"], _("{n} 个下级事项")), (row["lines"], _("{n} 条派单目录")))
        found[row["id"]] = [words.format(n=n) for n, words in counts if n] + elsewhere.get(row["code"], [])
    return found


def actions(_row: int, values: Values) -> Sequence[Action]:
    """The code is the place in the tree, and tickets keep it: to move a matter, make it anew there and end it here."""
    kept = ("name", "name_en", "kind", "urgency", "follow_up", "questions")
    cells = {name: MATTERS.column(name).cell(values[name]) for name in kept}
    flags = {name: "1" for name in ("confidential", "no_push_down") if values[name]}
    return (Action(N_("移到别的上级…"), f"/admin/matters/new?{urlencode(cells | flags)}"),)


MATTERS: Final = Subject(
    key="matters",
    label=N_("事项"),
    about=N_("事项树：代码即位置（两位一级），名称、默认类型与紧急程度、回访要求、必问问题。停用而不删除。"),
    group=N_("派单规则"),
    order=20,
    table="matter",
    source="""SELECT id, code, name, name_en, kind, urgency, confidential, no_push_down, follow_up, questions, valid_from,
        valid_to, path_name, path_name_en, leaf, pinyin, initials, level - 1 AS depth FROM matter""",
    natural=("code",),
    searched=("pinyin", "initials"),
    depth="depth",
    title=lambda values: str(values["name"]),
    columns=(
        Column("name", N_("名称"), required=True, most=40, searched=True),
        Column("code", N_("代码"), required=True, fixed=True, pattern=r"(\d\d){1,6}",
               pattern_says=N_("每级两位数字，例如 030101；前几位是上级的代码。"), searched=True),
        Column("path_name", N_("全名"), derived=True, searched=True),
        Column("kind", N_("默认类型"), kind="choice", required=True, choices=KINDS, filtered=True),
        Column("urgency", N_("默认紧急程度"), kind="integer", required=True, least=1, greatest=4),
        Column("follow_up", N_("回访要求"), kind="choice", required=True, choices=FOLLOW_UPS, filtered=True),
        Column("confidential", N_("默认保密"), kind="flag", filtered=True, listed=False),
        Column("no_push_down", N_("部门事项，不派街道"), kind="flag", filtered=True, listed=False),
        Column("path_name_en", N_("英文全名"), derived=True, searched=True, listed=False),
        Column("leaf", N_("可登记"), kind="flag", derived=True),
        Column("questions", N_("必问问题"), kind="parts", most=1000, listed=False),
        Column("name_en", N_("英文名称"), most=120, searched=True, listed=False),
        Column("valid_from", N_("有效期起"), kind="day", listed=False),
        Column("valid_to", N_("有效期止"), kind="day", hint=N_("最后一天，含当天"), listed=False),
    ),
    removal=Removal.END,
    check=check,
    after=after,
    in_use=in_use,
    writer=MatterWriter(),
    actions=actions,
)  # fmt: skip
