"""The 58 public numbers as shipped."""

from collections import Counter

import pytest

from core import db
from crm.seed import load as seed
from routing.seed import sources


def test_there_are_58_numbers_in_the_modes_agreed() -> None:
    modes = Counter(line["mode"] for line in seed.lines())
    assert modes == {"main": 2, "merged": 20, "parallel": 22, "sub_centre": 13, "link": 1}


def test_each_line_names_itself_its_owner_its_greeting_and_a_known_matter() -> None:
    codes = {matter.code for matter in sources.matters()} | {""}
    for line in seed.lines():
        assert all(line[key] for key in ("name", "name_en", "owner", "greeting", "hours", "valid_from")), (
            line["number"]
        )
        assert line["default_matter"] in codes, line["number"]


def test_no_number_is_both_ours_and_never_merged() -> None:
    ours, theirs = ({row["number"] for row in rows} for rows in (seed.lines(), seed.never_merge()))
    assert len(ours) == 58
    assert ours & theirs == set()
    assert {"110", "119", "120", "122", "12395", "12119", "12388"} <= theirs


def test_what_the_agent_says_names_the_number_in_both_languages() -> None:
    for row in seed.never_merge():
        assert row["number"] in row["say"], row["number"]
        assert row["number"] in row["say_en"], row["number"]


@pytest.mark.usefixtures("database")
async def test_loading_again_changes_nothing_and_keeps_edits() -> None:
    await db.execute("UPDATE line SET greeting = '您好' WHERE number = '12345'")
    assert await seed.load() == {"line": 0, "never_merge": 0}
    assert await db.fetchval("SELECT greeting FROM line WHERE number = '12345'") == "您好"
    assert (await seed.load(refresh=True))["line"] == 1
