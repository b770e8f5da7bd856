"""派单目录 as a subject of administration: matter × place → lead, assists, basis, validity."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from core.admin.changes import after_all, world_of
from core.admin.columns import Column, Refers, Values
from core.admin.questions import Told
from core.admin.subjects import Action, Complaints, Removal, Subject, World
from core.admin.writing import RowChange, TableWriter
from core.db import Tx
from core.i18n import N_, _
from routing import rulebook
from routing.coverage import Placed, overlaps
from routing.rules import BUREAU, DISTRICT, STREET

_MATTERS: Final = """SELECT '*' AS value, '其他事项（兜底）' AS word, 'Everything else (backstop)' AS word_en
    UNION ALL SELECT code, path_name, path_name_en FROM matter ORDER BY 1"""
_DISTRICTS: Final = """SELECT DISTINCT district AS value, district_name AS word, district_name_en AS word_en
    FROM street ORDER BY 1"""
_STREETS: Final = """SELECT code AS value, district_name || name AS word,
    name_en || ', ' || district_name_en AS word_en FROM street ORDER BY 1"""
#: Whom a line may name: a unit, or what stands for a unit at the place.
_ACTORS: Final = f"""SELECT '{STREET}' AS value, '所在街道' AS word, 'The street of the place' AS word_en
    UNION ALL SELECT '{DISTRICT}', '所在区', 'The district of the place'
    UNION ALL SELECT DISTINCT '{BUREAU}' || function, '所在区的' || function || '部门', 'District bureau: ' || function
        FROM unit WHERE function <> '' AND district <> ''
    UNION ALL SELECT code, name, name_en FROM unit ORDER BY 1"""
_SOURCE: Final = f"""SELECT l.id, l.code, l.matter_code, coalesce(l.district, '') AS district,
    coalesce(l.street, '') AS street, coalesce(l.lead_unit_code, l.lead_function, '') AS lead, l.assists, l.legal_basis,
    l.valid_from, l.valid_to,
    CASE WHEN l.matter_code = '*' THEN '其他事项' ELSE coalesce(m.path_name, l.matter_code) END AS matter_name,
    coalesce(s.district_name || s.name, d.district_name, '全市') AS place_name,
    CASE l.lead_function WHEN '{STREET}' THEN '所在街道' WHEN '{DISTRICT}' THEN '所在区'
        ELSE coalesce(u.name, '所在区的' || substr(l.lead_function, {len(BUREAU) + 1}) || '部门') END AS lead_name,
    CASE WHEN l.matter_code = '*' THEN 'Everything else' ELSE m.path_name_en END AS matter_name_en,
    coalesce(s.name_en || ', ' || s.district_name_en, d.district_name_en, 'The whole city') AS place_name_en,
    CASE l.lead_function WHEN '{STREET}' THEN 'The street of the place' WHEN '{DISTRICT}' THEN 'The district of the place'
        ELSE coalesce(u.name_en, 'District bureau: ' || substr(l.lead_function, {len(BUREAU) + 1})) END AS lead_name_en,
    coalesce(m.pinyin, '') || ' ' || replace(coalesce(m.pinyin, ''), ' ', '') || ' ' || coalesce(m.initials, '')
        || ' ' || coalesce(m.path_name_en, '') AS matter_spelt,
    coalesce(u.pinyin, '') || ' ' || replace(coalesce(u.pinyin, ''), ' ', '') || ' ' || coalesce(u.initials, '')
        || ' ' || coalesce(s.initials, '') || ' ' || replace(coalesce(s.pinyin, ''), ' ', '') AS others_spelt
    FROM catalogue_line l LEFT JOIN matter m ON m.code = l.matter_code LEFT JOIN street s ON s.code = l.street
    LEFT JOIN (SELECT DISTINCT district, district_name, district_name_en FROM street) d ON d.district = l.district
    LEFT JOIN unit u ON u.code = l.lead_unit_code"""


class LineWriter(TableWriter):
    """A lead is stored as a unit, or as what stands for one at the place."""

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        written = await super().row(t, subject, change)
        for name in ("district", "street"):
            if name in written:
                written[name] = written[name] or None
        if "lead" in written:
            lead = written.pop("lead")
            is_unit = await t.fetchval("SELECT EXISTS (SELECT 1 FROM unit WHERE code = $1)", lead)
            written |= {
                "lead_unit_code": lead if is_unit else None,
                "lead_function": None if is_unit else lead,
            }
        return written


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    found: Complaints = {}
    for row in touched:
        values = world[row]
        if values["valid_from"] and values["valid_to"] and values["valid_to"] < values["valid_from"]:
            found.setdefault(row, {})["valid_to"] = _("止不能早于起。")
        if values["street"] and values["district"] and not values["street"].startswith(values["district"]):
            found.setdefault(row, {})["street"] = _("这个街道不在所选的区里。")
        if values["lead"] in values["assists"]:
            found.setdefault(row, {})["assists"] = _("主办单位不用再列为协办。")
    return found


async def foresee(rows: Sequence[RowChange]) -> list[str]:
    """Lines that would be as specific as another at the same time."""
    world = after_all(await world_of(CATALOGUE), rows)
    touched = {row.id for row in rows}
    clashes = [pair for pair in overlaps(placed(world)) if {pair.one.id, pair.other.id} & touched]
    return [
        _("{one} 和 {other} 同样具体，又同时有效：派单时只会用其中一行。").format(one=c.one.code, other=c.other.code)
        for c in clashes[:20]
    ]  # fmt: skip


def placed(world: World) -> list[Placed]:
    return [
        Placed(
            row, v["code"], v["matter_code"], v["district"] if not v["street"] else "", v["street"], v["lead"],
            v["valid_from"], v["valid_to"],
        )
        for row, v in world.items()
    ]  # fmt: skip


async def _after(t: Tx, _rows: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")


def _title(values: Values) -> str:
    return str(values["code"])


def _actions(_row: int, values: Values) -> Sequence[Action]:
    matter = "" if values["matter_code"] == "*" else values["matter_code"]
    return [Action(N_("试一试这一行"), f"/admin/catalogue-trial?matter={matter}&street={values['street']}")]


def _columns() -> tuple[Column, ...]:
    optional: dict[str, Any] = {"listed": False}
    return (
        Column("code", N_("行号"), required=True, most=40, pattern=r"[0-9A-Za-z_.\-]{2,40}",
               pattern_says=N_("用字母、数字和短横，例如 PD-030101-04。"), fixed=True, searched=True),
        Column("matter_name", N_("事项"), derived=True, searched=True),
        Column("place_name", N_("地点"), derived=True, searched=True),
        Column("lead_name", N_("主办单位"), derived=True, searched=True),
        Column("matter_code", N_("事项代码"), "reference", required=True, refers=Refers(_MATTERS), searched=True, **optional),
        Column("district", N_("区"), "reference", refers=Refers(_DISTRICTS), hint=N_("留空为全市"), filtered=True, **optional),
        Column("street", N_("街道"), "reference", refers=Refers(_STREETS), hint=N_("留空为全区"), **optional),
        Column("lead", N_("主办"), "reference", required=True, refers=Refers(_ACTORS),
               hint=N_("一个单位，或“所在街道”“所在区”“所在区的某部门”"), searched=True, **optional),
        Column("assists", N_("协办"), "parts", refers=Refers(_ACTORS), most=1000),
        Column("legal_basis", N_("依据"), most=300, searched=True),
        Column("valid_from", N_("有效期起"), "day"),
        Column("valid_to", N_("有效期止"), "day"),
    )  # fmt: skip


CATALOGUE: Final = Subject(
    key="catalogue",
    label=N_("派单目录"),
    about=N_("事项 × 地点 → 主办、协办、依据、有效期。越具体的行越优先。"),
    group=N_("派单规则"),
    order=40,
    permission="admin.catalogue",
    table="catalogue_line",
    columns=_columns(),
    natural=("code",),
    searched=("matter_spelt", "others_spelt"),
    source=_SOURCE,
    title=_title,
    removal=Removal.END,
    check=check,
    after=_after,
    consequences=Told(foresee),
    writer=LineWriter(),
    actions=_actions,
    pages=(
        Action(N_("空缺和重叠"), "/admin/catalogue-gaps"),
        Action(N_("试一试"), "/admin/catalogue-trial"),
    ),
)
