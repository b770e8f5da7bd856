"""Where the dispatch catalogue has holes, and where two lines are equally specific at the same time. Pure.

Sets, not cells: each way to name a lead stands for a set of streets, each line for a matter's leaves × streets, so
hundreds of leaves × hundreds of streets are a few thousand set operations. Agrees with `rules.resolve` cell by
cell (a test compares).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from routing.rules import DISTRICT_CODE, EVERY, STREET, Book, Line, valid

Streets = frozenset[str]


@dataclass(frozen=True)
class Hole:
    """A leaf with streets where no line names a unit; `backstop`: only the line for everything else does."""

    matter: str
    streets: tuple[str, ...]
    backstop: bool = False


@dataclass(frozen=True)
class Placed:
    """A line of the catalogue as far as overlaps go. `id` is the row's."""

    id: int
    code: str
    matter: str
    district: str
    street: str
    lead: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Overlap:
    """Two lines for the same matter and place; `wins` is the one that dispatch uses from `first` to `last`."""

    one: Placed
    other: Placed
    first: date | None
    last: date | None

    @property
    def wins(self) -> Placed:
        return min(self.one, self.other, key=_rank)

    @property
    def loses(self) -> Placed:
        return max(self.one, self.other, key=_rank)


def holes(book: Book, leaves: Collection[str], streets: Collection[str], on: date) -> list[Hole]:
    """Leaves by code, each with the streets nobody answers for on that day, and those only the backstop does."""
    everywhere, known = frozenset(streets), dict[tuple[str, str], Streets]()
    found: list[Hole] = []
    for leaf in sorted(leaves):
        own, backstop = Streets(), Streets()
        for line in book.lines_for(leaf):
            reached = _reached(line, leaf, book, everywhere, known, on)
            if line.matter == EVERY:
                backstop |= reached
            else:
                own |= reached
        nobody, only_backstop = everywhere - own - backstop, (everywhere & backstop) - own
        if nobody:
            found.append(Hole(leaf, tuple(sorted(nobody))))
        if only_backstop:
            found.append(Hole(leaf, tuple(sorted(only_backstop)), backstop=True))
    return found


def overlaps(lines: Sequence[Placed]) -> list[Overlap]:
    """Pairs with the same matter and place whose validities meet."""
    same: dict[tuple[str, str, str], list[Placed]] = {}
    for line in lines:
        same.setdefault((line.matter, line.district, line.street), []).append(line)
    return [pair for key in sorted(same) for pair in _pairs(same[key])]


def _pairs(lines: Sequence[Placed]) -> Iterator[Overlap]:
    for one, other in combinations(sorted(lines, key=lambda line: line.code), 2):
        first = max((d for d in (one.valid_from, other.valid_from) if d), default=None)
        last = min((d for d in (one.valid_to, other.valid_to) if d), default=None)
        if first is None or last is None or first <= last:
            yield Overlap(one, other, first, last)


def _rank(line: Placed) -> tuple[int, str]:
    """As `rules` prefers: the later start, then the smaller code."""
    return -(line.valid_from or date.min).toordinal(), line.code


def _reached(
    line: Line, leaf: str, book: Book, everywhere: Streets, known: dict[tuple[str, str], Streets], on: date
) -> Streets:
    """The streets for which this line names a unit on that day."""
    if not valid(line.valid_from, line.valid_to, on):
        return Streets()
    leaf_bars_streets = leaf in book.top_only
    key = (line.lead, "top" if leaf_bars_streets else "")
    if key not in known:
        known[key] = _answered(line.lead, book, everywhere, on, without_streets=leaf_bars_streets)
    where = known[key]
    if line.street:
        return where & {line.street}
    if line.district:
        return frozenset(street for street in where if street[:DISTRICT_CODE] == line.district)
    return where


def _answered(notation: str, book: Book, everywhere: Streets, on: date, *, without_streets: bool) -> Streets:
    """Streets at which `notation` means a unit that is open."""
    offices = {street: book.office(notation, street, on) for street in everywhere}
    return frozenset(
        street for street, office in offices.items()
        if office is not None and not (without_streets and office.kind == STREET)
    )  # fmt: skip


def by_district(streets: Collection[str], names: Mapping[str, str]) -> list[tuple[str, int]]:
    """How many of the streets lie in each district, by its name."""
    counts: dict[str, int] = {}
    for street in streets:
        name = names.get(street[:DISTRICT_CODE], street[:DISTRICT_CODE])
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])


def last_day(dropped: Placed, overlap: Overlap, today: date) -> date | None:
    """Until when the one that gives way may still count; None where it never would have and can go altogether."""
    before_other = (overlap.first or today) - timedelta(days=1)
    starts = dropped.valid_from or date.min
    last = before_other if starts <= before_other else today - timedelta(days=1)
    return last if starts <= last else None
