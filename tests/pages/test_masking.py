"""No way to a ticket gives numbers inside its text to those who may not see them."""

from __future__ import annotations

import pytest

from core import db
from tests.crm.cast import dispatched
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")
TEXT = "暖气不热，请打 13912345678 联系我，身份证 120104199001011234"
#: Every other free text around a ticket that its readers see.
ELSEWHERE = "打我爱人 13987654321"


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


@pytest.mark.parametrize(
    ("path", "role", "unit"),
    [
        ("/tickets/{n}", "agent", ""),
        ("/tickets/{n}/story", "agent", ""),
        ("/dispatch/{n}", "dispatcher", ""),
        ("/dispatch/{n}/preview", "dispatcher", ""),
        ("/review/{n}", "reviewer", ""),
        ("/orders/{o}", "unit_handler", "D120104-GR"),
        ("/orders/{o}/contact", "unit_handler", "D120104-GR"),
        ("/orders/{o}/print", "unit_handler", "D120104-GR"),
        ("/tickets/{n}", "unit_handler", "D120104-GR"),
    ],
)
async def test_numbers_are_shortened_in_every_other_text(
    officer: Hire, path: str, role: str, unit: str
) -> None:
    number, order = await dispatched(contact=ELSEWHERE)
    agent = await officer("agent")
    await agent.post(f"/tickets/{number}/additions", {"content": ELSEWHERE})
    await db.execute("UPDATE citizen SET remark = $1", ELSEWHERE)
    await db.execute(
        "UPDATE work_order SET reply = $1, note = $1, reason = $1 WHERE id = $2", ELSEWHERE, order
    )
    visitor = agent if role == "agent" else await officer(role, unit)
    answer = await visitor.get(path.format(n=number, o=order))
    assert answer.status_code == 200
    assert "139****4321" in answer.text
    assert "1398765" not in answer.text
