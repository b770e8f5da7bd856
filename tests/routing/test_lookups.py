"""Look-ups over the seeded tables."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from core import db
from routing import rulebook
from routing.matters import children, matters
from routing.places import districts, place_name, streets
from routing.units import above, below, unit_by_code, units

ON = date(2026, 11, 24)


@pytest.fixture(autouse=True)
async def fresh(database: str) -> AsyncIterator[None]:
    rulebook.forget()
    yield
    rulebook.forget()


async def test_a_matter_comes_with_what_choosing_it_sets() -> None:
    first = (await matters("grb"))[0]
    assert (first.matter.code, first.matter.urgency, first.matter.kind) == ("030101", 2, "help")
    assert "室温多少度？" in first.matter.questions


async def test_only_leaves_are_found() -> None:
    assert all(found.matter.leaf for found in await matters("03", 100))


async def test_the_tree_is_walked_level_by_level() -> None:
    assert len(await children()) == 21
    assert [matter.name for matter in await children("03")][:2] == ["供热", "供水"]
    assert (await children("0301"))[0].code == "030101"


async def test_a_street_is_found_with_its_district() -> None:
    first = (await streets("nkwdd"))[0]
    assert (first.street.code, first.hit.text) == ("120104009", "南开区 · 王顶堤街道")
    assert [found.street.code for found in await streets("wdd", district="120101")] == ["120101003"]


async def test_places_have_names_in_both_languages() -> None:
    assert await place_name("120104009") == "南开区王顶堤街道"
    assert await place_name("120104009", english=True) == "Wangdingdi Subdistrict, Nankai District"
    assert await place_name("999") == ""
    assert (await districts())["120104"] == ("南开区", "Nankai District")


async def test_a_unit_comes_with_where_it_hangs() -> None:
    first = (await units("nkqgrb", ON))[0]
    assert (first.unit.name, first.under) == ("南开区供热办", ("南开区热线办", "南开区城市管理委"))


async def test_units_are_narrowed_by_kind_subtree_and_exclusion() -> None:
    nankai, heating = await unit_by_code("D120104"), await unit_by_code("D120104-GR")
    assert nankai is not None
    assert heating is not None
    assert {found.unit.kind for found in await units("wdd", ON, kinds=("street",))} == {"street"}
    assert {found.unit.district for found in await units("cs", ON, 50, below=nankai.id)} == {"120104"}
    found = await units("南开区供热办", ON, without=(heating.id,))
    assert heating.id not in [other.unit.id for other in found]


async def test_a_closed_unit_is_not_offered() -> None:
    await db.execute("UPDATE unit SET valid_to = '2026-11-23' WHERE code = 'D120104-GR'")
    assert "南开区供热办" not in [found.unit.name for found in await units("南开区供热办", ON)]


async def test_ancestors_and_subtree_follow_the_path() -> None:
    heating, nankai = await unit_by_code("D120104-GR"), await unit_by_code("D120104")
    assert heating is not None
    assert nankai is not None
    assert [unit.code for unit in await above(heating.id)] == ["TJ", "D120104", "D120104-CG"]
    assert heating.id in await below(nankai.id)
    assert await below(0) == frozenset()
    assert await above(0) == []
