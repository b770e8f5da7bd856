"""先例: who took the same matter at the same place when it was disputed before, and how that becomes a catalogue line.

A ruling is a return that was upheld or a conference that designated. It names a unit for one ticket; as a line of the
派单目录 it names it for all that follow, from today, with the ruling as its basis.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from core import clock, db
from core.admin import changes
from core.admin.writing import RowChange
from core.db import tx
from core.errors import Denied, NotFound, Refused
from core.i18n import _
from core.officers import Officer
from crm.tickets.queries import Where
from routing.admin.catalogue import CATALOGUE
from routing.rulebook import rulebook

#: Any of these may write a line; others read only.
MAY_RECORD: Final = ("ticket.supervise", "admin.catalogue")
MOST: Final = 5
_TOOK: Final = """(SELECT n.unit FROM work_order n WHERE n.ticket = w.ticket AND n.part = 'lead' AND n.id > w.id
    ORDER BY n.id LIMIT 1)"""
_RETURNS: Final = f"""SELECT 'return' AS how, r.id, r.ruled_at AS at, r.ruled_by_name AS by_name, r.ruling, r.code,
        w.unit AS gave, {_TOOK} AS took, t.id AS ticket, t.matter, t.district, t.street
    FROM return_request r JOIN work_order w ON w.id = r.work_order JOIN ticket t ON t.id = r.ticket
    WHERE r.upheld AND NOT EXISTS (SELECT 1 FROM conference k WHERE k.ticket = r.ticket AND k.ruled_at = r.ruled_at)"""
_CONFERENCES: Final = """SELECT 'conference' AS how, c.id, c.ruled_at AS at, c.ruled_by_name AS by_name, c.ruling, '' AS code,
        NULL::int AS gave, c.lead_unit AS took, t.id AS ticket, t.matter, t.district, t.street
    FROM conference c JOIN ticket t ON t.id = c.ticket WHERE c.ruled_at IS NOT NULL"""


async def earlier(officer: Officer, matter: str, street: str) -> list[Any]:
    """The latest rulings on the matter in the street's district, that of the street itself first; empty for no place."""
    book = await rulebook()
    here = book.streets.get(street)
    if here is None:
        return []
    around = [code for code, row in book.streets.items() if row.district == here.district]
    where = Where(matter, around, street).policy(officer)
    near = f"t.matter = $1 AND t.street = ANY($2::text[]) AND NOT t.confidential AND {where}"
    return await db.fetch(
        f"""SELECT * FROM (({_RETURNS} AND {near}) UNION ALL ({_CONFERENCES} AND {near})) found
            WHERE took IS NOT NULL ORDER BY street = $3 DESC, at DESC LIMIT {MOST}""",
        *where.args,
    )


async def record(officer: Officer, how: str, ruling: int, *, now: datetime) -> str:
    """Write the ruling into the catalogue: matter × street → the unit that took it, valid from today. Returns the line's code.

    Raises Denied, NotFound, and Refused where a line as specific stands already.
    """
    if not officer.can(*MAY_RECORD):
        raise Denied(_("记入派单目录须由班长或目录管理员办理。"))
    found = await _ruling(officer, how, ruling)
    book, today = await rulebook(), clock.local(now).date()
    unit = book.units.get(found["took"])
    if unit is None or not found["street"]:
        raise Refused(_("这次裁定没有单位或地点，不能记入目录。"), code="no_place")
    async with tx() as t:
        there = await t.fetchval(
            """SELECT code FROM catalogue_line WHERE matter_code = $1 AND street = $2
               AND (valid_to IS NULL OR valid_to >= $3) LIMIT 1""",
            found["matter"], found["street"], today,
        )  # fmt: skip
        if there is not None:
            raise Refused(
                _("目录里已有同样具体的 {line}，请到派单目录里改它。").format(line=there), code="in_catalogue"
            )
        code = f"{'C' if how == 'conference' else 'R'}{ruling}-{found['matter']}-{found['street']}"
        basis = _basis(found, how)
        values = {
            "code": code, "matter_code": found["matter"], "district": found["district"], "street": found["street"],
            "lead": unit.code, "assists": (), "legal_basis": basis, "valid_from": today, "valid_to": None,
            "matter_name": "", "place_name": "", "lead_name": "",
        }  # fmt: skip
        await changes.apply(CATALOGUE, [RowChange(-1, None, values)], by=officer, reason=basis, now=now)
    return code


async def _ruling(officer: Officer, how: str, ruling: int) -> Any:
    sql = {"return": f"{_RETURNS} AND r.id = $1", "conference": f"{_CONFERENCES} AND c.id = $1"}.get(how)
    where = Where(ruling).policy(officer)
    row = await db.fetchrow(f"{sql} AND {where}", *where.args) if sql else None
    if row is None:
        raise NotFound(_("没有这次裁定，或者您无权看。"))
    return row


def _basis(found: Any, how: str) -> str:
    """What the line rests on, so that it can be looked up."""
    kind = _("会商指定") if how == "conference" else _("退单裁定")
    day = clock.local(found["at"]).date().isoformat()
    said = f"{kind} {day} {found['ticket']}{_('：')}{found['ruling']}"
    return said[:300]
