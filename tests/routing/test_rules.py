"""The precedence of catalogue lines, and what a lead or an assist may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.rules import EVERY, Book, Line, Office, needs_place, resolve

ON = date(2026, 11, 24)
NANKAI, WANGDINGDI, HEXI = "120104", "120104009", "120103003"
OFFICES = (
    Office("CG", "department", "城市管理"),
    Office("WS", "utility"),
    Office("D120104", "district", district=NANKAI),
    Office("D120104-CG", "bureau", "城市管理", NANKAI),
    Office("D120104-GR", "bureau", "供热", NANKAI),
    Office("S120104009", "street", district=NANKAI, street=WANGDINGDI),
    Office("D120103", "district", district="120103"),
    Office("D120103-CG", "bureau", "城市管理", "120103"),
)


def lead(
    lines: list[Line],
    matter: str = "030101",
    place: str = WANGDINGDI,
    on: date = ON,
    top: tuple[str, ...] = (),
) -> str:
    found = resolve(matter, place, Book(lines, OFFICES, top), on)
    return found.lead if found else ""


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Line("a", "030101", "WS"), Line("b", "0301", "CG", NANKAI, WANGDINGDI)),
        (Line("a", "0301", "WS"), Line("b", "03", "CG", NANKAI, WANGDINGDI)),
        (Line("a", "03", "WS"), Line("b", EVERY, "CG", NANKAI)),
        (Line("a", "0301", "WS", NANKAI, WANGDINGDI), Line("b", "0301", "CG", NANKAI)),
        (Line("a", "0301", "WS", NANKAI), Line("b", "0301", "CG")),
        (Line("b", "0301", "WS", valid_from=date(2026, 1, 1)), Line("a", "0301", "CG", valid_from=date(2025, 1, 1))),
        (Line("b", "0301", "WS", valid_from=date(2025, 1, 1)), Line("a", "0301", "CG")),
        (Line("a", "0301", "WS"), Line("b", "0301", "CG")),
    ],
    ids=["leaf before group", "group before top", "any before the rest", "street before district",
         "district before city", "later before earlier", "dated before undated", "smaller code first"],
)  # fmt: skip
def test_the_more_specific_line_wins(better: Line, worse: Line) -> None:
    assert lead([worse, better]) == lead([better, worse]) == "WS"


@pytest.mark.parametrize(
    ("notation", "place", "code"),
    [
        ("WS", WANGDINGDI, "WS"),
        ("bureau:城市管理", WANGDINGDI, "D120104-CG"),
        ("bureau:城市管理", HEXI, "D120103-CG"),
        ("bureau:城市管理", NANKAI, "D120104-CG"),
        ("bureau:供热", HEXI, ""),
        ("bureau:城市管理", "", ""),
        ("street", WANGDINGDI, "S120104009"),
        ("street", NANKAI, ""),
        ("district", HEXI, "D120103"),
        ("nobody", WANGDINGDI, ""),
    ],
)
def test_a_notation_means_a_unit_at_the_place(notation: str, place: str, code: str) -> None:
    assert lead([Line("a", "0301", notation)], place=place) == code


def test_a_line_whose_unit_does_not_exist_here_leaves_the_word_to_the_next() -> None:
    assert lead([Line("a", "0301", "bureau:供热"), Line("b", "03", "CG")], place=HEXI) == "CG"


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 10, 31), "CG"),
        (date(2025, 11, 1), "WS"),
        (date(2026, 3, 15), "WS"),
        (date(2026, 3, 16), "CG"),
    ],
)
def test_first_and_last_day_belong_to_the_validity(on: date, expected: str) -> None:
    season = Line("a", "0301", "WS", valid_from=date(2025, 11, 1), valid_to=date(2026, 3, 15))
    assert lead([season, Line("b", "03", "CG")], on=on) == expected


def test_a_department_matter_never_goes_to_a_street() -> None:
    lines = [Line("a", "030101", "street"), Line("b", "0301", "bureau:城市管理", assists=("street", "WS"))]
    found = resolve("030101", WANGDINGDI, Book(lines, OFFICES, ["030101"]), ON)
    assert found is not None
    assert (found.lead, found.assists) == ("D120104-CG", ("WS",))


def test_assists_come_once_and_never_include_the_lead() -> None:
    line = Line("a", "0301", "CG", assists=("WS", "CG", "bureau:供热", "WS", "bureau:没有"))
    found = resolve("030101", WANGDINGDI, Book([line], OFFICES), ON)
    assert found is not None
    assert found.assists == ("WS", "D120104-GR")


def test_a_closed_unit_hands_on_to_its_successor() -> None:
    closed = Office("OLD", "agency", successor="WS", valid_to=date(2026, 6, 30))
    book = Book([Line("a", "0301", "OLD")], (*OFFICES, closed))
    assert [r.lead for day in (date(2026, 6, 30), ON) if (r := resolve("030101", "", book, day))] == [
        "OLD",
        "WS",
    ]


def test_a_ring_of_successors_leads_to_nobody() -> None:
    ring = [Office(a, "agency", successor=b, valid_to=date(2026, 1, 1)) for a, b in (("X", "Y"), ("Y", "X"))]
    assert resolve("030101", "", Book([Line("a", "0301", "X")], ring), ON) is None


def test_equally_specific_lines_with_other_leads_are_named() -> None:
    lines = [
        Line("a", "0301", "WS"),
        Line("b", "0301", "CG"),
        Line("c", "0301", "WS"),
        Line("d", "03", "D120104"),
    ]
    found = resolve("030101", WANGDINGDI, Book(lines, OFFICES), ON)
    assert found is not None
    assert (found.line.code, found.rivals, found.second) == ("a", ("b",), "CG")


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([Line("a", "0301", "WS")], False),
        ([Line("a", "0301", "bureau:供热")], True),
        ([Line("a", "0301", "WS"), Line("b", "0301", "CG", NANKAI)], True),
        ([Line("a", "030101", "WS"), Line("b", "0301", "CG", NANKAI)], False),
        ([Line("a", "0301", "WS"), Line("b", "0301", "CG", NANKAI, valid_to=date(2020, 1, 1))], False),
        ([Line("a", "0301", "bureau:供热"), Line("b", "03", "WS")], True),
        ([], True),
    ],
)
def test_a_place_is_asked_for_only_where_it_may_change_the_lead(lines: list[Line], asked: bool) -> None:
    assert needs_place("030101", "", Book(lines, OFFICES), ON) is asked


@pytest.mark.parametrize(
    ("lines", "place", "asked"),
    [
        ([Line("a", "0301", "bureau:城市管理")], NANKAI, False),
        ([Line("a", "0301", "street"), Line("b", "03", "CG")], NANKAI, True),
        ([Line("a", "0301", "WS", NANKAI, WANGDINGDI), Line("b", "0301", "CG")], NANKAI, True),
        ([Line("a", "0301", "WS", NANKAI, WANGDINGDI), Line("b", "0301", "CG")], "120103", False),
        ([Line("a", "0301", "street")], WANGDINGDI, False),
    ],
)
def test_a_district_is_enough_unless_the_street_decides(lines: list[Line], place: str, asked: bool) -> None:
    assert needs_place("030101", place, Book(lines, OFFICES), ON) is asked


MATTER = st.sampled_from(["03", "0301", "030101", "0302", "04", EVERY])
PLACE = st.sampled_from([("", ""), (NANKAI, ""), (NANKAI, WANGDINGDI), ("120103", ""), ("120103", HEXI)])
DAYS = st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 28))


@st.composite
def catalogues(draw: st.DrawFn) -> list[Line]:
    lines = []
    for n in range(draw(st.integers(0, 8))):
        district, street = draw(PLACE)
        lines.append(
            Line(
                f"L{n}", draw(MATTER), draw(st.sampled_from(["CG", "WS", "bureau:供热", "street"])), district, street,
                valid_from=draw(DAYS), valid_to=draw(DAYS),
            )
        )  # fmt: skip
    return lines


@given(catalogues(), st.randoms(use_true_random=False))
def test_the_order_of_lines_never_matters(lines: list[Line], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve("030101", WANGDINGDI, Book(lines, OFFICES), ON) == resolve(
        "030101", WANGDINGDI, Book(shuffled, OFFICES), ON
    )


@given(catalogues())
def test_no_line_that_could_lead_is_more_specific_than_the_winner(lines: list[Line]) -> None:
    found = resolve("030101", WANGDINGDI, Book(lines, OFFICES), ON)
    able = [
        line
        for line in lines
        if (line.matter == EVERY or "030101".startswith(line.matter))
        and line.street in ("", WANGDINGDI)
        and line.district in ("", NANKAI)
        and (line.valid_from or ON) <= ON <= (line.valid_to or ON)
    ]
    if found is None:
        assert not able
    else:
        best = max((line.matter_depth, line.place_depth) for line in able)
        assert (found.line.matter_depth, found.line.place_depth) == best


@given(catalogues(), catalogues())
def test_a_matter_is_not_moved_by_lines_about_others(lines: list[Line], others: list[Line]) -> None:
    elsewhere = [Line(f"X{line.code}", "0999", line.lead, line.district, line.street) for line in others]
    assert resolve("030101", HEXI, Book(lines, OFFICES), ON) == resolve(
        "030101", HEXI, Book([*lines, *elsewhere], OFFICES), ON
    )
