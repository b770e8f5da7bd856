"""The arithmetic of the rates: worked examples, and what holds for any counts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import ROOT
from crm.kpi.formulas import EXCLUDED, FORMULAS, THREE, Formula
from crm.kpi.rates import (
    COUNTED,
    Rate,
    Rules,
    in_a_row,
    light,
    losses_allowed,
    misses_allowed,
    points_missing,
    saves_needed,
    shown,
)

RULES = Rules()
DOC = (ROOT / "docs" / "kpis.md").read_text("utf-8")
TARGET = RULES.target
RATES = st.integers(0, 100_000).flatmap(
    lambda whole: st.integers(0, whole).map(lambda part: Rate(part, whole))
)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda formula: formula.key)
def test_the_worked_example_makes_what_it_says(formula: Formula) -> None:
    assert shown(Rate.of(formula.example).percent, TARGET) == formula.makes


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda formula: formula.key)
def test_every_exclusion_has_words_and_every_example_uses_its_own_codes(formula: Formula) -> None:
    assert set(formula.excludes) <= set(EXCLUDED)
    assert set(formula.example) <= {*COUNTED, *formula.excludes}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda formula: formula.key)
def test_every_formula_is_documented_with_its_example(formula: Formula) -> None:
    line = next(line for line in DOC.splitlines() if line.startswith(f"| `{formula.key}` |"))
    assert f"{formula.makes} %" in line
    assert all(f"{verdict} {n:,}" in line for verdict, n in formula.example.items())
    assert all(code in line for code in formula.excludes)


def test_every_exclusion_is_documented() -> None:
    assert [code for code in EXCLUDED if f"| `{code}` |" not in DOC] == []


def test_the_three_rates_are_judged() -> None:
    assert all(FORMULAS[key].is_judged for key in THREE)


@pytest.mark.parametrize(
    ("part", "whole", "saves", "row", "misses"),
    [
        (12540, 12846, 50, 2454, 0),
        (4139, 4206, 0, 0, 17),
        (2934, 3118, 122, 6082, 0),
        (375, 417, 34, 1683, 0),
        (98, 100, 0, 0, 0),
        (0, 0, 0, 0, 0),
        (0, 1, 1, 49, 0),
    ],
)
def test_what_is_needed_and_what_may_be_lost(
    part: int, whole: int, saves: int, row: int, misses: int
) -> None:
    rate = Rate(part, whole)
    assert (saves_needed(rate, TARGET), in_a_row(rate, TARGET), misses_allowed(rate, TARGET)) == (
        saves,
        row,
        misses,
    )


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (98, 100, "green"), (979, 1000, "yellow"), (95, 100, "yellow"), (949, 1000, "red"), (0, 30, "red"),
        (29, 29, "grey"), (0, 0, "grey"),
    ],
)  # fmt: skip
def test_the_light(part: int, whole: int, said: str) -> None:
    assert light(Rate(part, whole), RULES) == said


def test_a_rate_never_reads_as_the_target_it_has_not_reached() -> None:
    assert shown(Fraction(97_996, 1000), TARGET) == "97.99"
    assert shown(Fraction(97_996, 1000)) == "98.00"
    assert shown(None) == "—"


def test_tried_counts_as_finished_and_is_shown_apart() -> None:
    rate = Rate.of({"yes": 363, "tried": 12, "no": 42, "anonymous": 19})
    assert (rate.numerator, rate.denominator, rate.tried) == (375, 417, 12)


def test_perfection_out_of_reach_needs_no_number_of_calls() -> None:
    assert in_a_row(Rate(9, 10), Fraction(100)) is None
    assert in_a_row(Rate(10, 10), Fraction(100)) == 0


def test_the_numerator_is_never_above_the_denominator() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        Rate(2, 1)


@given(st.dictionaries(st.sampled_from([*COUNTED, *EXCLUDED]), st.integers(0, 10_000)))
def test_any_counts_make_a_rate_that_holds(counts: dict[str, int]) -> None:
    rate = Rate.of(counts)
    assert 0 <= rate.tried <= rate.numerator <= rate.denominator <= sum(counts.values())


@given(RATES)
def test_the_saves_are_just_enough(rate: Rate) -> None:
    k = saves_needed(rate, TARGET)
    assert 100 * (rate.numerator + k) >= TARGET * rate.denominator
    assert k == 0 or 100 * (rate.numerator + k - 1) < TARGET * rate.denominator
    assert rate.numerator + k <= rate.denominator or k == 0


@given(RATES)
def test_the_calls_in_a_row_are_just_enough(rate: Rate) -> None:
    k = in_a_row(rate, TARGET)
    assert k is not None
    assert 100 * (rate.numerator + k) >= TARGET * (rate.denominator + k)
    assert k == 0 or 100 * (rate.numerator + k - 1) < TARGET * (rate.denominator + k - 1)


@given(RATES)
def test_what_may_be_lost_is_just_as_much(rate: Rate) -> None:
    k = misses_allowed(rate, TARGET)
    if k:
        assert 100 * (rate.numerator - k) >= TARGET * rate.denominator
        assert 100 * (rate.numerator - k - 1) < TARGET * rate.denominator
    lost = losses_allowed(rate, TARGET)
    if 100 * rate.numerator >= TARGET * rate.denominator:
        assert 100 * rate.numerator >= TARGET * (rate.denominator + lost)
        assert 100 * rate.numerator < TARGET * (rate.denominator + lost + 1)


@given(RATES)
def test_a_judged_rate_is_green_exactly_when_nothing_is_missing(rate: Rate) -> None:
    if rate.denominator >= RULES.least:
        assert (light(rate, RULES) == "green") == (
            saves_needed(rate, TARGET) == 0 == points_missing(rate, RULES)
        )
