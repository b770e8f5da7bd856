"""The files of this folder as rows for the tables: trees with paths, inherited cells, derived English names. Pure."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from routing.spelling import romanised

HERE = Path(__file__).parent
ROOT_UNIT = "TJ"
OFFICE_HOURS = "工作日 08:30–18:00"
ROUND_THE_CLOCK = "24 小时"
#: Endings of street-level areas and how English names them; others are spelt whole.
ENDINGS = {"街道": "Subdistrict", "镇": "Town", "乡": "Township"}


@dataclass(frozen=True, slots=True)
class UnitSeed:
    """`under` is the parent's code; `path` the codes from the root down, this one included."""

    code: str
    name: str
    name_en: str
    kind: str
    under: str
    path: str
    function: str = ""
    district: str = ""
    street: str = ""
    hours: str = OFFICE_HOURS

    @property
    def level(self) -> int:
        return self.path.count("/") - 2


@dataclass(frozen=True, slots=True)
class StreetSeed:
    code: str
    name: str
    name_en: str
    district: str
    district_name: str
    district_name_en: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class MatterSeed:
    code: str
    name: str
    name_en: str
    leaf: bool
    path_name: str
    path_name_en: str
    kind: str
    urgency: int
    confidential: bool
    no_push_down: bool
    follow_up: str
    questions: tuple[str, ...] = ()

    @property
    def parent_code(self) -> str:
        return self.code[:-2]

    @property
    def level(self) -> int:
        return len(self.code) // 2


@dataclass(frozen=True, slots=True)
class LineSeed:
    """`lead` is a unit's code or a notation of `routing.rules`."""

    code: str
    matter: str
    lead: str
    district: str = ""
    street: str = ""
    assists: tuple[str, ...] = ()
    legal_basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class LimitSeed:
    kind: str
    urgency: int
    clock: str
    amount: int
    unit: str
    version: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass
class _Tree:
    """Units by code in the order they were hung in, each below one that is there already."""

    units: dict[str, UnitSeed] = field(default_factory=dict)

    def hang(self, code: str, name: str, name_en: str, *, kind: str, under: str = "", **rest: str) -> None:
        above = self.units[under].path if under else "/"
        self.units[code] = UnitSeed(code, name, name_en, kind, under, f"{above}{code}/", **rest)


def rows(name: str) -> list[dict[str, str]]:
    """A file's rows; cells without blanks around them."""
    with (HERE / name).open(encoding="utf-8-sig", newline="") as file:
        return [{key: (cell or "").strip() for key, cell in row.items()} for row in csv.DictReader(file)]


def districts() -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["name"], row["name_en"]) for row in rows("districts.csv")}


@cache
def streets() -> tuple[StreetSeed, ...]:
    known = districts()
    return tuple(
        StreetSeed(
            row["code"],
            row["name"],
            row["name_en"] or street_in_english(row["name"]),
            row["district"],
            *known[row["district"]],
            float(row["lon"]) if row["lon"] else None,
            float(row["lat"]) if row["lat"] else None,
        )
        for row in rows("streets.csv")
    )


def street_in_english(name: str) -> str:
    """`王顶堤街道` → `Wangdingdi Subdistrict`."""
    for ending, english in ENDINGS.items():
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return f"{romanised(name.removesuffix(ending))} {english}"
    return romanised(name)


@cache
def units() -> tuple[UnitSeed, ...]:
    """The whole tree, parents before children: city, departments, agencies, districts, bureaus, street offices."""
    tree = _Tree()
    tree.hang(ROOT_UNIT, "天津市人民政府", "Tianjin Municipal Government", kind="city", hours=ROUND_THE_CLOCK)
    for row in rows("departments.csv"):
        tree.hang(
            row["code"], row["name"], row["name_en"],
            kind="department", under=ROOT_UNIT, function=row["function"], hours=row["hours"],
        )  # fmt: skip
    for row in rows("agencies.csv"):
        tree.hang(
            row["code"], row["name"], row["name_en"], kind=row["kind"], under=row["under"],
            function=row["function"], district=row["district"], hours=row["hours"],
        )  # fmt: skip
    for code, (name, name_en) in districts().items():
        tree.hang(
            district_unit(code), f"{name}热线办", f"{name_en} Hotline Office",
            kind="district", under=ROOT_UNIT, district=code, hours=ROUND_THE_CLOCK,
        )  # fmt: skip
        _bureaus(tree, code, name, name_en)
    for street in streets():
        tree.hang(
            f"S{street.code}", _office(street.name), f"{street.name_en} Office",
            kind="street", under=district_unit(street.district), district=street.district, street=street.code,
            hours=ROUND_THE_CLOCK,
        )  # fmt: skip
    return tuple(tree.units.values())


def district_unit(district: str) -> str:
    return f"D{district}"


def _bureaus(tree: _Tree, district: str, name: str, name_en: str) -> None:
    for row in rows("bureaus.csv"):
        if row["districts"] and district not in row["districts"].split():
            continue
        under = district_unit(district) + (f"-{row['under']}" if row["under"] else "")
        tree.hang(
            f"{district_unit(district)}-{row['code']}",
            row["name"].format(d=name, e=name_en),
            row["name_en"].format(d=name, e=name_en),
            kind="bureau", under=under, function=row["function"], district=district, hours=row["hours"],
        )  # fmt: skip


def _office(street: str) -> str:
    """The name of the office that runs a street-level area."""
    if street.endswith("街道"):
        return f"{street}办事处"
    if street.endswith(("镇", "乡")):
        return f"{street}政府"
    return street if street.endswith("中心") else f"{street}管委会"


@cache
def matters() -> tuple[MatterSeed, ...]:
    """The tree in code order; blank cells are the parent's."""
    source = rows("matters.csv")
    parents = {row["code"][:-2] for row in source}
    found: dict[str, MatterSeed] = {}
    for row in source:
        above = found.get(row["code"][:-2])
        matter = MatterSeed(
            row["code"], row["name"], row["name_en"], row["code"] not in parents,
            *_paths(row["name"], row["name_en"], above),
            kind=row["kind"] or (above.kind if above else "help"),
            urgency=int(row["urgency"] or (above.urgency if above else 3)),
            confidential=_flag(row["confidential"], above is not None and above.confidential),
            no_push_down=_flag(row["no_push_down"], above is not None and above.no_push_down),
            follow_up=row["follow_up"] or (above.follow_up if above else "must"),
            questions=_questions(row["questions"]) or (above.questions if above else ()),
        )  # fmt: skip
        found[matter.code] = matter
    return tuple(found.values())


def _paths(name: str, name_en: str, above: MatterSeed | None) -> tuple[str, str]:
    """The top level is left out of a leaf's path: `供热 › 不热` is how agents say it."""
    if above is None or above.level == 1:
        return name, name_en
    return f"{above.path_name} › {name}", f"{above.path_name_en} › {name_en}"


def _flag(cell: str, inherited: bool) -> bool:
    return cell == "1" if cell else inherited


def _questions(cell: str) -> tuple[str, ...]:
    return tuple(question.strip() for question in cell.split(";") if question.strip())


@cache
def catalogue() -> tuple[LineSeed, ...]:
    return tuple(
        LineSeed(
            row["code"], row["matter"], row["lead"], row["district"], row["street"],
            tuple(row["assists"].split()), row["legal_basis"], _day(row["valid_from"]), _day(row["valid_to"]),
        )
        for row in rows("catalogue.csv")
    )  # fmt: skip


@cache
def limits() -> tuple[LimitSeed, ...]:
    return tuple(
        LimitSeed(
            row["kind"], int(row["urgency"]), row["clock"], int(row["amount"]), row["unit"], row["version"],
            _day(row["valid_from"]), _day(row["valid_to"]),
        )
        for row in rows("limits.csv")
    )  # fmt: skip


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None
