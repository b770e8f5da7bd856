"""What programs send to `/api/v1/tickets`, right and wrong."""

from __future__ import annotations

import pytest

from core import db
from tests.crm.cast import HEATING
from tests.people import Hire

pytestmark = pytest.mark.usefixtures("database")


async def test_a_repeat_with_the_same_key_is_the_same_ticket(officer: Hire) -> None:
    alice = await officer("agent")
    head = {"Idempotency-Key": "one"}
    first, again = [await alice.client.post("/api/v1/tickets", json=HEATING, headers=head) for _ in "12"]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await db.fetchval("SELECT count(*) FROM ticket") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("[]", "body"),
        ('{"a":' * 3000, "body"),
        ('{"reply_by": 5}', "reply_by"),
        ('{"reply_by": [{"sms": 1}]}', "reply_by"),
        ('{"kind": {"a": 1}, "content": [2]}', "kind"),
    ],
)
async def test_what_is_no_ticket_is_named_and_nothing_is_written(
    officer: Hire, body: str, field: str
) -> None:
    alice = await officer("agent")
    head = {"Content-Type": "application/json"}
    answer = await alice.client.post("/api/v1/tickets", content=body, headers=head)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not await db.fetchval("SELECT count(*) FROM ticket")


@pytest.mark.parametrize(("field", "most"), [("name", 50), ("contact", 100), ("address", 200)])
async def test_what_would_be_cut_is_refused(officer: Hire, field: str, most: int) -> None:
    alice = await officer("agent")
    answer = await alice.client.post("/api/v1/tickets", json={**HEATING, field: "长" * (most + 1)})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
