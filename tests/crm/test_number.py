"""The ticket's number: made, read as people type it, checked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.tickets import number

DAY = date(2026, 11, 24)


def test_a_number_is_day_sequence_and_check_digit() -> None:
    assert str(number.make(DAY, 60402))[:12] == "261124060402"


def test_the_check_digit_is_luhns() -> None:
    assert number.luhn("7992739871") == 3  # the example of ISO/IEC 7812


@pytest.mark.parametrize("typed", ["{a} {b} {c}", "{a}-{b}-{c}", "{a}{b}{c}", " {a}  {b}{c} ", "{a}—{b}·{c}"])
def test_it_is_read_with_spaces_and_dashes(typed: str) -> None:
    whole = str(number.make(DAY, 60402))
    assert number.read(typed.format(a=whole[:6], b=whole[6:12], c=whole[12])) == int(whole)


def test_full_width_digits_are_read() -> None:
    whole = number.make(DAY, 7)
    assert number.read(str(whole).translate(str.maketrans("0123456789", "０１２３４５６７８９"))) == whole


@pytest.mark.parametrize(
    "wrong", ["", "查", "12345", "2611240604028", "26112406040270", "abc", "２６１１２４"]
)
def test_what_is_not_a_number_of_ours_is_none(wrong: str) -> None:
    assert number.read(wrong) is None


@given(
    st.dates(date(2020, 1, 1), date(2089, 12, 31)),
    st.integers(0, 999_999),
    st.integers(0, 12),
    st.integers(1, 9),
)
def test_one_wrong_digit_is_always_noticed(day: date, sequence: int, place: int, change: int) -> None:
    digits = list(f"{number.make(day, sequence):013d}")
    digits[place] = str((int(digits[place]) + change) % 10)
    assert number.read("".join(digits)) is None


@given(st.dates(date(2020, 1, 1), date(2089, 12, 31)), st.integers(0, 999_999))
def test_what_is_made_can_be_read_and_shown(day: date, sequence: int) -> None:
    made = number.make(day, sequence)
    assert number.read(f"{made:013d}") == made
    assert number.read(number.show(made)) == made
    assert number.tail(made) == f"…{made % 100_000:05d}"
