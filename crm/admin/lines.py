"""线路: the public numbers, how each is answered and until when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from core import db
from core.admin.columns import Column, Refers
from core.admin.subjects import Complaints, Removal, Subject, World
from core.admin.writing import RowChange
from core.db import Tx
from core.i18n import N_, _

MODES: Final = (
    ("main", N_("主号")),
    ("merged", N_("整体并入")),
    ("parallel", N_("双号并行")),
    ("sub_centre", N_("设分中心")),
    ("link", N_("联动对接")),
)
MATTERS: Final = "SELECT code AS value, path_name AS word, path_name_en AS word_en FROM matter ORDER BY code"
_DIGITS: Final = r"\+?\d{3,15}"


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    found: Complaints = {}
    for row in touched:
        start, end = world[row]["valid_from"], world[row]["valid_to"]
        if start and end and end < start:
            found[row] = {"valid_to": _("止不能早于起。")}
    return found


async def in_use(ids: Sequence[int]) -> dict[int, list[str]]:
    rows = await db.fetch(
        """SELECT l.id, (SELECT count(*) FROM call c WHERE c.line = l.id) AS calls,
                  (SELECT count(*) FROM ticket t WHERE t.line = l.id) AS tickets
           FROM line l WHERE l.id = ANY($1::int[])""",
        list(ids),
    )
    found = {}
    for row in rows:
        counts = ((row["calls"], _("{n} 通来电")), (row["tickets"], _("{n} 张工单")))
        found[row["id"]] = [words.format(n=n) for n, words in counts if n]
    return found


async def after(t: Tx, _changes: Sequence[RowChange]) -> None:
    t.changed("lines:")


LINES: Final = Subject(
    key="lines",
    label=N_("线路"),
    about=N_("对外公布的号码：怎么接、问候语、时段、默认事项、起止日期。"),
    group=N_("线路"),
    order=60,
    table="line",
    source="""SELECT l.*, (SELECT nullif(u.name_en, '') FROM unit u WHERE u.name = l.owner ORDER BY u.id LIMIT 1) AS owner_en
        FROM line l""",
    natural=("number",),
    title=lambda values: f"{values['number']} {values['name']}",
    columns=(
        Column("number", N_("号码"), required=True, pattern=_DIGITS, pattern_says=N_("只填数字，3 至 15 位。"), searched=True),
        Column("name", N_("名称"), required=True, most=60, searched=True),
        Column("name_en", N_("英文名称"), most=120, searched=True, listed=False),
        Column("owner", N_("归口单位"), most=60, searched=True),
        Column("mode", N_("接入方式"), kind="choice", required=True, choices=MODES, filtered=True),
        Column("greeting", N_("问候语"), kind="lines", most=300, listed=False),
        Column("default_matter", N_("默认事项"), kind="reference", refers=Refers(MATTERS, "matters")),
        Column("hours", N_("服务时段"), most=60),
        Column("valid_from", N_("起用日期"), kind="day"),
        Column("valid_to", N_("停用日期"), kind="day", hint=N_("最后一天，含当天")),
        Column("note", N_("备注"), kind="lines", most=300, listed=False),
    ),
    removal=Removal.END,
    check=check,
    in_use=in_use,
    after=after,
)  # fmt: skip
