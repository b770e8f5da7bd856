"""What a message is about, by its own words."""

from __future__ import annotations

import csv

import pytest

from core.settings import ROOT
from routing import guess
from routing.placeless import lead_anywhere
from tests.crm.cast import NOW


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "routing" / "seed" / name).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize(
    ("title", "content", "matter"),
    [
        ("小区路灯不亮", "门口的路灯坏了两周。", "010203"),
        ("咨询公积金提取", "租房怎样提取住房公积金？", "160201"),
        ("投诉补课", "某中学暑假强制补课，收取补课费。", "090203"),
        ("", "村里的养猪场太臭，夏天开不了窗。", "130803"),
        ("请求道路硬化", "我们组还是泥巴路，下雨无法出行。", "130201"),
    ],
)
def test_plain_cases(title: str, content: str, matter: str) -> None:
    found = guess.matter(title, content)
    assert found is not None
    assert found.matter == matter
    assert found.words


def test_the_title_weighs_more_than_a_passing_word() -> None:
    found = guess.matter("小区电梯经常停梯", "医院旁边的小区，电梯三天两头坏，物业不修。")
    assert found is not None
    assert found.matter.startswith("0201")


def test_silence_is_no_guess() -> None:
    assert guess.matter("你好", "在吗") is None


@pytest.mark.parametrize(
    ("title", "usual", "kind"),
    [("请问怎么办理", "help", "consult"), ("举报偷排", "complaint", "report"), ("建议增加座椅", "help", "suggestion"),
     ("投诉物业", "help", "complaint"), ("路灯不亮", "help", "help"), ("", "", "help")],
)  # fmt: skip
def test_the_kind_follows_the_title_s_words(title: str, usual: str, kind: str) -> None:
    assert guess.kind(title, usual) == kind


def test_every_code_of_the_table_is_a_matter_or_a_group() -> None:
    matters = {row["code"] for row in rows("matters.csv")}
    table = rows("matter_words.csv")
    assert {row["matter"] for row in table} <= matters
    assert all(len(row["matter"]) in (4, 6) for row in table)
    assert {row["usual"] for row in table if row["usual"]} <= matters
    assert all(f"{row['matter']}01" in matters for row in table if len(row["matter"]) == 4)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("matter", "unit", "stands_in"),
    [("010203", "市路灯管理处", False), ("010101", "市城市管理委", True), ("010103", "市城市管理委", True),
     ("030301", "市工业和信息化局", True), ("200301", "市政务服务办", True)],
)  # fmt: skip
async def test_a_matter_without_a_place_goes_to_the_city_s_department(
    matter: str, unit: str, stands_in: bool
) -> None:
    lead = await lead_anywhere(matter, NOW.date())
    assert lead is not None
    assert lead.unit_name == unit
    assert ("地点不明" in lead.reason) is stands_in


@pytest.mark.usefixtures("database")
async def test_every_matter_has_a_lead_somewhere() -> None:
    leaves = [row["code"] for row in rows("matters.csv") if len(row["code"]) == 6]
    assert [code for code in leaves if await lead_anywhere(code, NOW.date()) is None] == []
