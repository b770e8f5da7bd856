"""派单目录 in the process: who leads a matter at a place on a day, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core import db
from core.i18n import _, dated, locale
from routing import sureness
from routing.rulebook import Rulebook, UnitRow, rulebook
from routing.rules import EVERY, Book, Line, Office, Resolution, needs_place, resolve
from routing.sureness import History


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`assists` and `second` (the lead the next line names) are unit ids; `word` is 高, 中 or 低 in the reader's language."""

    unit_id: int
    unit_name: str
    assists: tuple[int, ...]
    line_code: str
    confidence: int
    word: str
    reason: str
    second: int | None = None

    @property
    def sure(self) -> bool:
        """Sure enough to be dispatched without a dispatcher."""
        return self.confidence >= sureness.SURE


@dataclass(frozen=True)
class Catalogue:
    """The lines of one state of the reference data, and its units by code."""

    of: Rulebook
    book: Book
    ids: dict[str, int]

    def unit(self, code: str) -> UnitRow:
        return self.of.units[self.ids[code]]


_catalogue: Catalogue | None = None


async def catalogue() -> Catalogue:
    """This process's copy; read again when the rulebook was."""
    global _catalogue
    rules = await rulebook()
    kept = _catalogue
    if kept is None or kept.of is not rules:
        kept = _catalogue = await _read(rules)
    return kept


async def lead_for(matter: str, street: str, on: date, history: History | None = None) -> Suggestion | None:
    """The lead the catalogue names for a matter (code) at a street (code, or a district's, or empty); None where it
    names nobody, or a nearer place might name another. `history` is what became of earlier dispatches on the
    line, where the caller knows it."""
    known = await catalogue()
    if needs_place(matter, street, known.book, on):
        return None
    found = resolve(matter, street, known.book, on)
    return None if found is None else suggestion(known, found, matter, history)


def suggestion(known: Catalogue, found: Resolution, matter: str, history: History | None) -> Suggestion:
    """A resolution with its figures and its reason, in the reader's language."""
    line = found.line
    share = sureness.per_cent(
        line.matter_depth, line.place_depth, disputed=bool(found.rivals), history=history
    )
    return Suggestion(
        known.ids[found.lead],
        unit_name(known.unit(found.lead)),
        tuple(known.ids[code] for code in found.assists),
        line.code,
        share,
        _(sureness.word(share)),
        reason(known, found, matter, history),
        known.ids[found.second] if found.second else None,
    )


def reason(known: Catalogue, found: Resolution, matter: str, history: History | None) -> str:
    """What can be looked up: the line, since when it holds, its basis, and what became of earlier dispatches."""
    line = found.line
    texts = [
        _("派单目录 {line} × {place}（{validity}）。").format(
            line=_matter(known, line), place=_place(known, line), validity=_validity(line)
        )
    ]
    if line.matter == EVERY:
        texts.append(_("目录没有列出“{matter}”，由区里兜底，请核对。").format(matter=_path(known, matter)))
    if line.legal_basis:
        texts.append(_("依据{basis}。").format(basis=line.legal_basis))
    if found.rivals:
        texts.append(_("同样具体的还有 {lines}，请核对。").format(lines="、".join(found.rivals)))
    if history is not None and history.dispatched:
        texts.append(
            _("近 {days} 天同类 {n} 件，退单成立 {k} 件。").format(
                days=history.days, n=history.dispatched, k=history.upheld
            )
        )
    return (" " if locale() == "en" else "").join(texts)


def unit_name(unit: UnitRow) -> str:
    return unit.name_en if locale() == "en" and unit.name_en else unit.name


def _matter(known: Catalogue, line: Line) -> str:
    return _("其他事项") if line.matter == EVERY else f"{line.matter} {_path(known, line.matter)}"


def _path(known: Catalogue, code: str) -> str:
    matter = known.of.matters.get(code)
    if matter is None:
        return code
    return matter.path_name_en if locale() == "en" and matter.path_name_en else matter.path_name


def _place(known: Catalogue, line: Line) -> str:
    english = locale() == "en"
    if line.street and line.street in known.of.streets:
        street = known.of.streets[line.street]
        return (
            f"{street.name_en}, {street.district_name_en}"
            if english
            else f"{street.district_name}{street.name}"
        )
    for street in known.of.streets.values() if line.district else ():
        if street.district == line.district:
            return street.district_name_en if english else street.district_name
    return line.street or line.district or _("全市")


def _validity(line: Line) -> str:
    start, end = line.valid_from, line.valid_to
    if start and end:
        return _("{start} 至 {end} 有效").format(start=dated(start), end=dated(end))
    if start:
        return _("{start} 起有效").format(start=dated(start))
    return _("有效至 {end}").format(end=dated(end)) if end else _("长期有效")


async def _read(rules: Rulebook) -> Catalogue:
    units = await db.fetch(
        """SELECT u.code, u.kind, u.function, u.district, u.street, coalesce(s.code, '') AS successor,
                  u.valid_from, u.valid_to FROM unit u LEFT JOIN unit s ON s.id = u.successor"""
    )
    lines = await db.fetch(
        """SELECT code, matter_code AS matter, coalesce(lead_unit_code, lead_function, '') AS lead,
                  coalesce(district, '') AS district, coalesce(street, '') AS street, assists, legal_basis,
                  valid_from, valid_to FROM catalogue_line"""
    )
    book = Book(
        (Line(**{**row, "assists": tuple(row["assists"])}) for row in lines),
        (Office(**row) for row in units),
        (matter.code for matter in rules.matters.values() if matter.no_push_down),
    )
    return Catalogue(rules, book, {unit.code: unit.id for unit in rules.units.values()})
