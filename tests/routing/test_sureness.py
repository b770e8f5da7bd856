"""A per cent that can be defended: specificity first, then what became of earlier dispatches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.sureness import DISPUTED, SURE, History, per_cent, word


@pytest.mark.parametrize(
    ("matter", "place", "history", "share"),
    [
        (3, 0, None, 92),
        (2, 0, None, 84),
        (2, 1, None, 88),
        (1, 0, None, 70),
        (0, 0, None, 40),
        (3, 2, None, 98),
        (2, 1, History(), 88),
        (2, 1, History(148, 2), 97),
        (2, 1, History(148, 40), 74),
        (3, 0, History(3, 3), 80),
        (1, 0, History(3, 0), 73),
    ],
)
def test_the_share_is_specificity_weighed_with_history(
    matter: int, place: int, history: History | None, share: int
) -> None:
    assert per_cent(matter, place, history=history) == share


@pytest.mark.parametrize(
    ("share", "said"), [(99, "高"), (85, "高"), (84, "中"), (75, "中"), (74, "低"), (0, "低")]
)
def test_the_word_follows_the_share(share: int, said: str) -> None:
    assert word(share) == said


def test_a_disputed_line_is_never_sure() -> None:
    assert per_cent(3, 2, disputed=True, history=History(10_000, 0)) == DISPUTED < SURE


def test_more_returns_than_dispatches_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        per_cent(3, 0, history=History(2, 3))


@given(st.integers(0, 3), st.integers(0, 2), st.integers(1, 500), st.data())
def test_one_more_upheld_return_never_makes_it_surer(m: int, p: int, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n - 1))
    assert per_cent(m, p, history=History(n, k + 1)) <= per_cent(m, p, history=History(n, k))
