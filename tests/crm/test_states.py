"""The table of moves: what must hold of it whatever rows are added."""

import pytest

from crm.tickets.states import (
    BY_NAME,
    FINAL,
    MOVES,
    ORDER_OPEN,
    RESTING,
    OrderStatus,
    Status,
    allowed,
    order_after,
)
from crm.tickets.words import CITIZEN, ORDER, STATUS

AGENT = frozenset({"ticket.register"})
DISPATCHER = frozenset({"ticket.dispatch"})
REVIEWER = frozenset({"ticket.review", "ticket.follow_up"})
UNIT = frozenset({"order.sign", "order.work"})


def names(status: Status, permissions: frozenset[str]) -> list[str]:
    return [move.name for move in allowed(status, permissions)]


def test_every_state_that_is_not_final_has_a_way_out() -> None:
    stuck = {
        s
        for s in Status
        if s not in FINAL and not any(s in m.sources and m.target not in (None, s) for m in MOVES)
    }
    assert stuck == set()


def test_every_state_can_be_reached_from_draft() -> None:
    reached, before = {Status.DRAFT}, set()
    while reached != before:
        before = set(reached)
        reached |= {m.target for m in MOVES if m.target and m.sources & reached}
    assert reached == set(Status)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(MOVES)


@pytest.mark.parametrize("table", [STATUS, CITIZEN])
def test_every_state_has_its_word(table: dict[str, str]) -> None:
    assert set(table) == set(Status)


def test_every_order_state_has_its_word() -> None:
    assert set(ORDER) == set(OrderStatus)


@pytest.mark.parametrize("inner", ["退单", "会商", "督办", "待审核"])
def test_citizens_never_read_the_hotlines_own_words(inner: str) -> None:
    assert not any(inner in word for word in CITIZEN.values())


@pytest.mark.parametrize(
    ("status", "who", "expected"),
    [
        (Status.DRAFT, AGENT, ["register", "answer", "refuse"]),
        (Status.RECEIVED, AGENT, ["append", "withdraw"]),
        (Status.RECEIVED, DISPATCHER, ["dispatch"]),
        (Status.DISPATCHED, DISPATCHER, ["reassign"]),
        (Status.DISPATCHED, UNIT, ["sign", "ask_return", "sign_assist", "reply_assist"]),
        (Status.HANDLING, UNIT, ["contact", "ask_return", "reply", "sign_assist", "reply_assist"]),
        (Status.RETURN_REVIEW, DISPATCHER, ["accept_return", "refuse_return"]),
        (Status.REPLIED, REVIEWER, ["send_back", "accept", "accept_and_close"]),
        (Status.REPLIED, UNIT, ["sign_assist", "reply_assist"]),
        (Status.FOLLOW_UP, REVIEWER, ["close", "redo"]),
        (Status.REDO, DISPATCHER, ["dispatch_redo"]),
        (Status.CLOSED, DISPATCHER, ["reopen"]),
        (Status.CLOSED, UNIT, []),
        (Status.WITHDRAWN, AGENT | DISPATCHER | REVIEWER | UNIT, []),
    ],
)
def test_who_may_do_what_from_where(status: Status, who: frozenset[str], expected: list[str]) -> None:
    assert names(status, who) == expected


def test_a_unit_cannot_judge_its_own_reply() -> None:
    assert not any(
        UNIT.intersection(m.who)
        for m in MOVES
        if m.name in {"accept", "accept_and_close", "send_back", "close"}
    )


def test_a_lead_that_has_replied_cannot_reply_again() -> None:
    assert order_after(BY_NAME["reply"], OrderStatus.REPLIED) is None


def test_moves_that_leave_the_units_hands_end_every_open_order() -> None:
    in_hands = {Status.DISPATCHED, Status.HANDLING, Status.RETURN_REVIEW, Status.REPLIED}
    for move in MOVES:
        if move.sources & in_hands and move.target is not None and move.target not in in_hands:
            assert move.others is not None, move.name
            assert move.others not in ORDER_OPEN, move.name


def test_resting_tickets_come_back_only_with_new_facts() -> None:
    ways = {m.name for m in MOVES if m.sources & RESTING and m.target}
    assert ways == {"reopen"}
    assert BY_NAME["reopen"].needs == ("facts",)
