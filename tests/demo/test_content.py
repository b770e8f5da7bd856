"""The written content: 300 citizen messages and 200 knowledge articles, told true by the seed's own lists."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz

ROOT = Path(__file__).parents[2]
KINDS = {"consult", "help", "complaint", "report", "suggestion", "praise", "home_service"}
RESULTS = {"solved", "partly", "explained", "cannot"}
PHONE = re.compile(r"(1380022|1390222|1362211)\d{4}")
EXAMPLE_ONLY = "本条为示例，数值以本市最新规定为准。"


def rows(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / path).read_text("utf-8").splitlines()]


MESSAGES = lines("hotline/demo/messages.jsonl")
ARTICLES = lines("kb/seed/articles.jsonl")
MATTERS = {row["code"]: row["name"] for row in rows("routing/seed/matters.csv")}
CHAPTERS = {code for code in MATTERS if len(code) == 2}


def test_every_message_names_a_leaf_a_street_and_a_line_of_the_city() -> None:
    districts = {row["code"]: row["name"] for row in rows("routing/seed/districts.csv")}
    streets = {(districts[row["district"]], row["name"]) for row in rows("routing/seed/streets.csv")}
    numbers = {row["number"] for row in rows("crm/seed/lines.csv")}
    assert [m["title"] for m in MESSAGES if len(m["matter"]) != 6 or m["matter"] not in MATTERS] == []
    assert [m["title"] for m in MESSAGES if (m["district"], m["street"]) not in streets] == []
    assert [m["title"] for m in MESSAGES if m["line"] not in numbers] == []


def test_every_message_keeps_the_lengths() -> None:
    assert [m["title"] for m in MESSAGES if len(m["title"]) > 20] == []
    assert [m["title"] for m in MESSAGES if not 40 <= len(m["text"]) <= 160] == []
    assert [m["title"] for m in MESSAGES if not 60 <= len(m["reply"]) <= 180] == []


def test_every_message_uses_the_known_words() -> None:
    assert {m["kind"] for m in MESSAGES} == KINDS
    assert {m["result"] for m in MESSAGES} == RESULTS
    assert {m["urgency"] for m in MESSAGES} == {1, 2, 3}


def test_phones_are_fictitious() -> None:
    assert [m["phone"] for m in MESSAGES if not PHONE.fullmatch(m["phone"])] == []


def test_only_the_anonymous_have_no_name() -> None:
    assert [m["title"] for m in MESSAGES if bool(m["name"]) is m["anonymous"]] == []


def test_there_are_300_messages_over_all_chapters() -> None:
    assert len(MESSAGES) == 300
    assert {message["matter"][:2] for message in MESSAGES} == CHAPTERS


def test_reports_are_confidential() -> None:
    assert all(message["confidential"] for message in MESSAGES if message["kind"] == "report")


def test_some_people_call_again_under_the_same_name() -> None:
    calls = Counter(message["phone"] for message in MESSAGES)
    again = {phone for phone, count in calls.items() if count > 1}
    assert 20 <= len(again) <= 35
    names = {(message["phone"], message["name"]) for message in MESSAGES if message["phone"] in again}
    assert len(names) == len(again)


def test_one_outage_has_seven_callers_and_one_water_cut_four() -> None:
    # the follow-up calls of the same estates come on top
    heat = {m["phone"] for m in MESSAGES if "林苑西里" in m["text"]}
    water = {m["phone"] for m in MESSAGES if "红波里" in m["text"] + m["address"]}
    assert len(heat) == 7
    assert len(water) == 4


@pytest.mark.parametrize("field", ["title", "text", "reply"])
def test_no_message_repeats_another(field: str) -> None:
    assert len({message[field] for message in MESSAGES}) == len(MESSAGES)


def test_no_two_texts_are_one_text_with_words_exchanged() -> None:
    close = [
        (one["title"], other["title"])
        for one, other in combinations(MESSAGES, 2)
        if fuzz.ratio(one["text"], other["text"]) > 70 or fuzz.ratio(one["reply"], other["reply"]) > 70
    ]
    assert close == []


def test_there_are_200_articles_over_all_chapters() -> None:
    assert len(ARTICLES) == 200
    assert {article["matter"][:2] for article in ARTICLES} == CHAPTERS


@pytest.mark.parametrize("field", ["code", "title", "body"])
def test_no_article_repeats_another(field: str) -> None:
    assert len({article[field] for article in ARTICLES}) == len(ARTICLES)


def test_every_article_stands_under_a_matter_and_can_be_asked_for() -> None:
    assert [a["code"] for a in ARTICLES if a["matter"] not in MATTERS] == []
    assert [a["code"] for a in ARTICLES if not 2 <= len(a["question_forms"]) <= 4] == []
    assert [a["code"] for a in ARTICLES if len(a["keywords"]) < 3 or not a["folder"]] == []


def test_every_article_says_that_its_figures_are_examples() -> None:
    assert [a["code"] for a in ARTICLES if not 120 <= len(a["body"]) <= 500] == []
    assert [a["code"] for a in ARTICLES if a["body"].splitlines()[-1] != EXAMPLE_ONLY] == []


def test_every_article_has_a_known_source_and_was_reviewed_in_2026() -> None:
    departments = {row["name"] for row in rows("routing/seed/departments.csv")}
    assert [a["code"] for a in ARTICLES if a["source"] not in departments] == []
    assert [a["code"] for a in ARTICLES if date.fromisoformat(a["reviewed_at"]).year != 2026] == []


def test_no_article_ends_before_it_begins() -> None:
    assert [a["code"] for a in ARTICLES if a["valid_to"] and a["valid_to"] <= a["valid_from"]] == []
