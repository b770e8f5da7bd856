"""The supervisor's desk over HTTP: numbers, what is behind each, exports."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock, db
from crm.kpi import snapshots
from crm.kpi.rules import rules
from tests.crm.cast import unit_named
from tests.crm.kpi import days
from tests.pages.counting import counted
from tests.people import Hire, Visitor

HERE = ZoneInfo("Asia/Shanghai")
LINK = re.compile(r'<a href="(/supervise/rows\?[^"]+)">([\d,]+)</a>')


@pytest.fixture
async def counted_days(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small days of 24 and 25 November, lived and counted; it is the evening of the 25th."""
    await days.some_calls()
    await days.some_tickets()
    for back in range(3):
        await snapshots.take(
            days.LATER.astimezone(HERE).date() - timedelta(days=back), rules(), now=days.LATER
        )
    monkeypatch.setattr(clock, "now", lambda: days.LATER)


async def seen(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text[:400]
    return answer.text


@pytest.mark.parametrize("role", ["agent", "dispatcher", "reviewer", "unit_head", "kb_editor"])
async def test_others_do_not_come_in(officer: Hire, role: str) -> None:
    visitor = await officer(role)
    for path in ("", "/board", "/rows", "/export", "/rows/export"):
        assert (await visitor.get(f"/supervise{path}")).status_code == 403


async def test_before_anything_was_counted_the_page_says_so(officer: Hire) -> None:
    text = await seen(await officer("supervisor"), "/supervise")
    assert "还没有数过" in text
    assert "不足 30 件不评" in text


async def test_days_too_old_to_be_counted_by_themselves_say_who_can(officer: Hire) -> None:
    text = await seen(await officer("supervisor"), "/supervise?from=2020-05-01&to=2020-05-03")
    assert "hotline rates --since 2020-05-01" in text
    assert "请稍候" not in text


@pytest.mark.usefixtures("counted_days")
@pytest.mark.parametrize("by", ["line", "unit", "matter", "day"])
async def test_the_three_rates_stand_on_every_view(officer: Hire, by: str) -> None:
    text = await seen(await officer("supervisor"), f"/supervise?by={by}")
    for shown in ("75.00", "60.00", "33.33", "还差 1 通", "还差 2 件"):
        assert shown in text


@pytest.mark.usefixtures("counted_days")
async def test_every_number_opens_as_many_rows_as_it_says(officer: Hire) -> None:
    visitor = await officer("supervisor")
    unit = await unit_named("南开区供热办")
    pages = [
        "/supervise",
        f"/supervise?rate=on_time_closure&on={unit}",
        "/supervise?by=line&rate=connection&on=12345",
    ]
    links: dict[str, int] = {}
    for path in pages:
        text = await seen(visitor, path)
        for url, n in LINK.findall(text):
            links[html.unescape(url)] = int(n.replace(",", ""))
    assert len(links) > 40
    for url, n in links.items():
        text = await seen(visitor, url)
        assert len(re.findall(r"<tr", text.split("<tbody>", 1)[1])) == n if n else "这里没有" in text, url


@pytest.mark.usefixtures("counted_days")
async def test_the_tree_unfolds_and_sums_up(officer: Hire) -> None:
    visitor = await officer("supervisor")
    district = await db.fetchval("SELECT id FROM unit WHERE kind = 'district' AND name = '南开区热线办'")
    folded = await seen(visitor, "/supervise?by=unit")
    assert "南开区供热办" not in folded
    assert "和平区" in folded  # a class is shown whole
    unfolded = await seen(visitor, f"/supervise?by=unit&open={district}")
    assert "南开区城市管理委" in unfolded
    assert "南开区供热办" not in unfolded
    bureau = await unit_named("南开区城市管理委")
    assert "南开区供热办" in await seen(visitor, f"/supervise?by=unit&open={district}.{bureau}")
    assert 'aria-expanded="true"' in unfolded
    fold = f"fold-{district}"  # the page comes anew: the fragment keeps the keyboard where it was
    assert f'id="{fold}"' in folded
    assert f"open={district}#{fold}" in folded


@pytest.mark.usefixtures("counted_days")
async def test_the_drawer_shows_the_sum_the_exclusions_and_what_is_open(officer: Hire) -> None:
    district = await db.fetchval("SELECT id FROM unit WHERE kind = 'district' AND name = '南开区热线办'")
    text = await seen(await officer("supervisor"), f"/supervise?rate=follow_up&on={district}")
    for shown in (
        "南开区热线办 · 回访率 33.33%",
        "⌈3 × 98%⌉ − 1 = 3 − 1",
        "匿名",
        "无法联系",
        "未完成 2 件",
        "去回访台补 2 件",
    ):
        assert shown in text


@pytest.mark.usefixtures("counted_days")
async def test_narrowed_to_a_line_and_a_matter_the_numbers_follow(officer: Hire) -> None:
    visitor = await officer("supervisor")
    assert "100.00" in await seen(visitor, "/supervise?by=line&line=12319")
    assert "这一段没有可数的" in await seen(visitor, "/supervise?by=matter&matter=99")


@pytest.mark.usefixtures("counted_days")
async def test_narrowed_in_two_ways_also_what_is_not_kept_crossed_is_counted(officer: Hire) -> None:
    visitor = await officer("supervisor")
    unit = await unit_named("南开区供热办")
    text = await seen(visitor, f"/supervise?line=12345&rate=closure&on={unit}")
    assert "南开区供热办 · 办结率 80.00%" in text


@pytest.mark.usefixtures("counted_days")
async def test_exports_hold_what_one_sees(officer: Hire) -> None:
    visitor = await officer("supervisor")
    answer = await visitor.get("/supervise/export?by=day&format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["按日", "接通率 %", "分子", "分母"]
    assert next(row for row in rows if row[:1] and row[0].startswith("11-24"))[1:4] == ["75.0", "3", "4"]
    book = await visitor.get("/supervise/export?by=unit&format=xlsx")
    assert book.content[:2] == b"PK"
    facts = await visitor.get("/supervise/rows/export?rate=on_time_closure&of=missed&format=csv")
    assert len(facts.content.decode("utf-8-sig").splitlines()) == 3


async def test_odd_addresses_are_read_as_well_as_can_be(officer: Hire) -> None:
    visitor = await officer("supervisor")
    for query in (
        "from=2026-02-30&to=x", "from=2030-01-01&to=2020-01-01", "by=drop&class=table&unit=-1&matter=%27",
        "to=0001-01-01", "from=0001-01-01&to=0001-06-01", "rate=none&on=%00", "open=..." , "rate=follow_up&by=day&on=yesterday", "by=unit&rate=closure&on=own",
    ):  # fmt: skip
        await seen(visitor, f"/supervise?{query}")
        await seen(visitor, f"/supervise/rows?{query}&of=whatever")


@pytest.mark.usefixtures("counted_days")
async def test_in_english_no_chinese_word_of_ours_is_left(officer: Hire) -> None:
    visitor = await officer("supervisor")
    visitor.client.headers["Accept-Language"] = "en"
    text = await seen(visitor, "/supervise?by=line&rate=connection&on=12345")
    body = re.sub(r"<(script|style).*?</\1>", "", text[text.index("<main") :], flags=re.S)
    left = set(re.findall(r"[\u4e00-\u9fff]+", body)) - {"中文", "繁體"}
    assert left == set()


@pytest.mark.usefixtures("counted_days")
async def test_more_facts_cost_no_more_questions(officer: Hire) -> None:
    visitor = await officer("supervisor")
    costs = []
    for _round in range(2):
        for path in ("/supervise?rate=follow_up", "/supervise/rows?rate=on_time_closure&of=denominator"):
            await visitor.get(path)
            async with counted() as cost:
                await visitor.get(path)
            costs.append(len([s for s in cost.statements if "reference_version" not in s]))
        await days.cast.replied()
        await snapshots.take(datetime(2026, 11, 25, tzinfo=HERE).date(), rules(), now=days.LATER)
    assert costs[:2] == costs[2:]
    assert max(costs) < 12
