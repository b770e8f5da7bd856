"""The reference data as shipped: whole, consistent, and such that every matter finds its lead everywhere."""

from collections import Counter
from datetime import date

import pytest

from routing.rules import BUREAU, DISTRICT, EVERY, STREET, Book, Line, Office, needs_place, resolve
from routing.seed import sources
from routing.spelling import syllables

ON = date(2026, 11, 24)
UNITS = {unit.code: unit for unit in sources.units()}
MATTERS = {matter.code: matter for matter in sources.matters()}
LEAVES = [matter for matter in MATTERS.values() if matter.leaf]
STREETS = [street.code for street in sources.streets()]


def shipped_book() -> Book:
    lines = (
        Line(
            s.code, s.matter, s.lead, s.district, s.street, s.assists, s.legal_basis, s.valid_from, s.valid_to
        )
        for s in sources.catalogue()
    )
    offices = (Office(u.code, u.kind, u.function, u.district, u.street) for u in UNITS.values())
    return Book(lines, offices, (matter.code for matter in LEAVES if matter.no_push_down))


def test_the_tree_holds_at_least_971_units() -> None:
    assert len(UNITS) >= 971
    kinds = Counter(unit.kind for unit in UNITS.values())
    assert (kinds["department"], kinds["district"], kinds["street"]) == (46, 16, 299)
    assert kinds["agency"] + kinds["utility"] + kinds["hotline"] == 218


def test_every_path_is_its_parents_with_its_own_code() -> None:
    for unit in UNITS.values():
        above = UNITS[unit.under].path if unit.under else "/"
        assert unit.path == f"{above}{unit.code}/"
        assert UNITS[sources.ROOT_UNIT].path in unit.path


def test_no_two_units_share_a_name() -> None:
    names = Counter((unit.name, unit.district) for unit in UNITS.values())
    assert [name for name, n in names.items() if n > 1] == []


def test_every_unit_street_and_matter_has_an_english_name() -> None:
    named = [*UNITS.values(), *sources.streets(), *MATTERS.values()]
    assert [
        row.code for row in named if not row.name_en or (not row.name_en.isascii() and "é" not in row.name_en)
    ] == []


def test_the_matter_tree_is_deep_and_wide_enough() -> None:
    levels = Counter(matter.level for matter in MATTERS.values())
    assert levels[1] >= 20
    assert len(LEAVES) >= 480
    assert {matter.level for matter in LEAVES} == {3}
    assert all(matter.parent_code in MATTERS for matter in MATTERS.values() if matter.level > 1)


def test_heating_has_the_leaves_agents_know_by_number() -> None:
    assert MATTERS["030101"].path_name == "供热 › 不热"
    assert (MATTERS["030101"].urgency, MATTERS["030101"].kind) == (2, "help")
    names = [matter.name for matter in LEAVES if matter.parent_code == "0301"]
    assert {"不热", "停供", "漏损", "收费", "报装", "补贴申领", "表计不准"} <= set(names)


def test_each_leaf_sets_what_choosing_it_must_set() -> None:
    for matter in LEAVES:
        assert matter.kind in {"consult", "help", "complaint", "report", "suggestion", "praise"}, matter.code
        assert matter.urgency in {1, 2, 3, 4}, matter.code
        assert matter.follow_up in {"must", "sample", "none"}, matter.code
        assert 2 <= len(matter.questions) <= 5, matter.code


def test_reports_are_confidential_by_default() -> None:
    assert [matter.code for matter in LEAVES if matter.kind == "report" and not matter.confidential] == []


def test_every_name_has_a_syllable_for_each_letter() -> None:
    for name in [row.path_name for row in MATTERS.values()] + [row.name for row in UNITS.values()]:
        assert len(syllables(name)) == sum(char.isalnum() for char in name), name


def test_sibling_matters_differ_in_name() -> None:
    names = Counter((matter.parent_code, matter.name) for matter in MATTERS.values())
    assert [name for name, n in names.items() if n > 1] == []


def test_every_line_speaks_of_known_matters_places_and_units() -> None:
    functions = {unit.function for unit in UNITS.values() if unit.function and unit.district}
    districts = sources.districts()
    for line in sources.catalogue():
        assert line.matter in MATTERS or line.matter == EVERY, line.code
        assert not line.district or line.district in districts, line.code
        assert not line.street or (line.street in STREETS and line.street.startswith(line.district)), (
            line.code
        )
        for who in (line.lead, *line.assists):
            known = who in UNITS or who in {STREET, DISTRICT} or who.removeprefix(BUREAU) in functions
            assert known, f"{line.code}: {who}"


def test_every_leaf_has_one_existing_lead_in_every_street() -> None:
    book = shipped_book()
    for matter in LEAVES:
        for street in STREETS:
            found = resolve(matter.code, street, book, ON)
            assert found is not None, f"{matter.code} at {street}"
            assert found.lead in UNITS
            assert not found.rivals, f"{matter.code} at {street}: {found.line.code} and {found.rivals}"
            assert found.lead not in found.assists
            if matter.no_push_down:
                assert UNITS[found.lead].kind != "street", f"{matter.code} is pushed down to {street}"


def test_a_lead_is_never_in_another_district() -> None:
    book = shipped_book()
    for matter in LEAVES:
        for street in STREETS[::23]:
            found = resolve(matter.code, street, book, ON)
            assert found is not None
            assert UNITS[found.lead].district in {"", street[:6]}


def test_heating_in_nankai_goes_to_its_heating_office() -> None:
    found = resolve("030101", "120104008", shipped_book(), ON)
    assert found is not None
    assert UNITS[found.lead].name == "南开区供热办"
    assert UNITS[UNITS[found.lead].under].name == "南开区城市管理委"
    assert found.line.code == "PD-0301-120104"


def test_heating_in_nankai_went_to_its_bureau_before_november_2025() -> None:
    found = resolve("030101", "120104008", shipped_book(), date(2025, 10, 31))
    assert found is not None
    assert UNITS[found.lead].name == "南开区城市管理委"


def test_water_in_hexi_goes_to_the_utilitys_branch_there() -> None:
    found = resolve("030201", "120103003", shipped_book(), ON)
    assert found is not None
    assert UNITS[found.lead].name == "水务集团河西营销分公司"


def test_only_citywide_matters_do_without_a_place() -> None:
    book = shipped_book()
    asked = {matter.name: needs_place(matter.code, "", book, ON) for matter in LEAVES}
    assert (asked["有线电视"], asked["护照"], asked["不热"]) == (False, False, True)


def test_each_cell_of_the_limits_table_is_there_once() -> None:
    cells = Counter((limit.kind, limit.urgency, limit.clock, limit.version) for limit in sources.limits())
    assert max(cells.values()) == 1
    have = {cell[:3] for cell in cells}
    plain = {"dispatch", "sign", "contact", "return", "extension", "follow_up", "redo"}
    closing = {"consult", "help", "complaint", "report", "suggestion", "*"}
    wanted = {("*", u, clock) for u in (1, 2, 3, 4) for clock in plain}
    assert wanted | {(kind, u, "close") for kind in closing for u in (1, 2, 3, 4)} <= have


@pytest.mark.parametrize(
    ("kind", "urgency", "clock", "limit"),
    [
        ("*", 1, "sign", (15, "min")),
        ("*", 2, "sign", (30, "min")),
        ("*", 3, "sign", (1, "workday")),
        ("*", 2, "contact", (4, "hour")),
        ("help", 2, "close", (24, "hour")),
        ("complaint", 2, "close", (72, "hour")),
        ("report", 3, "close", (10, "workday")),
        ("consult", 4, "close", (5, "workday")),
        ("suggestion", 1, "close", (10, "workday")),
        ("*", 1, "dispatch", (5, "min")),
        ("*", 3, "dispatch", (4, "hour")),
        ("*", 4, "redo", (5, "workday")),
    ],
)
def test_limits_are_those_agreed(kind: str, urgency: int, clock: str, limit: tuple[int, str]) -> None:
    cells = {(row.kind, row.urgency, row.clock): (row.amount, row.unit) for row in sources.limits()}
    assert cells[kind, urgency, clock] == limit


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("王顶堤街道", "Wangdingdi Subdistrict"),
        ("新安镇", "Xinan Town"),
        ("良王庄乡", "Liangwangzhuang Township"),
    ],
)
def test_streets_are_named_in_english(name: str, english: str) -> None:
    assert sources.street_in_english(name) == english
