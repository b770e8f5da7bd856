"""No way to a ticket gives numbers inside its text to those who may not see them."""

from __future__ import annotations

import pytest

from tests.crm.cast import dispatched
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")
TEXT = "暖气不热，请打 13912345678 联系我，身份证 120104199001011234"


@pytest.mark.parametrize(
    "path",
    [
        "/tickets/{n}",
        "/tickets/{n}/story",
        "/api/v1/tickets/{n}",
        "/api/v1/tickets",
        "/search?q=暖气",
        "/orders/{o}",
    ],
)
@pytest.mark.parametrize(("role", "unit"), [("unit_handler", "D120104-GR"), ("agent", "")])
async def test_numbers_in_the_text_are_shortened(officer: Hire, path: str, role: str, unit: str) -> None:
    number, order = await dispatched(content=TEXT)
    visitor = await officer(role, unit)
    answer = await visitor.get(path.format(n=number, o=order))
    assert answer.status_code == 200
    assert "1391234" not in answer.text
    assert "12010419900101" not in answer.text


async def test_programs_never_read_a_number_in_clear(officer: Hire) -> None:
    number, _order = await dispatched(content=TEXT)
    boss = await officer("supervisor")
    assert "1391234" not in (await boss.get(f"/api/v1/tickets/{number}")).text
