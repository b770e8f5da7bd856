"""单位: the tree of units. A unit is never deleted once it had work: it ends, and a successor inherits (succession.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from core import clock, db
from core.admin.columns import Column, Refers, Values
from core.admin.subjects import Action, Complaints, Removal, Subject, World
from core.admin.writing import RowChange, TableWriter, insert, update, with_ids
from core.db import Tx
from core.errors import Invalid, Refused
from core.i18n import N_, _
from core.privacy import mask_phone, seal
from routing import rulebook
from routing.admin.open_work import open_work
from routing.spelling import spell

KINDS: Final = (
    ("city", N_("市政府")), ("department", N_("市级部门")), ("agency", N_("市级机构")), ("district", N_("区热线办")),
    ("bureau", N_("区级部门")), ("street", N_("街道办、乡镇")), ("utility", N_("公用企业")), ("hotline", N_("热线中心")),
)  # fmt: skip
#: SELECT of what a reference to a unit may hold; all, for history is kept.
UNIT_CODES: Final = "SELECT code AS value, name AS word, name_en AS word_en FROM unit ORDER BY path"
DISTRICTS: Final = """SELECT DISTINCT district AS value, district_name AS word, district_name_en AS word_en
    FROM street ORDER BY 1"""
STREETS: Final = """SELECT code AS value, district_name || ' · ' || name AS word, name_en AS word_en
    FROM street ORDER BY code"""
_SOURCE: Final = """
    SELECT u.id, u.code, u.name, u.name_en, u.kind, u.function, p.code AS parent, u.district, u.street, u.duty_phone,
           u.hours, u.valid_from, u.valid_to, h.code AS successor, u.path, u.level, u.pinyin, u.initials,
           (SELECT string_agg(n.name || ' (– ' || n.until || ')', '；' ORDER BY n.until) FROM unit_name n
            WHERE n.unit = u.id) AS former
    FROM unit u LEFT JOIN unit p ON p.id = u.parent LEFT JOIN unit h ON h.id = u.successor"""
#: Paths and levels follow from the parents.
_HANG: Final = """
    WITH RECURSIVE tree AS (
        SELECT id, '/' || code || '/' AS path, 0 AS level FROM unit WHERE parent IS NULL
        UNION ALL
        SELECT u.id, tree.path || u.code || '/', tree.level + 1 FROM unit u JOIN tree ON u.parent = tree.id)
    UPDATE unit SET path = tree.path, level = tree.level FROM tree
    WHERE unit.id = tree.id AND (unit.path, unit.level) IS DISTINCT FROM (tree.path, tree.level::smallint)"""


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    """One root, no unit below itself, dates in order, a unit that ends has open ones below it no more."""
    parents = {str(values["code"]): str(values["parent"] or "") for values in world.values()}
    living = {str(v["parent"]) for v in world.values() if v["parent"] and v["valid_to"] is None}
    found: Complaints = {}
    for row in touched:
        values, wrong = world[row], dict[str, str]()
        if _is_below_itself(str(values["code"]), parents):
            wrong["parent"] = _("一个单位不能挂在自己下面。")
        elif not values["parent"] and sum(not parent for parent in parents.values()) > 1:
            wrong["parent"] = _("选一个上级单位；只有最上面的一个没有上级。")
        if values["valid_from"] and values["valid_to"] and values["valid_to"] < values["valid_from"]:
            wrong["valid_to"] = _("止不能早于起。")
        elif values["valid_to"] and values["code"] in living:
            wrong["valid_to"] = _("它下面还有单位，先把它们挂到别处，或者用“撤并”一并转移。")
        if wrong:
            found[row] = wrong
    return found


def _is_below_itself(code: str, parents: Mapping[str, str]) -> bool:
    above, met = parents.get(code, ""), {code}
    while above:
        if above in met:
            return True
        met.add(above)
        above = parents.get(above, "")
    return False


class UnitWriter(TableWriter):
    """Parent, path, spelling, sealed phone and former names follow from what was typed."""

    async def write(
        self, t: Tx, subject: Subject, changes: Sequence[RowChange], *, now: datetime
    ) -> list[RowChange]:
        numbered = await with_ids(t, "unit", changes)
        for change in numbered:
            if change.after is None:
                await t.execute("DELETE FROM unit_name WHERE unit = $1", change.id)
                await t.execute("DELETE FROM unit WHERE id = $1", change.id)
            elif change.before is None:
                await insert(t, "unit", {"id": change.id, **await self.row(t, subject, change)})
            else:
                await update(t, "unit", change.id, await self.row(t, subject, change))
                await _keep_name(t, change, clock.local(now).date())
        await _link(t, numbered)
        return numbered

    async def row(self, t: Tx, subject: Subject, change: RowChange) -> Values:
        found = await super().row(t, subject, change)
        found.pop("parent", None)
        if "duty_phone" in found:
            found["duty_phone"] = seal(found["duty_phone"]) if found["duty_phone"] else None
        if "name" in found:
            found["pinyin"], found["initials"] = spell(found["name"])
        return found


async def _keep_name(t: Tx, change: RowChange, today: date) -> None:
    """Renamed: the old name holds until yesterday. Back to it the same day: it was never another."""
    before, after = change.before or {}, change.after or {}
    if before.get("name") == after.get("name"):
        return
    until = today - timedelta(days=1)
    again = await t.execute(
        "DELETE FROM unit_name WHERE unit = $1 AND name = $2 AND until = $3", change.id, after["name"], until
    )
    if again == "DELETE 0":
        await insert(
            t, "unit_name",
            {"unit": change.id, "name": before["name"], "name_en": before["name_en"], "until": until},
        )  # fmt: skip


async def _link(t: Tx, changes: Sequence[RowChange]) -> None:
    """Parents and successors by code, then paths down the tree."""
    for column in ("parent", "successor"):
        for change in changes:
            if change.after is not None and column in change.changed:
                await t.execute(
                    f"UPDATE unit SET {column} = (SELECT id FROM unit WHERE code = $2) WHERE id = $1",
                    change.id, change.after[column] or "",
                )  # fmt: skip
    await t.execute(_HANG)


async def verify(t: Tx, changes: Sequence[RowChange]) -> None:
    """A unit with open work ends with a successor only; a succession is undone only while nothing has moved."""
    for change in changes:
        before, after = change.before or {}, change.after or {}
        ends = after.get("valid_to") and not before.get("valid_to") and not after.get("successor")
        if ends and (n := (await open_work([change.id])).get(change.id, 0)):
            says = _("它还有 {n} 张在办的承办单，请用“撤并”指定由谁承接。").format(n=n)
            raise Invalid({"valid_to": says})
        if before.get("successor") and not after.get("successor"):
            await _take_back(t, change.id)


async def _take_back(t: Tx, unit: int) -> None:
    moved = await t.fetchval("SELECT sum(moved) FROM unit_succession WHERE unit = $1", unit)
    if moved:
        raise Refused(
            _("已有 {n} 张承办单转到继任单位，不能撤销；需要时请再做一次撤并转回。").format(n=moved),
            code="moved",
        )
    await t.execute("DELETE FROM unit_succession WHERE unit = $1", unit)


async def after(t: Tx, changes: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")
    rows = await t.fetch(
        "SELECT DISTINCT account FROM post WHERE unit = ANY($1::int[])", [c.id for c in changes]
    )
    t.changed(*(f"account:{row['account']}" for row in rows))


async def in_use(ids: Sequence[int]) -> dict[int, list[str]]:
    rows = await db.fetch(
        """SELECT u.id, (SELECT count(*) FROM post p WHERE p.unit = u.id) AS posts,
                  (SELECT count(*) FROM unit c WHERE c.parent = u.id) AS below,
                  (SELECT count(*) FROM catalogue_line l WHERE l.lead_unit_code = u.code OR u.code = ANY(l.assists))
                      AS lines,
                  (SELECT count(*) FROM unit s WHERE s.successor = u.id) AS succeeded
           FROM unit u WHERE u.id = ANY($1::int[])""",
        list(ids),
    )
    open_now, ever = await open_work(list(ids)), await open_work(list(ids), ever=True)
    found = {}
    for row in rows:
        counts = (
            (row["posts"], _("{n} 个岗位")), (row["below"], _("{n} 个下级单位")), (row["lines"], _("{n} 条派单目录")),
            (row["succeeded"], _("承接过 {n} 个单位")), (open_now.get(row["id"], 0), _("{n} 张在办承办单")),
            (ever.get(row["id"], 0), _("前后 {n} 张承办单")),
        )  # fmt: skip
        found[row["id"]] = [words.format(n=n) for n, words in counts if n]
    return found


def actions(row: int, values: Values) -> Sequence[Action]:
    return () if values["successor"] else (Action(N_("撤并…"), f"/units/{row}/succession"),)


def ended(values: Values, heir: str, last: date) -> Values:
    """The unit's values once `heir` (a code) succeeds it after the day `last`."""
    return {**values, "valid_to": last, "successor": heir}


UNITS: Final = Subject(
    key="units",
    label=N_("单位"),
    about=N_("承办单位的树：名称、上级、值守电话、撤并与继任。改名后旧单仍按旧名可查。"),
    group=N_("单位与人员"),
    order=10,
    table="unit",
    source=_SOURCE,
    natural=("code",),
    sorted_by=("path",),
    searched=("pinyin", "initials", "former"),
    depth="level",
    title=lambda values: str(values["name"]),
    columns=(
        Column("name", N_("名称"), required=True, most=60, searched=True),
        Column("code", N_("代码"), required=True, fixed=True, pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}",
               pattern_says=N_("只用字母、数字、- 和 _。"), searched=True),
        Column("kind", N_("类别"), kind="choice", required=True, choices=KINDS, filtered=True),
        Column("parent", N_("上级单位"), kind="reference", refers=Refers(UNIT_CODES, "units")),
        Column("district", N_("区"), kind="reference", refers=Refers(DISTRICTS), filtered=True, listed=False),
        Column("street", N_("街道"), kind="reference", refers=Refers(STREETS), listed=False),
        Column("function", N_("职能"), most=60, hint=N_("派单目录按它找本区的部门")),
        Column("duty_phone", N_("值守电话"), mask=mask_phone, pattern=r"[0-9+ -]{3,20}",
               pattern_says=N_("只填电话号码。")),
        Column("hours", N_("值守时段"), most=60),
        Column("name_en", N_("英文名称"), most=120, searched=True, listed=False),
        Column("valid_from", N_("有效期起"), kind="day", listed=False),
        Column("valid_to", N_("有效期止"), kind="day", hint=N_("最后一天，含当天"), listed=False),
        Column("successor", N_("继任单位"), by_verb=True),
        Column("former", N_("曾用名"), derived=True, listed=False),
    ),
    removal=Removal.NEVER,
    check=check,
    verify=verify,
    after=after,
    in_use=in_use,
    writer=UnitWriter(),
    actions=actions,
)  # fmt: skip
