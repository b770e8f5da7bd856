"""Reference data for programs: units, matters, streets, limits, the calendar. All with an `ETag`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core import clock
from core.access import signed_in
from core.api.operations import Call, reads
from core.fields import Field
from core.i18n import N_
from routing import matters, places, units
from routing.rulebook import MatterRow, StreetRow, UnitRow, rulebook

REFERENCE = N_("基础数据")
_MOST_FOUND = 50
_CACHED = N_("带 ETag：用 If-None-Match 再问，没变就回 304。")


class Unit(msgspec.Struct):
    id: Annotated[int, Meta(description=N_("派单时用它"), examples=[12])]
    code: Annotated[str, Meta(examples=["D120104-GR"])]
    name: Annotated[str, Meta(examples=["南开区供热办"])]
    name_en: str
    kind: str
    district: str
    valid_from: date | None
    valid_to: Annotated[date | None, Meta(description=N_("最后一天；之后不再派给它"))]


class Matter(msgspec.Struct):
    code: Annotated[str, Meta(examples=["030101"])]
    leaf: Annotated[bool, Meta(description=N_("登记时选的是树叶"))]
    name: str
    path_name: Annotated[str, Meta(examples=["公用事业 › 供热 › 不热"])]
    path_name_en: str
    kind: str
    urgency: int
    confidential: bool
    follow_up: str
    questions: Annotated[list[str], Meta(description=N_("要问市民的"))]


class Street(msgspec.Struct):
    code: Annotated[str, Meta(examples=["120104009"])]
    name: Annotated[str, Meta(examples=["华苑街道"])]
    name_en: str
    district: str
    district_name: str
    district_name_en: str


class Limit(msgspec.Struct):
    kind: Annotated[str, Meta(description=N_("诉求类型，* 是任何类型"))]
    urgency: int
    clock: Annotated[str, Meta(examples=["close"])]
    amount: int
    unit: Annotated[str, Meta(description=N_("min、hour、workday 或 times"))]
    version: str
    valid_from: date | None
    valid_to: date | None


class Day(msgspec.Struct):
    day: date
    kind: Annotated[str, Meta(description=N_("off 放假，work 调休上班"))]
    name: str
    name_en: str


@dataclass(frozen=True)
class Find:
    q: Annotated[
        str, Field(N_("几个字、拼音、首字母或代码；不给就是全部"), "text", most=64, required=False)
    ] = ""


@dataclass(frozen=True)
class Year:
    year: Annotated[int, Field(N_("哪一年"), "number", least=2000, most=2100, example=2026)]


@reads(
    "/api/v1/units",
    signed_in,
    N_("单位"),
    tag=REFERENCE,
    given=Find,
    gives=list[Unit],
    cached=True,
    more=_CACHED,
)
async def all_units(call: Call[Find]) -> list[Unit]:
    book, today = await rulebook(), clock.local(call.now).date()
    found: Iterable[UnitRow] = sorted(book.units.values(), key=lambda unit: unit.code)
    if call.given.q:
        found = [hit.unit for hit in await units.units(call.given.q, today, _MOST_FOUND)]
    return [_made(Unit, row) for row in found]


@reads(
    "/api/v1/matters", signed_in, N_("事项"), tag=REFERENCE, given=Find, gives=list[Matter], cached=True,
    more=_CACHED,
)  # fmt: skip
async def all_matters(call: Call[Find]) -> list[Matter]:
    book = await rulebook()
    found: Iterable[MatterRow] = sorted(book.matters.values(), key=lambda matter: matter.code)
    if call.given.q:
        found = [hit.matter for hit in await matters.matters(call.given.q, _MOST_FOUND)]
    return [_made(Matter, row) for row in found]


@reads(
    "/api/v1/streets", signed_in, N_("街道"), tag=REFERENCE, given=Find, gives=list[Street], cached=True,
    more=_CACHED,
)  # fmt: skip
async def all_streets(call: Call[Find]) -> list[Street]:
    book = await rulebook()
    found: Iterable[StreetRow] = sorted(book.streets.values(), key=lambda street: street.code)
    if call.given.q:
        found = [hit.street for hit in await places.streets(call.given.q, _MOST_FOUND)]
    return [_made(Street, row) for row in found]


@reads("/api/v1/limits", signed_in, N_("时限表"), tag=REFERENCE, gives=list[Limit], cached=True, more=_CACHED)
async def all_limits(call: Call[Any]) -> list[Limit]:
    return [
        Limit(
            row.kind, row.urgency, row.clock, row.limit.amount, row.limit.unit, row.limit.version, row.valid_from,
            row.valid_to,
        )
        for row in (await rulebook()).limits.rows
    ]  # fmt: skip


@reads(
    "/api/v1/calendar", signed_in, N_("一年里的放假和调休"), tag=REFERENCE, given=Year, gives=list[Day], cached=True,
    more=_CACHED,
)  # fmt: skip
async def of_year(call: Call[Year]) -> list[Day]:
    calendar = (await rulebook()).calendar
    return [Day(d.day, d.kind, d.name, d.name_en) for d in calendar.days if d.day.year == call.given.year]


routes: list[Any] = [all_units, all_matters, all_streets, all_limits, of_year]


def _made(shape: Any, row: Any) -> Any:
    values = {name: getattr(row, name) for name in shape.__struct_fields__}
    return shape(
        **{name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    )
