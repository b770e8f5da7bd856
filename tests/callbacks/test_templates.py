"""Texts: short enough, in plain words, counted as carriers count."""

from datetime import UTC, date, datetime

import pytest

from callbacks.segments import segments
from callbacks.templates import STATE_EN, due, render
from callbacks.texts import LOCALES, TEMPLATES
from core.settings import ROOT
from crm.tickets.states import Status
from crm.tickets.words import CITIZEN

FILLED: dict[str, dict[str, str]] = {
    "zh_CN": {"unit": "南开区供热管理办公室", "due": "11月25日10:45", "state": "办理中", "result": "暂时不能解决",
              "items": "1.尾号04027 办理中 2.尾号05512 已派单", "more": "",
              "what": "房产证照片、身份证和水表照片", "why": "季节或计划施工", "text": "抢修中，预计今天22时前恢复",
              "path": "请走诉讼、仲裁或行政复议"},
    "en": {"unit": "Nankai District Heating Office", "due": "10:45 on 25 Nov", "state": "in progress",
           "result": "cannot be solved for now", "about": "was not signed in time", "items": "1. 04027 in progress 2. 05512 received", "more": ".",
           "why": "the season or planned works", "text": "repairs under way",
           "path": "it is one for a court, arbitration or administrative review"},
}  # fmt: skip
SHARED: dict[str, str | int] = {
    "url": "https://12345.tj.gov.cn/s/AbCdEfGhIjKlMnOp",
    "number": 2611240604027,
    "tail": "04027",
    "urgency": 2,
    "code": "482",
    "n": 2,
    "about": "到时未联系市民",
}
EVERY = [(name, locale) for name in TEMPLATES for locale in LOCALES]


@pytest.mark.parametrize(("name", "locale"), EVERY)
def test_a_message_is_one_segment(name: str, locale: str) -> None:
    counted = segments(render(name, locale, **(SHARED | FILLED[locale])).body)
    assert counted.count == 1
    assert counted.encoding == ("GSM-7" if locale == "en" else "UCS-2")


@pytest.mark.parametrize(("name", "locale"), [(n, la) for n, la in EVERY if not n.startswith("unit_")])
def test_citizens_never_read_internal_words(name: str, locale: str) -> None:
    body = render(name, locale, **(SHARED | FILLED[locale])).body
    assert not [
        word
        for word in ("退单", "会商", "督办", "承办单号", "派单目录", "return", "supervis")
        if word in body
    ]


def test_the_whole_number_is_told_only_at_registration() -> None:
    told = {
        name
        for name, locale in EVERY
        if "2611240604027" in render(name, locale, **(SHARED | FILLED[locale])).body
    }
    assert {name.removesuffix("_one_way") for name in told} == {"registered", "registered_dispatched"}


def test_every_status_has_a_citizens_word_in_both_languages() -> None:
    assert set(CITIZEN) == set(STATE_EN) == set(Status)


def test_every_text_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "sms.md").read_text("utf-8")
    assert not [name for name, text in TEMPLATES.items() if text.zh_CN not in manual or text.en not in manual]


def test_a_due_moment_is_told_in_full() -> None:
    moment = datetime(2026, 11, 25, 2, 45, tzinfo=UTC)
    assert due(moment, "zh_CN", date(2026, 11, 24)) == "11月25日10:45"
    assert due(moment, "en", date(2026, 11, 24)) == "10:45 on 25 Nov"
    assert due(moment, "zh_CN", date(2025, 12, 31)) == "2026年11月25日10:45"
