"""Who leads, by the dispatch catalogue: pure, no table and no clock.

A line says matter × place → lead and assists. The most specific line that names an existing unit wins:
depth of the matter first, then depth of the place, then the later `valid_from`, then the smaller code.
Leads and assists are written as a unit's code, as `bureau:FUNCTION` (the unit with that function in the
place's district), `street` or `district`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

#: The matter of the line that catches what no other line names.
EVERY: Final = "*"
STREET: Final = "street"
DISTRICT: Final = "district"
BUREAU: Final = "bureau:"
DISTRICT_CODE: Final = 6
_EVER = date.min


def valid(start: date | None, end: date | None, on: date) -> bool:
    """Both ends belong to the validity."""
    return (start is None or start <= on) and (end is None or on <= end)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the catalogue; `district` and `street` are codes or empty for anywhere."""

    code: str
    matter: str
    lead: str
    district: str = ""
    street: str = ""
    assists: tuple[str, ...] = ()
    legal_basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def matter_depth(self) -> int:
        return 0 if self.matter == EVERY else len(self.matter) // 2

    @property
    def place_depth(self) -> int:
        return 2 if self.street else 1 if self.district else 0


@dataclass(frozen=True, slots=True)
class Office:
    """What the rules need to know of a unit."""

    code: str
    kind: str
    function: str = ""
    district: str = ""
    street: str = ""
    successor: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """`rivals` are lines as specific as the winner that name another lead; `second` is the next lead in line."""

    lead: str
    assists: tuple[str, ...]
    line: Line
    rivals: tuple[str, ...] = ()
    second: str = ""


class Book:
    """Catalogue lines and units, indexed for `resolve`. `top_only` are matters that must not go to a street."""

    def __init__(
        self, lines: Iterable[Line], offices: Iterable[Office], top_only: Iterable[str] = ()
    ) -> None:
        self.offices: Mapping[str, Office] = {office.code: office for office in offices}
        self.top_only = frozenset(top_only)
        self._lines: dict[str, list[Line]] = {}
        for line in sorted(lines, key=_precedence):
            self._lines.setdefault(line.matter, []).append(line)
        self._here: dict[tuple[str, str], list[Office]] = {}
        for office in sorted(self.offices.values(), key=lambda o: o.code):
            for notation in _notations(office):
                self._here.setdefault(notation, []).append(office)

    def lines_for(self, matter: str) -> Iterator[Line]:
        """All lines that speak of this matter, anywhere and ever, best first."""
        for depth in range(len(matter), 0, -2):
            yield from self._lines.get(matter[:depth], ())
        yield from self._lines.get(EVERY, ())

    def office(self, notation: str, place: str, on: date) -> Office | None:
        """The unit a notation means at this place and day; a closed unit hands on to its successor."""
        if notation in self.offices:
            return self._living(self.offices[notation], on)
        where = place if notation == STREET else place[:DISTRICT_CODE]
        for found in self._here.get((notation, where), ()) if where else ():
            living = self._living(found, on)
            if living is not None:
                return living
        return None

    def _living(self, office: Office, on: date) -> Office | None:
        seen: set[str] = set()
        current: Office | None = office
        while current is not None and not valid(current.valid_from, current.valid_to, on):
            if current.code in seen:
                return None
            seen.add(current.code)
            current = self.offices.get(current.successor)
        return current


def resolve(matter: str, place: str, book: Book, on: date) -> Resolution | None:
    """The lead for a matter (code) at a place (street code, district code, or empty) on a day; None where
    no line names one, which without a place is usual: see `needs_place`."""
    found: list[tuple[Line, Office]] = []
    for line in book.lines_for(matter):
        if not applies(line, place, on):
            continue
        lead = book.office(line.lead, place, on)
        if lead is None or (lead.kind == STREET and matter in book.top_only):
            continue
        if found and lead.code == found[0][1].code:
            continue
        found.append((line, lead))
    if not found:
        return None
    line, lead = found[0]
    rivals = [other.code for other, _lead in found[1:] if _depth(other) == _depth(line)]
    assists = _assists(line, lead, book, matter=matter, place=place, on=on)
    return Resolution(lead.code, assists, line, tuple(rivals), found[1][1].code if len(found) > 1 else "")


def needs_place(matter: str, place: str, book: Book, on: date) -> bool:
    """Whether knowing the street may change the lead: nobody is named without it, or a line that depends on the
    street comes before the one that is. `place` is what is known: nothing, a district's code or a street's."""
    if len(place) > DISTRICT_CODE:
        return False
    found = resolve(matter, place, book, on)
    for line in book.lines_for(matter):
        if found is not None and line is found.line:
            return False
        if valid(line.valid_from, line.valid_to, on) and _may_apply(line, place):
            return True
    return found is None


def applies(line: Line, place: str, on: date) -> bool:
    """Whether the line speaks of this place on this day."""
    if line.street and line.street != place:
        return False
    if line.district and line.district != place[:DISTRICT_CODE]:
        return False
    return valid(line.valid_from, line.valid_to, on)


def _may_apply(line: Line, place: str) -> bool:
    """Whether some street of this district, or any place at all where none is known, would bring the line in."""
    return not place or (line.district in ("", place) and (bool(line.street) or line.lead == STREET))


def _assists(line: Line, lead: Office, book: Book, *, matter: str, place: str, on: date) -> tuple[str, ...]:
    """Each assist once and never the lead; what does not exist at the place is left out."""
    codes: dict[str, None] = {}
    for notation in line.assists:
        office = book.office(notation, place, on)
        if office is None or office.code == lead.code:
            continue
        if office.kind != STREET or matter not in book.top_only:
            codes[office.code] = None
    return tuple(codes)


def _depth(line: Line) -> tuple[int, int]:
    return line.matter_depth, line.place_depth


def _precedence(line: Line) -> tuple[int, int, int, str]:
    """Within one matter: the nearer place, then the later start, then the code."""
    return -line.matter_depth, -line.place_depth, -(line.valid_from or _EVER).toordinal(), line.code


def _notations(office: Office) -> Iterator[tuple[str, str]]:
    """The ways to mean this unit other than by its code, with the place they hold for."""
    if office.kind == STREET and office.street:
        yield STREET, office.street
    elif office.kind == DISTRICT and office.district:
        yield DISTRICT, office.district
    elif office.function and office.district:
        yield BUREAU + office.function, office.district
