"""Loading the reference data: complete, repeatable, and respectful of what somebody edited."""

import pytest

from core import db
from routing import rulebook
from routing.seed import load as reference
from routing.seed import sources

pytestmark = pytest.mark.usefixtures("database")
COUNTS = {
    "unit": len(sources.units()),
    "street": len(sources.streets()),
    "matter": len(sources.matters()),
    "catalogue_line": len(sources.catalogue()),
    "time_limit": len(sources.limits()),
    "calendar_day": len(sources.rows("calendar.csv")),
}


async def version() -> int:
    return int(await db.fetchval("SELECT version FROM reference_version WHERE name = 'all'"))


async def test_every_row_of_the_files_is_in_the_tables() -> None:
    for table, n in COUNTS.items():
        assert await db.fetchval(f"SELECT count(*) FROM {table}") == n, table


async def test_loading_again_changes_nothing() -> None:
    before = await version()
    assert await reference.load() == dict.fromkeys(COUNTS, 0) | {}
    assert await reference.load(refresh=True) == dict.fromkeys(COUNTS, 0)
    assert await version() == before


async def test_what_an_admin_edited_stays() -> None:
    await db.execute("UPDATE matter SET name = '室温不达标', urgency = 1 WHERE code = '030101'")
    await reference.load()
    row = await db.fetchrow("SELECT name, urgency FROM matter WHERE code = '030101'")
    assert tuple(row) == ("室温不达标", 1)


async def test_refreshing_puts_the_files_values_back() -> None:
    await db.execute("UPDATE matter SET name = '室温不达标' WHERE code = '030101'")
    before = await version()
    assert (await reference.load(refresh=True))["matter"] == 1
    assert await db.fetchval("SELECT name FROM matter WHERE code = '030101'") == "不热"
    assert await version() == before + 1


async def test_a_missing_unit_comes_back_below_its_parent_where_that_now_hangs() -> None:
    await db.execute("DELETE FROM unit WHERE code = 'D120104-GR'")
    await db.execute("UPDATE unit SET path = '/TJ/XX/D120104-CG/', level = 2 WHERE code = 'D120104-CG'")
    assert (await reference.load())["unit"] == 1
    row = await db.fetchrow(
        "SELECT u.path, u.level, p.code FROM unit u JOIN unit p ON p.id = u.parent WHERE u.code = 'D120104-GR'"
    )
    assert tuple(row) == ("/TJ/XX/D120104-CG/D120104-GR/", 3, "D120104-CG")


async def test_every_unit_but_the_city_has_the_parent_its_path_says() -> None:
    astray = await db.fetch(
        """SELECT u.code FROM unit u LEFT JOIN unit p ON p.id = u.parent
           WHERE u.path <> coalesce(p.path, '/') || u.code || '/' OR (p.id IS NULL AND u.code <> 'TJ')"""
    )
    assert astray == []


async def test_progress_is_told_table_by_table() -> None:
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        told.append((done, total))

    await reference.load(progress)
    assert told == [(n, 6) for n in range(1, 7)]


async def test_a_loaded_change_is_seen_at_once_in_this_process() -> None:
    rulebook.forget()
    assert "030101" in (await rulebook.rulebook()).matters
    await db.execute("DELETE FROM matter WHERE code = '030102'")
    rulebook.forget()
    assert "030102" not in (await rulebook.rulebook()).matters
    await reference.load()
    assert "030102" in (await rulebook.rulebook()).matters
