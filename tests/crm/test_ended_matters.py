"""A matter that has ended, or has not begun, takes no new ticket; the agent is told why. Old records keep theirs."""

from datetime import date

import pytest

from core import db
from core.errors import Invalid
from crm.tickets import registration
from routing import rulebook
from tests.crm.cast import HEATING

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(
    ("column", "day", "says"),
    [
        ("valid_to", "2026-11-23", "最后一天是 2026-11-23"),
        ("valid_from", "2026-12-01", "从 2026-12-01 起才启用"),
    ],
)
async def test_a_matter_out_of_its_time_is_refused_with_its_day(column: str, day: str, says: str) -> None:
    await db.execute(
        f"UPDATE matter SET {column} = $1 WHERE code = $2", date.fromisoformat(day), HEATING["matter"]
    )
    rulebook.forget()
    book = await rulebook.rulebook()
    with pytest.raises(Invalid) as refused:
        registration.check(HEATING, book, on=date(2026, 11, 24))
    assert says in refused.value.fields["matter"]
    assert registration.check(HEATING, book).matter == HEATING["matter"]
    inside = date(2026, 11, 23) if column == "valid_to" else date(2026, 12, 1)
    assert registration.check(HEATING, book, on=inside).matter == HEATING["matter"]
    rulebook.forget()
