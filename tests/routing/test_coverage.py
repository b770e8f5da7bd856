"""Holes and overlaps of the catalogue: by example, and against the rules cell by cell."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from routing.catalogue import catalogue
from routing.coverage import Hole, Placed, holes, overlaps
from routing.rules import Book, Line, Office, resolve

DAY = date(2026, 11, 24)
STREETS = ["120101001", "120101002", "120104001"]
OFFICES = [
    Office("SW", "city"), Office("D1", "district", district="120101"), Office("D4", "district", district="120104"),
    Office("CG1", "bureau", function="城市管理", district="120101"),
    *(Office(f"S{code}", "street", district=code[:6], street=code) for code in STREETS),
]  # fmt: skip


def book(*lines: Line, top_only: tuple[str, ...] = ()) -> Book:
    return Book(lines, OFFICES, top_only)


def test_a_bureau_that_one_district_lacks_leaves_a_hole_there() -> None:
    found = holes(book(Line("A", "01", "bureau:城市管理")), ["010101"], STREETS, DAY)
    assert found == [Hole("010101", ("120104001",))]


def test_a_leaf_that_only_the_backstop_catches_is_told_apart() -> None:
    found = holes(
        book(Line("A", "0102", "SW"), Line("Z", "*", "district")), ["010101", "010201"], STREETS, DAY
    )
    assert found == [Hole("010101", tuple(STREETS), backstop=True)]


def test_a_matter_that_must_not_be_pushed_down_has_no_use_for_a_street() -> None:
    found = holes(book(Line("A", "01", "street"), top_only=("010101",)), ["010101", "010102"], STREETS, DAY)
    assert found == [Hole("010101", tuple(STREETS))]


def test_a_line_out_of_date_covers_nothing() -> None:
    ended = Line("A", "01", "SW", valid_to=DAY - timedelta(days=1))
    assert holes(book(ended), ["010101"], STREETS, DAY) == [Hole("010101", tuple(STREETS))]


def placed(code: str, start: str | None, end: str | None, *, matter: str = "01", street: str = "") -> Placed:
    begin, last = (date.fromisoformat(text) if text else None for text in (start, end))
    return Placed(hash(code), code, matter, "", street, "SW", begin, last)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (("2026-01-01", "2026-06-30"), ("2026-07-01", None), False),
        (("2026-01-01", "2026-07-01"), ("2026-07-01", None), True),
        ((None, None), (None, None), True),
        ((None, "2026-01-01"), ("2027-01-01", None), False),
    ],
)
def test_lines_overlap_on_the_days_they_share(
    one: tuple[str, str], other: tuple[str, str], meet: bool
) -> None:
    assert bool(overlaps([placed("A", *one), placed("B", *other)])) is meet


def test_of_two_that_overlap_the_later_one_wins() -> None:
    (found,) = overlaps([placed("A", "2026-01-01", None), placed("B", "2026-05-01", "2026-12-31")])
    assert (found.wins.code, found.loses.code) == ("B", "A")
    assert (found.first, found.last) == (date(2026, 5, 1), date(2026, 12, 31))


def test_another_place_is_no_overlap() -> None:
    assert overlaps([placed("A", None, None), placed("B", None, None, street="120101001")]) == []


LEADS = st.sampled_from(["SW", "street", "district", "bureau:城市管理", "gone"])
LINES = st.builds(
    Line,
    code=st.integers(0, 99).map(str),
    matter=st.sampled_from(["01", "0101", "010101", "010102", "*"]),
    lead=LEADS,
    district=st.sampled_from(["", "120101"]),
    street=st.sampled_from(["", "120101001"]),
)


@given(st.lists(LINES, max_size=6), st.sets(st.sampled_from(["010101", "010102"])))
def test_sets_say_what_the_rules_say_cell_by_cell(lines: list[Line], top: set[str]) -> None:
    known = book(*lines, top_only=tuple(top))
    leaves = ["010101", "010102"]
    nobody = {(leaf, s) for leaf in leaves for s in STREETS if resolve(leaf, s, known, DAY) is None}
    found = {(h.matter, s) for h in holes(known, leaves, STREETS, DAY) if not h.backstop for s in h.streets}
    assert found == nobody


@pytest.mark.usefixtures("database")
async def test_the_seeded_catalogue_is_read_in_a_moment_and_has_no_hole() -> None:
    known = await catalogue()
    leaves = [m.code for m in known.of.matters.values() if m.leaf]
    started = time.monotonic()
    found = holes(known.book, leaves, list(known.of.streets), DAY)
    assert time.monotonic() - started < 2
    assert [hole for hole in found if not hole.backstop] == []
    assert await db.fetchval("SELECT count(*) FROM catalogue_line") > 400
