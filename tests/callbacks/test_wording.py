"""A site's own words: what a text may say, what it costs, and that the next message says it."""

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks import jobs, templates, wording, wording_rules
from callbacks.templates import render
from callbacks.texts import LOCALES, TEMPLATES
from callbacks.wording_rules import PLACEHOLDERS, allowed, preview, wrong
from core import db
from routing import rulebook
from tests.people import Hire

EVERY = [(name, locale) for name in TEMPLATES for locale in LOCALES]


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_every_text_that_comes_with_the_system_would_be_taken(name: str, locale: str) -> None:
    assert wrong(name, locale, getattr(TEMPLATES[name], locale)) == ""


def test_every_placeholder_has_a_word_and_a_sample() -> None:
    assert {p for name in TEMPLATES for p in allowed(name)} <= set(PLACEHOLDERS)


@pytest.mark.parametrize(
    ("name", "locale", "body", "says"),
    [
        ("closed", "zh_CN", "", "请填写这一项"),
        ("closed", "zh_CN", "【12345】{tail}办结，{name}", "没有占位符 {name}"),
        ("closed", "zh_CN", "【12345】{tail 办结", "花括号"),
        ("closed", "zh_CN", "【12345】{tail!r}办结", "花括号"),
        ("closed", "zh_CN", "【12345】{tail.real}办结", "花括号"),
        ("closed", "zh_CN", "【12345】{0}办结", "花括号"),
        ("closed", "zh_CN", "【12345】{tail}{{办结}}", "花括号"),
        ("closed", "zh_CN", "【12345】已办结", "要保留 {tail}"),
        ("closed", "en", "12345: {tail} closed. Reply CANCEL to reopen.", "“CANCEL”是运营商的保留词"),
        ("closed", "zh_CN", "【12345】{tail}办结，不满意回STOP", "“STOP”是运营商的保留词"),
        ("closed", "zh_CN", "【12345】{tail}退单后办结", "“退单”是内部用语"),
        ("dispatched", "zh_CN", "【12345】{tail}已督办", "“督办”是内部用语"),
        ("closed", "zh_CN", "【12345】{tail}" + "办" * 600, "太长"),
    ],
)
def test_a_text_that_will_not_do_says_what_to_mend(name: str, locale: str, body: str, says: str) -> None:
    assert says in wrong(name, locale, body)


@pytest.mark.parametrize(
    ("name", "locale", "body"),
    [
        ("registered", "en", "12345: {number}. Reply STATUS, or STOP to opt out."),
        ("closed", "en", "12345: {tail} closed. Unstoppable friends of the city thank you."),
        ("unit_return_granted", "zh_CN", "【12345】{tail}退单成立"),
    ],
)
def test_a_text_that_will_do(name: str, locale: str, body: str) -> None:
    assert wrong(name, locale, body) == ""


def test_the_preview_counts_what_arrives() -> None:
    shown = preview("12345: {tail} is with {unit}", "en")
    assert shown.body == "12345: 04027 is with Nankai Heating Office"
    assert (shown.counted.encoding, shown.counted.count) == ("GSM-7", 1)
    assert preview("12345: it’s done", "en").odd == ("’",)


@given(st.text(max_size=80), st.sampled_from(sorted(TEMPLATES)))
def test_a_text_that_is_taken_can_always_be_sent(body: str, name: str) -> None:
    if wrong(name, "zh_CN", body):
        return
    templates.use({(name, "zh_CN"): (body, 2)})
    try:
        render(name, "zh_CN")
    finally:
        templates.use({})


# --- by page ---


@pytest.fixture(autouse=True)
async def fresh() -> AsyncIterator[None]:
    rulebook.forget()
    wording.forget()
    yield
    rulebook.forget()
    wording.forget()


NEW = "【12345】工单…{tail}已办结，谢谢您"


async def test_a_reworded_text_goes_out_with_the_next_version(officer: Hire) -> None:
    admin = await officer("admin")
    done = await admin.post("/admin/texts/closed/zh_CN", {"body": NEW, "reason": "更亲切", "seen": ""})
    assert done.status_code == 303
    await jobs.send_notices()
    text = render("closed", "zh_CN", tail="04027")
    assert (text.body, text.version) == ("【12345】工单…04027已办结，谢谢您", 2)
    assert render("closed", "en", tail="04027").version == 1


async def test_taking_it_back_is_told_and_versions_go_on(officer: Hire) -> None:
    admin = await officer("admin")
    await admin.post("/admin/texts/closed/zh_CN", {"body": NEW, "reason": "更亲切", "seen": ""})
    await admin.post("/admin/texts/closed/zh_CN", {"back": "1", "reason": "还是原来的好", "seen": "2"})
    assert await db.fetchval("SELECT count(*) FROM message_text") == 0
    await admin.post("/admin/texts/closed/zh_CN", {"body": NEW + "！", "reason": "再试", "seen": ""})
    assert await db.fetchval("SELECT version FROM message_text") == 3
    row = await db.fetchval("SELECT id FROM message_text")
    assert "再试" in (await admin.get(f"/admin/message-texts/{row}")).text


async def test_undo_brings_the_words_back_under_a_new_version(officer: Hire) -> None:
    admin = await officer("admin")
    await admin.post("/admin/texts/closed/zh_CN", {"body": NEW, "reason": "更亲切", "seen": ""})
    await admin.post("/admin/texts/closed/zh_CN", {"body": NEW + "！", "reason": "再改", "seen": "2"})
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    done = await admin.post(f"/admin/message-texts/changes/{change}/undo", {"reason": "撤销"})
    assert done.status_code == 303
    assert tuple(await db.fetchrow("SELECT body, version FROM message_text")) == (NEW, 4)


async def test_a_wrong_text_is_told_beside_the_field_and_kept(officer: Hire) -> None:
    admin = await officer("admin")
    body = "【12345】工单{tail}督办办结"
    answer = await admin.post("/admin/texts/closed/zh_CN", {"body": body, "reason": "x1", "seen": ""})
    assert answer.status_code == 422
    assert "“督办”是内部用语" in answer.text
    assert body in answer.text


async def test_two_who_reword_the_same_text_do_not_overwrite_each_other(officer: Hire) -> None:
    admin = await officer("admin")
    await admin.post("/admin/texts/closed/zh_CN", {"body": NEW, "reason": "先到", "seen": ""})
    late = await admin.post("/admin/texts/closed/zh_CN", {"body": NEW + "。", "reason": "后到", "seen": ""})
    assert late.status_code == 409
    assert NEW + "。" in late.text


async def test_the_count_follows_the_typing(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.post("/admin/texts/closed/en/preview", {"body": "12345: {tail} it’s closed"})
    assert re.search(r"UCS-2", answer.text)
    assert "’" in answer.text
    assert wording_rules.MOST_SEGMENTS == 8


async def test_the_list_is_searched_by_event_and_words(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.get("/admin/texts?q=退单&locale=zh_CN")
    assert "/admin/texts/unit_return_granted/zh_CN" in answer.text
    assert "/admin/texts/closed/zh_CN" not in answer.text
