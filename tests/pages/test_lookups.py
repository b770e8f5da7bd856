"""What other desks fetch of floor 1: options for a few letters, and the suggested unit."""

import re

import pytest

from tests.people import Hire


def values(html: str) -> list[str]:
    return re.findall(r'data-value="([^"]*)"', html)


@pytest.mark.parametrize(
    ("typed", "marked"),
    [("grbr", "供热"), ("gongrebure", "供热"), ("不热", "不热"), ("030101", "030101")],
)
async def test_a_matter_is_found_and_says_what_it_sets(officer: Hire, typed: str, marked: str) -> None:
    html = (await (await officer("agent")).get("/matters", params={"q": typed})).text
    assert values(html)[0] == "030101"
    assert f"<mark>{marked}</mark>" in html
    assert "P2 · 24 小时" in html
    assert 'data-urgency="2"' in html


async def test_a_matter_reads_english_in_english(officer: Hire) -> None:
    alice = await officer("agent")
    alice.client.cookies.set("locale", "en")
    html = (await alice.get("/matters?q=heat")).text
    assert "<mark>Heat</mark>ing" in html
    assert "24 hours" in html


async def test_a_street_is_found_within_its_district_only(officer: Hire) -> None:
    alice = await officer("agent")
    assert values((await alice.get("/streets?q=wangdd")).text)[0] == "120104009"
    assert values((await alice.get("/streets?q=wangdd&district=120101")).text) == []


async def test_a_unit_is_found_by_name_and_left_out_when_asked(officer: Hire) -> None:
    bob = await officer("dispatcher")
    html = (await bob.get("/units", params={"q": "南开区供热办"})).text
    found = values(html)
    assert "供热办" in re.sub(r"<.*?>", "", html)
    assert found[0] not in values(
        (await bob.get("/units", params={"q": "南开区供热办", "without": found[0]})).text
    )


async def test_nothing_typed_finds_nothing(officer: Hire) -> None:
    assert values((await (await officer("agent")).get("/matters?q=")).text) == []


async def test_the_suggested_unit_comes_with_a_share_a_word_and_a_reason(officer: Hire) -> None:
    alice = await officer("agent")
    html = (await alice.get("/suggestion?matter=030101&street=120104009&take=true")).text
    for words in (
        "南开区供热办",
        "90%",
        "把握高",
        "派单目录 0301",
        "协办：",
        "不采用，交派单台",
        "data-sure",
    ):
        assert words in html
    left = (await alice.get("/suggestion?matter=030101&street=120104009&take=true&taken=false")).text
    assert 'data-take="1"' in left


async def test_what_is_missing_is_asked_for(officer: Hire) -> None:
    alice = await officer("agent")
    assert 'data-ask="matter"' in (await alice.get("/suggestion")).text
    assert 'data-ask="street"' in (await alice.get("/suggestion?matter=030101")).text


async def test_strangers_look_nothing_up(client) -> None:  # type: ignore[no-untyped-def]
    for path in ("/matters?q=gr", "/units?q=gr", "/suggestion?matter=030101"):
        assert (await client.get(path, headers={"HX-Request": "true"})).status_code == 401
