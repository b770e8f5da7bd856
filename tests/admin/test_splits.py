"""A split: who takes which part is chosen, told and done; nobody ends with two orders of one ticket; lines go along."""

from __future__ import annotations

import re
from typing import Any

from core import clock, db
from crm import jobs
from crm.tickets import replay
from routing.admin.shares import Field, Share, counted, heir_of
from routing.rulebook import forget
from tests.admin.test_units import BUREAU, HEATING, made, merged, unit
from tests.crm import cast
from tests.people import Hire

STREET = cast.HEATING["street"]


def test_the_first_share_that_holds_counts_and_the_rest_is_the_heirs() -> None:
    one, two = Share(1, "A", "甲", street="120104009"), Share(2, "B", "乙", district="120104", matter="03")
    assert heir_of([one, two], "120104", "120104009", "030101") == one
    assert heir_of([one, two], "120104", "120104001", "030101") == two
    assert heir_of([one, two], "120104", "120104001", "040101") is None
    fields = [Field("120104", "120104009", "030101", 2), Field("120105", "x", "030101", 3)]
    assert counted([one, two], fields) == {"": 3, "A": 2, "B": 0}


async def test_a_split_by_street_is_told_and_then_done(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    first, second = await made(admin, "NK-A", "南开供热一办"), await made(admin, "NK-B", "南开供热二办")
    forget()
    here, _order = await cast.dispatched(HEATING)
    other = await db.fetchval(
        "SELECT code FROM street WHERE district = '120104' AND code <> $1 ORDER BY code LIMIT 1", STREET
    )
    there, _order = await cast.dispatched(HEATING, street=other, phone="13800225678")
    split = {"kind": "split", "share_1": "NK-B", "street_1": other}
    told = await merged(admin, row, "NK-A", **split)
    assert told.status_code == 200
    assert re.search(r"<dt>南开供热二办</dt><dd>1 张</dd><dt>南开供热一办</dt><dd>1 张</dd>", told.text)
    assert await db.fetchval("SELECT count(*) FROM unit_succession") == 0
    seen = re.search(r'name="seen" value="(\w+)"', told.text)
    assert seen
    assert (await merged(admin, row, "NK-A", **split, seen="x")).status_code == 200
    assert (await merged(admin, row, "NK-A", **split, seen=seen[1])).status_code == 303
    assert await jobs.follow_units() == 2
    units = dict(await db.fetch("SELECT ticket, unit FROM work_order"))
    assert units == {here: first, there: second}
    assert [found async for found in replay.check()] == []


async def test_a_share_without_a_part_is_refused(officer: Hire) -> None:
    admin, (row, _code) = await officer("admin"), await unit(HEATING)
    await made(admin, "NK-A", "南开供热一办")
    await made(admin, "NK-B", "南开供热二办")
    answer = await merged(admin, row, "NK-A", kind="split", share_1="NK-B")
    assert answer.status_code == 422
    assert "南开供热二办 接哪些" in answer.text
    answer = await merged(admin, row, "NK-A", kind="split", share_1="NK-B", street_1="999")
    assert "第 1 行" in answer.text


async def orders(number: int) -> list[Any]:
    rows = await db.fetch("SELECT unit, part, status FROM work_order WHERE ticket = $1 ORDER BY id", number)
    return [tuple(row.values()) for row in rows]


async def test_an_heir_that_assists_goes_on_as_lead_only(officer: Hire) -> None:
    admin, (row, _code), (heir, code) = await officer("admin"), await unit(HEATING), await unit(BUREAU)
    number, _lead = await cast.dispatched(HEATING, assists=(BUREAU,))
    await merged(admin, row, code)
    assert await jobs.follow_units() == 1
    assert await orders(number) == [(heir, "lead", "dispatched"), (heir, "assist", "cancelled")]
    assert [found async for found in replay.check()] == []


async def test_an_assist_that_comes_to_the_lead_ends(officer: Hire) -> None:
    admin, (row, _code), (heir, code) = await officer("admin"), await unit(HEATING), await unit(BUREAU)
    number, _lead = await cast.dispatched(BUREAU, assists=(HEATING,))
    await merged(admin, row, code)
    await jobs.follow_units()
    assert await orders(number) == [(heir, "lead", "dispatched"), (heir, "assist", "cancelled")]
    assert [found async for found in replay.check()] == []


async def test_lines_that_name_the_unit_go_on_under_its_heir_and_come_back(officer: Hire) -> None:
    admin, (row, code), (_heir, heir_code) = await officer("admin"), await unit(HEATING), await unit(BUREAU)
    naming = "SELECT count(*) FROM catalogue_line WHERE (lead_unit_code = $1 OR $1 = ANY(assists)) AND (valid_to IS NULL OR valid_to >= $2)"  # fmt: skip
    before = await db.fetchval(naming, code, clock.today())
    await db.execute(
        """INSERT INTO catalogue_line (code, matter_code, street, lead_unit_code, assists, legal_basis)
           VALUES ('T-1', '030101', $1, $2, '{}', ''), ('T-2', '030101', $1, $3, ARRAY[$2], '')""",
        STREET, code, heir_code,
    )  # fmt: skip
    await merged(admin, row, heir_code, lines_follow="1")
    assert await db.fetchval(naming, code, clock.today()) == 0
    new = await db.fetch(
        "SELECT lead_unit_code, assists FROM catalogue_line WHERE code LIKE 'T-_.%' ORDER BY code"
    )
    assert [(line["lead_unit_code"], list(line["assists"])) for line in new] == [
        (heir_code, []),
        (heir_code, []),
    ]
    change = await db.fetchval("SELECT id FROM admin_change WHERE subject = 'catalogue' AND kind = 'merge'")
    back = await admin.post(f"/admin/catalogue/changes/{change}/undo", {"reason": "暂缓"})
    assert back.status_code in (200, 303)
    if back.status_code == 200:
        from tests.admin.forms import asked

        await admin.post(f"/admin/catalogue/changes/{change}/undo", asked(back.text))
    assert await db.fetchval(naming, code, clock.today()) == before + 2
