"""The time limits as a subject of administration: kind × urgency × clock, by version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final

from core.admin.columns import Column, Values
from core.admin.subjects import Action, Complaints, Removal, Subject, World
from core.admin.writing import RowChange
from core.db import Tx
from core.i18n import N_, _
from routing import effects, rulebook
from routing.limits import ANY_KIND

KINDS: Final = (
    (ANY_KIND, N_("全部类型")), ("consult", N_("咨询")), ("help", N_("求助")), ("complaint", N_("投诉")),
    ("report", N_("举报")), ("suggestion", N_("建议")), ("praise", N_("表扬")), ("home_service", N_("服务预约")),
    ("other", N_("其他")),
)  # fmt: skip
CLOCKS: Final = (
    ("dispatch", N_("派单时限")), ("sign", N_("签收")), ("contact", N_("首次联系")), ("close", N_("办结")),
    ("return", N_("退单期限")), ("return_complex", N_("退单期限（复杂）")), ("extension", N_("延期")),
    ("extension_2", N_("第二次延期")), ("conference_after", N_("几次退单转会商")), ("conference", N_("会商")),
    ("follow_up", N_("回访")), ("redo", N_("重办")), ("urge", N_("回复催办")), ("supervise", N_("回复督办")),
    ("escalate", N_("未签升级间隔")),
)  # fmt: skip
UNITS: Final = (("min", N_("分钟")), ("hour", N_("小时")), ("workday", N_("工作日")), ("times", N_("次")))
URGENCIES: Final = (1, 2, 3, 4)
#: May be 0: none at all.
MAY_BE_NONE: Final = frozenset({"extension", "extension_2"})


def check(world: World, touched: Collection[int], on: date) -> Complaints:
    """One limit a cell and day; nothing that has to end may have no time, today or later."""
    cells: dict[tuple[object, ...], list[int]] = {}
    for row, values in world.items():
        cells.setdefault((values["kind"], values["urgency"], values["clock"]), []).append(row)
    found: Complaints = {}
    for row in touched:
        values = world[row]
        start, end = values["valid_from"], values["valid_to"]
        if start and end and end < start:
            found[row] = {"valid_to": _("止不早于起。")}
        if not values["amount"] and values["clock"] not in MAY_BE_NONE:
            found.setdefault(row, {})["amount"] = _("至少是 1；只有延期可以是 0（不得延期）。")
        mates = cells[values["kind"], values["urgency"], values["clock"]]
        if end and _is_needed(values):
            next_day = max(on, end + timedelta(days=1))
            if not any(_counts(world[mate], next_day) for mate in mates):
                found.setdefault(row, {})["valid_to"] = _("这一格不能空：没有别的时限可以代替它。")
        if any(mate != row and _overlap(values, world[mate]) for mate in mates):
            found.setdefault(row, {})["valid_from"] = _("这一格在同一天已有时限，请先给旧的填上有效期止。")
    return found


def _is_needed(values: Values) -> bool:
    """Without it a cell would be empty: a kind's own row has the one for every kind behind it."""
    return bool(values["kind"] == ANY_KIND and values["clock"] != "extension_2")


def _counts(values: Values, day: date) -> bool:
    return bool((values["valid_from"] or day) <= day <= (values["valid_to"] or day))


def _overlap(one: Values, other: Values) -> bool:
    return (one["valid_from"] or date.min) <= (other["valid_to"] or date.max) and (
        other["valid_from"] or date.min
    ) <= (one["valid_to"] or date.max)


async def _after(t: Tx, _rows: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")


def title(values: Values) -> str:
    kind, clock = dict(KINDS).get(values["kind"], ""), dict(CLOCKS).get(values["clock"], "")
    return f"{_(kind)} · P{values['urgency']} · {_(clock)}"


def next_version(versions: Collection[str], year: int) -> str:
    """`2026-3` after `2026-2`."""
    numbers = [
        int(tail) for version in versions for head, _dash, tail in [version.partition("-")]
        if head == str(year) and tail.isascii() and tail.isdigit()
    ]  # fmt: skip
    return f"{year}-{max(numbers, default=0) + 1}"


LIMITS: Final = Subject(
    key="limits",
    label=N_("时限"),
    about=N_("每种类型、紧急程度和时钟各有多久。改动只用于新派的单；在办单要不要跟着改，保存前会问。"),
    group=N_("时限"),
    order=61,
    permission="admin.limits",
    table="time_limit",
    columns=(
        Column("kind", N_("类型"), "choice", required=True, choices=KINDS, filtered=True, fixed=True),
        Column("urgency", N_("紧急程度"), "integer", required=True, least=1, greatest=4, fixed=True),
        Column("clock", N_("时钟"), "choice", required=True, choices=CLOCKS, filtered=True, fixed=True),
        Column("amount", N_("数量"), "integer", required=True, least=0, greatest=1000),
        Column("unit", N_("单位"), "choice", required=True, choices=UNITS),
        Column("version", N_("版本"), required=True, most=20),
        Column("valid_from", N_("有效期起"), "day"),
        Column("valid_to", N_("有效期止"), "day"),
    ),
    natural=("kind", "urgency", "clock", "valid_from"),
    sorted_by=("kind", "urgency", "clock", "valid_from"),
    searched=("version",),
    title=title,
    removal=Removal.END,
    check=check,
    after=_after,
    consequences=effects.LIMITS,
    pages=(Action(N_("时限表"), "/admin/limit-table"),),
)
