"""Tokens: what a search may count on."""

from hypothesis import given
from hypothesis import strategies as st

from core import text


def test_words_hold_the_long_word_and_the_words_inside_it() -> None:
    assert {"办理", "居住", "居住证"} <= set(text.words("办理居住证"))


def test_full_width_letters_are_the_same_as_plain_ones() -> None:
    assert text.bigrams("ＷｉＦｉ") == text.bigrams("wifi") == ["wifi"]


def test_pairs_do_not_reach_across_punctuation() -> None:
    assert text.bigrams("停水，退费") == ["停水", "退费"]


def test_an_ideograph_alone_is_its_own_token() -> None:
    assert text.bigrams("8号") == ["8", "号"]


def test_the_same_token_is_there_once() -> None:
    assert text.grams("停水停水") == ["停水", "水停"]


def test_long_numbers_never_get_into_an_index() -> None:
    assert text.grams("电话13812345678，证件12010119900101001X，楼号18") == [
        *("电话", "证件", "楼号"),
        "18",
    ]


def test_ideographs_beyond_the_first_plane_count() -> None:
    assert text.bigrams("𠮷野家") == ["𠮷野", "野家"]


@given(st.text(max_size=80))
def test_a_text_is_found_by_every_run_of_itself(sample: str) -> None:
    assert set(text.query_grams(sample)) <= set(text.grams(sample, "别的话"))


@given(st.text(max_size=80))
def test_no_token_is_empty_or_holds_space(sample: str) -> None:
    assert all(token and not token.isspace() for token in text.terms(sample))
