"""A life that is over is lived again by the same rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import Denied
from core.officers import Officer
from crm.importing.messages import RIGHTS
from crm.tickets.history import Impossible, Story
from crm.tickets.move import NewOrder
from tests.crm.cast import NOW

BY = Officer(0, "import", "历史导入", permissions=RIGHTS)
LATER = NOW + timedelta(days=3)


def sent() -> Story:
    story = Story({})
    story.make("register", by=BY, at=NOW)
    story.make("dispatch", by=BY, at=NOW, new_orders=[NewOrder(1, "lead", {}), NewOrder(2, "assist", {})])
    return story


def test_a_move_from_a_wrong_state_is_impossible() -> None:
    with pytest.raises(Impossible):
        Story({}).make("dispatch", by=BY, at=NOW)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(Impossible):
        sent().make("sign", by=BY, at=NOW - timedelta(seconds=1))


def test_an_order_must_be_signed_before_it_is_answered() -> None:
    story = sent()
    with pytest.raises(Impossible):
        story.make("reply", by=BY, at=LATER, order=story.orders[0])


def test_rights_are_asked() -> None:
    with pytest.raises(Denied):
        Story({}).make("register", by=Officer(0, "x", "x"), at=NOW)


def test_what_is_left_open_ends_with_the_ticket() -> None:
    story = sent()
    lead, assist = story.orders
    story.make("sign", by=BY, at=NOW, order=lead)
    story.make("reply", by=BY, at=LATER, order=lead)
    story.make("accept_and_close", by=BY, at=LATER, order=lead)
    assert (story.status, lead.status, assist.status) == ("closed", "accepted", "cancelled")
    assert assist.columns["ended_at"] == LATER
    assert story.version == 5
