"""The grammar of citizens' messages."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.inbound import ALONE, WORDS, Ask, Intent, read
from crm.tickets import number

NUMBER = str(number.make(date(2026, 11, 24), 60402))
FULL_WIDTH = str.maketrans(
    string.printable[:94], "".join(chr(ord(c) + 0xFEE0) for c in string.printable[:94])
)


@pytest.mark.parametrize(
    ("body", "intent"),
    [
        ("查", Intent(Ask.QUERY, locale="zh_CN")),
        ("查询进度", Intent(Ask.QUERY, locale="zh_CN")),
        ("查 04027", Intent(Ask.QUERY, "04027", locale="zh_CN")),
        ("查04027", Intent(Ask.QUERY, "04027", locale="zh_CN")),
        ("查工单号：04027。", Intent(Ask.QUERY, "04027", locale="zh_CN")),
        ("“查”", Intent(Ask.QUERY, locale="zh_CN")),
        ("cx 2611-2406", Intent(Ask.QUERY, "26112406", locale="zh_CN")),
        ("Status", Intent(Ask.QUERY, locale="en")),
        ("s 04027", Intent(Ask.QUERY, "04027", locale="en")),
        ("S4027", Intent(Ask.QUERY, "4027", locale="en")),
        ("０４０２７", Intent(Ask.QUERY, "04027")),
        ("261124 060402 7", Intent(Ask.QUERY, "2611240604027")),
        ("催", Intent(Ask.URGE, locale="zh_CN")),
        ("催 04027 三天了，5号楼还没水", Intent(Ask.URGE, "04027", "三天了,5号楼还没水", "zh_CN")),
        ("催办三天没人来", Intent(Ask.URGE, "", "三天没人来", "zh_CN")),
        ("urge 4027 still cold", Intent(Ask.URGE, "4027", "still cold", "en")),
        ("补 04027 5号楼也停了", Intent(Ask.ADD, "04027", "5号楼也停了", "zh_CN")),
        (f"补充{NUMBER} 5号楼", Intent(Ask.ADD, NUMBER, "5号楼", "zh_CN")),
        ("补 仍然没水", Intent(Ask.ADD, "", "仍然没水", "zh_CN")),
        ("撤 04027", Intent(Ask.WITHDRAW, "04027", locale="zh_CN")),
        ("1", Intent(Ask.DIGITS, "1")),
        ("１１", Intent(Ask.DIGITS, "11")),
        ("？", Intent(Ask.HELP)),
        ("帮 助", Intent(Ask.HELP, locale="zh_CN")),
        ("menu", Intent(Ask.HELP, locale="en")),
        ("T", Intent(Ask.OPT_OUT, locale="zh_CN")),
        ("退订", Intent(Ask.OPT_OUT, locale="zh_CN")),
        ("stop", Intent(Ask.STOP, locale="en")),
        ("START", Intent(Ask.START, locale="en")),
    ],
)
def test_a_message_is_read(body: str, intent: Intent) -> None:
    assert read(body) == intent


@pytest.mark.parametrize(
    "body", ["sorry", "stop please", "你好", "查户口本怎么办", "12345678901234", "", "Tuesday", "查12"]
)
def test_what_is_not_in_the_grammar_is_unknown(body: str) -> None:
    assert read(body).ask is Ask.UNKNOWN


def test_no_word_of_ours_is_a_carriers() -> None:
    carriers = {word for word, (ask, _) in ALONE.items() if ask in (Ask.STOP, Ask.START, Ask.CARRIER_HELP)}
    ours = {word for word, _, _ in WORDS} | {w for w, (ask, _) in ALONE.items() if w not in carriers and ask}
    assert not ours & {
        "STOP",
        "UNSUBSCRIBE",
        "END",
        "QUIT",
        "STOPALL",
        "REVOKE",
        "OPTOUT",
        "CANCEL",
        "START",
        "YES",
        "HELP",
    }


@given(st.text(max_size=200))
def test_reading_never_fails_and_numbers_are_digits(body: str) -> None:
    intent = read(body)
    assert intent.number == "" or (
        intent.number.isascii() and intent.number.isdigit() and len(intent.number) <= 13
    )


@given(
    st.sampled_from([w for w, _, _ in WORDS]),
    st.integers(0, 999_999),
    st.sampled_from(["", " ", "  ", "\u3000"]),
    st.booleans(),
    st.booleans(),
)
def test_case_width_and_space_make_no_difference(
    word: str, sequence: int, gap: str, lower: bool, wide: bool
) -> None:
    whole = str(number.make(date(2026, 11, 24), sequence))
    written = f"{gap}{word}{gap}{whole[:6]}{gap}{whole[6:]}{gap}"
    written = written.lower() if lower else written
    assert read(written.translate(FULL_WIDTH) if wide else written) == read(f"{word} {whole}")
    assert read(f"{word} {whole}").number == whole


@given(
    st.sampled_from(["催", "补", "URGE "]),
    st.integers(1000, 9_999_999),
    st.text("没水了五号楼", min_size=1, max_size=20),
)
def test_a_tail_and_the_text_after_it_come_apart(word: str, tail: int, text: str) -> None:
    intent = read(f"{word}{tail}{text}")
    assert (intent.number, intent.text) == (str(tail), text)
