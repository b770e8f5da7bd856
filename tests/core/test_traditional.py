"""Traditional Chinese: what becomes of words, pages and questions."""

from __future__ import annotations

import re

import pytest

from core import i18n, text, traditional
from routing import typeahead

TERMS = {
    "工单": "工單",
    "短信": "簡訊",
    "网络": "網路",
    "回复": "回覆",
    "答复": "答覆",
    "审核通过": "審核通過",
    "登录": "登入",
    "默认设置": "預設設定",
    "事项代码": "事項代碼",
    "法定程序": "法定程序",
    "用户名": "使用者名稱",
    "老用户": "老用戶",
    "账号": "帳號",
    "派单台": "派單台",
    "窗口": "窗口",
}


@pytest.mark.parametrize(("plain", "ours"), TERMS.items())
def test_a_term_of_the_trade(plain: str, ours: str) -> None:
    assert traditional.traditional(plain) == ours


def test_every_term_of_the_list_is_used_and_stays() -> None:
    for plain, ours in traditional.terms():
        assert traditional.letter_by_letter(plain) == ours
        assert traditional.letter_by_letter(ours) == ours


def test_what_citizens_write_keeps_its_words() -> None:
    assert traditional.letter_by_letter("办理程序和项目") == "辦理程序和項目"


def test_the_catalogue_says_everything_and_fills_the_same_blanks() -> None:
    said = i18n.catalogue("zh_TW")
    assert said.keys() == i18n.catalogue("en").keys()
    for plain, ours in said.items():
        assert re.findall(r"{\w*}", plain) == re.findall(r"{\w*}", ours)
        assert traditional.letter_by_letter(ours) == ours, "it would change again on a page"


def test_a_page_changes_what_is_read_and_nothing_that_is_sent_back() -> None:
    html = (
        '<p title="短信" data-insert="短信">网络<!-- 网络 --></p><input value="网络" placeholder="网络">'
        '<textarea>网络</textarea><script>"网络"</script><option value="供热">供热</option><b translate="no">范于</b>'
    )
    assert traditional.page(html) == (
        '<p title="簡訊" data-insert="短信">網路<!-- 网络 --></p><input value="网络" placeholder="網路">'
        '<textarea>网络</textarea><script>"网络"</script><option value="供热">供熱</option><b translate="no">范于</b>'
    )


@pytest.mark.parametrize(
    ("typed", "written"), [("簡訊", "短信"), ("網路", "网络"), ("供熱", "供热"), ("天津", "天津")]
)
def test_who_types_traditional_finds_simplified(typed: str, written: str) -> None:
    assert text.grams(typed) == text.grams(written)
    assert text.query_grams(typed) == text.query_grams(written)
    assert text.terms(typed) == text.terms(written)
    assert typeahead.plain(typed) == typeahead.plain(written)
