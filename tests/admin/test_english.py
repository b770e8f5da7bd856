"""An English reader's administration: names in English where a row has them, group words that say what they mean."""

import pytest

from core import db
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")
ENGLISH = {"Accept-Language": "en"}


async def test_the_catalogue_shows_matter_place_and_unit_in_english(officer: Hire) -> None:
    admin = await officer("admin")
    line = await db.fetchrow(
        """SELECT l.id, l.code, m.path_name, m.path_name_en, u.name, u.name_en FROM catalogue_line l
           JOIN matter m ON m.code = l.matter_code JOIN unit u ON u.code = l.lead_unit_code
           WHERE m.path_name_en <> '' AND u.name_en <> '' AND u.name_en !~ '[&'']' AND m.path_name_en !~ '[&'']'
           ORDER BY l.code LIMIT 1"""
    )
    page = (await admin.client.get(f"/admin/catalogue?q={line['code']}", headers=ENGLISH)).text
    assert line["name_en"] in page
    assert line["path_name_en"][:40] in page
    assert line["name"] not in page
    row = (await admin.client.get(f"/admin/catalogue/{line['id']}", headers=ENGLISH)).text
    assert f"<dd>{line['name_en']}</dd>" in row
    chinese = (await admin.get(f"/admin/catalogue?q={line['code']}")).text
    assert line["name"] in chinese


async def test_group_words_are_english_words_of_their_own(officer: Hire) -> None:
    admin = await officer("admin")
    page = (await admin.client.get("/admin", headers=ENGLISH)).text
    assert "Dispatch rules" in page
    assert "Dispatched" not in page
