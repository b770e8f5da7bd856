"""What the catalogue says of one matter at one place on one day, line by line, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from routing.rules import DISTRICT_CODE, STREET, Book, Line, resolve, valid


class Verdict(StrEnum):
    WINS = "wins"
    SAME_LEAD = "same_lead"  # applies, names whom a better line names already
    RIVAL = "rival"  # as specific as the winner
    LATER = "later"  # applies, less specific
    NOT_VALID = "not_valid"
    ELSEWHERE = "elsewhere"
    NOBODY = "nobody"  # names no unit that is open there
    PUSHED_DOWN = "pushed_down"  # a street, of a matter that must not go to one


@dataclass(frozen=True)
class Tried:
    line: Line
    verdict: Verdict
    lead: str = ""


def trial(matter: str, place: str, book: Book, on: date) -> list[Tried]:
    """Every line that speaks of the matter, best first; places elsewhere last."""
    found = resolve(matter, place, book, on)
    tried = [_tried(line, matter, place, book, on) for line in book.lines_for(matter)]
    seen: set[str] = set()
    judged = []
    for one in tried:
        verdict = one.verdict
        if verdict is Verdict.LATER:
            if found is not None and one.line is found.line:
                verdict = Verdict.WINS
            elif one.lead in seen:
                verdict = Verdict.SAME_LEAD
            elif found is not None and one.line.code in found.rivals:
                verdict = Verdict.RIVAL
            seen.add(one.lead)
        judged.append(Tried(one.line, verdict, one.lead))
    return sorted(judged, key=lambda one: one.verdict is Verdict.ELSEWHERE)


def _tried(line: Line, matter: str, place: str, book: Book, on: date) -> Tried:
    """`LATER` for now, where the line applies at all."""
    if (line.street and line.street != place) or (line.district and line.district != place[:DISTRICT_CODE]):
        return Tried(line, Verdict.ELSEWHERE)
    if not valid(line.valid_from, line.valid_to, on):
        return Tried(line, Verdict.NOT_VALID)
    lead = book.office(line.lead, place, on)
    if lead is None:
        return Tried(line, Verdict.NOBODY)
    if lead.kind == STREET and matter in book.top_only:
        return Tried(line, Verdict.PUSHED_DOWN, lead.code)
    return Tried(line, Verdict.LATER, lead.code)
