"""The suggestion as the desk gets it, from the seeded tables."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from core import db
from core.i18n import set_locale
from routing import rulebook
from routing.catalogue import lead_for
from routing.rulebook import bump
from routing.suggest import suggest
from routing.sureness import History

ON = date(2026, 11, 24)
NOT_WARM, PASSPORT, WANGDINGDI, JIALINGDAO = "030101", "050201", "120104009", "120104008"


@pytest.fixture(autouse=True)
async def fresh(database: str) -> AsyncIterator[None]:
    rulebook.forget()
    yield
    rulebook.forget()
    set_locale("zh_CN")


async def test_not_warm_in_nankai_names_the_heating_office_and_why() -> None:
    found = await lead_for(NOT_WARM, JIALINGDAO, ON, History(148, 2))
    assert found is not None
    assert (found.unit_name, found.line_code, found.confidence, found.word) == (
        "南开区供热办", "PD-0301-120104", 97, "高",
    )  # fmt: skip
    assert found.reason == (
        "派单目录 0301 供热 × 南开区（2025-11-01 起有效）。依据《天津市供热用热条例》。"
        "近 90 天同类 148 件，退单成立 2 件。"
    )


async def test_the_assists_are_units_of_the_place() -> None:
    found = await lead_for(NOT_WARM, WANGDINGDI, ON)
    assert found is not None
    names = await db.fetch("SELECT name FROM unit WHERE id = ANY($1) ORDER BY code", list(found.assists))
    assert [row["name"] for row in names] == ["能源集团热力南开分公司", "王顶堤街道办事处"]


async def test_the_reason_speaks_english_to_english_readers() -> None:
    set_locale("en")
    found = await lead_for(NOT_WARM, JIALINGDAO, ON)
    assert found is not None
    assert (found.unit_name, found.word) == ("Nankai District Heating Office", "high")
    assert found.reason.startswith(
        "Catalogue line 0301 Heating × Nankai District (valid from 1 Nov 2025). Basis:"
    )


async def test_without_a_street_a_matter_of_places_names_nobody() -> None:
    assert await lead_for("030107", "", ON) is None


async def test_a_district_line_keeps_the_citywide_one_from_being_suggested_without_a_place() -> None:
    assert await lead_for(PASSPORT, "", ON) is not None
    await db.execute(
        """INSERT INTO catalogue_line (code, matter_code, district, lead_function, assists)
           VALUES ('PD-NEW', '050201', '120116', 'bureau:公安', '{}')"""
    )
    rulebook.forget()
    assert await lead_for(PASSPORT, "", ON) is None
    assert await lead_for(PASSPORT, WANGDINGDI, ON) is not None


async def test_a_citywide_matter_needs_no_street() -> None:
    advice = await suggest(PASSPORT, "", ON)
    assert advice.unit is not None
    assert advice.unit.unit_name == "市公安局出入境管理总队"


async def test_the_desk_asks_for_what_is_missing() -> None:
    assert (await suggest("", "", ON)).ask == "matter"
    assert (await suggest("0301", WANGDINGDI, ON)).ask == "matter"
    assert (await suggest(NOT_WARM, "", ON)).ask == "street"
    assert (await suggest("010103", "120104", ON)).ask == "street"


async def test_advice_names_assists_and_the_second_choice() -> None:
    advice = await suggest(NOT_WARM, JIALINGDAO, ON)
    assert advice.unit is not None
    assert advice.at_once
    assert advice.assists == ("能源集团热力南开分公司",)
    assert advice.second == "南开区城市管理委"


async def test_a_line_that_keeps_coming_back_is_not_dispatched_at_once() -> None:
    advice = await suggest(NOT_WARM, JIALINGDAO, ON, History(40, 20))
    assert advice.unit is not None
    assert (advice.at_once, advice.unit.word) == (False, "低")


async def test_what_no_line_lists_falls_to_the_district_and_says_so() -> None:
    await db.execute("DELETE FROM catalogue_line WHERE matter_code LIKE '03%'")
    found = await lead_for(NOT_WARM, WANGDINGDI, ON)
    assert found is not None
    assert (found.unit_name, found.confidence, found.word) == ("南开区热线办", 40, "低")
    assert "由区里兜底" in found.reason


async def test_an_edited_line_counts_once_the_version_moved() -> None:
    before = await lead_for(NOT_WARM, JIALINGDAO, ON)
    await db.execute("UPDATE catalogue_line SET valid_to = '2026-06-30' WHERE code = 'PD-0301-120104'")
    await bump()
    rulebook._looked = 0.0  # as if the few seconds between two looks had passed
    after = await lead_for(NOT_WARM, JIALINGDAO, ON)
    assert before is not None
    assert after is not None
    assert (before.unit_name, after.unit_name) == ("南开区供热办", "南开区城市管理委")


async def test_tied_lines_are_named_and_lower_the_share() -> None:
    await db.execute(
        """INSERT INTO catalogue_line (code, matter_code, district, lead_unit_code, assists, valid_from)
           VALUES ('PD-NEW', '0301', '120104', 'CGW', '{}', '2025-06-01')"""
    )
    found = await lead_for(NOT_WARM, JIALINGDAO, ON)
    assert found is not None
    assert (found.unit_name, found.confidence, found.word) == ("南开区供热办", 74, "低")
    assert "PD-NEW" in found.reason
