"""Who leads a matter whose place nobody knows: the city's own department of the field that the catalogue names.

For old records only; a live ticket is asked for its street. Where a line names a bureau of the district
(`bureau:城市管理`) the department with that function takes it (市级主管部门先行承办); where it names the street or
the district itself the next wider line is read, and at the end the hotline's own office stands in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.i18n import _
from routing.catalogue import Catalogue, catalogue, reason
from routing.rules import BUREAU, DISTRICT, STREET, Line, Office, Resolution, valid
from routing.sureness import BY_MATTER

#: Under the lowest figure that may be sent without a look.
DOUBT = 10
#: Fields that have offices in the districts and no department of their own: the one that answers for them.
IN_CHARGE = {
    "供热": "城市管理", "供气": "城市管理", "环卫": "城市管理", "供水": "水务", "供电": "工业信息化", "交警": "公安",
}  # fmt: skip
#: Takes what no department is named for: 市政务服务办.
LAST = "ZWB"


@dataclass(frozen=True, slots=True)
class Lead:
    """`reason` can be looked up: the line, and why its unit of the city stands in."""

    unit_id: int
    unit_name: str
    line_code: str
    percent: int
    reason: str


async def lead_anywhere(matter: str, on: date) -> Lead | None:
    """By the lines valid on the day `on` (for old records: today). None in a house without departments."""
    known = await catalogue()
    for line in known.book.lines_for(matter):
        if line.street or line.district or not valid(line.valid_from, line.valid_to, on):
            continue
        office = _of_the_city(line, known, on)
        if office is not None:
            return _lead(known, office, line, matter)
    return None


def _of_the_city(line: Line, known: Catalogue, on: date) -> Office | None:
    book = known.book
    if line.lead in (STREET, DISTRICT):
        return book.offices.get(LAST) if line.matter_depth == 0 else None
    if not line.lead.startswith(BUREAU):
        return book.office(line.lead, "", on)
    named = line.lead.removeprefix(BUREAU)
    function = IN_CHARGE.get(named, named)
    found = (o for o in book.offices.values() if o.kind == "department" and o.function == function)
    return next((o for o in found if valid(o.valid_from, o.valid_to, on)), None)


def _lead(known: Catalogue, office: Office, line: Line, matter: str) -> Lead:
    unit = known.unit(office.code)
    found = Resolution(office.code, (), line)
    stands_in = line.lead.startswith(BUREAU) or line.lead in (STREET, DISTRICT)
    why = reason(known, found, matter, None)
    if stands_in:
        why += _("地点不明，由市级主管部门{unit}承办。").format(unit=unit.name)
    return Lead(
        unit.id, unit.name, line.code, max(BY_MATTER[line.matter_depth] - (DOUBT if stands_in else 0), 0), why
    )
