"""The table of moves: what must hold of it whatever rows are added."""

import pytest

from crm.tickets.states import (
    BY_NAME,
    FINAL,
    IN_HANDS,
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
HEAD = frozenset({"order.approve"})
SUPERVISOR = frozenset({"ticket.supervise"})
HOTLINE = frozenset({"ticket.auto"})


def names(status: Status, permissions: frozenset[str]) -> list[str]:
    return [move.name for move in allowed(status, permissions)]


def test_every_state_that_is_not_final_has_a_way_out() -> None:
    stuck = {
        s
        for s in Status
        if s not in FINAL
        and not any(s in m.sources and (m.restores or m.target not in (None, s)) for m in MOVES)
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
        (Status.DRAFT, AGENT, ["register", "answer", "refuse", "emergency"]),
        (Status.RECEIVED, AGENT, ["append", "withdraw"]),
        (Status.RECEIVED, DISPATCHER, ["dispatch", "merge"]),
        (Status.DISPATCHED, DISPATCHER, ["reassign", "add_assist"]),
        (Status.DISPATCHED, UNIT, ["sign", "propose_return", "sign_assist", "reply_assist"]),
        (Status.DISPATCHED, HEAD, ["ask_return", "drop_return"]),
        (Status.DISPATCHED, HOTLINE, ["escalate", "succeed", "rerate"]),
        (Status.HANDLING, UNIT, ["contact", "reply", "ask_extension", "ask_hold", "propose_return"]),
        (Status.HANDLING, DISPATCHER, ["grant_extension", "refuse_extension", "grant_hold", "refuse_hold"]),
        (Status.SUSPENDED, HOTLINE, ["resume"]),
        (Status.RETURN_REVIEW, DISPATCHER, ["accept_return", "refuse_return", "call_conference"]),
        (Status.CONFERENCE, SUPERVISOR, ["designate", "designate_same"]),
        (Status.REPLIED, REVIEWER, ["send_back", "accept", "accept_and_close"]),
        (Status.REPLIED, UNIT, ["sign_assist", "reply_assist"]),
        (Status.FOLLOW_UP, REVIEWER, ["close", "redo"]),
        (Status.REDO, DISPATCHER, ["dispatch_redo", "refuse_redo"]),
        (Status.MERGED, DISPATCHER, ["unmerge"]),
        (Status.CLOSED, DISPATCHER, ["reopen", "keep_closed"]),
        (Status.CLOSED, HOTLINE, ["archive"]),
    ],
)
def test_who_may_do_what_from_where(status: Status, who: frozenset[str], expected: list[str]) -> None:
    can = names(status, who)
    assert [name for name in can if name in expected] == sorted(expected, key=can.index)


EVERYBODY = AGENT | DISPATCHER | REVIEWER | UNIT | HEAD | SUPERVISOR | HOTLINE


@pytest.mark.parametrize("final", sorted(FINAL))
def test_nothing_moves_what_is_final(final: Status) -> None:
    assert names(final, EVERYBODY) == []


@pytest.mark.parametrize(
    ("who", "never"),
    [
        (AGENT, {"dispatch", "reassign", "accept", "close", "designate", "grant_extension", "unmerge"}),
        (DISPATCHER, {"sign", "reply", "accept", "designate", "supervise", "close"}),
        (REVIEWER, {"dispatch", "sign", "reply", "supervise"}),
        (UNIT, {"ask_return", "grant_extension", "grant_hold", "accept", "close", "answer_supervision"}),
        (HOTLINE, {"dispatch", "accept", "close", "redo", "grant_extension", "grant_hold", "designate"}),
    ],
)
def test_what_a_right_never_gives(who: frozenset[str], never: set[str]) -> None:
    assert never <= set(BY_NAME)
    assert not {name for status in Status for name in names(status, who)} & never


def test_a_unit_does_nothing_to_a_ticket_at_rest() -> None:
    assert {name for status in RESTING for name in names(status, UNIT)} == set()


def test_a_unit_cannot_judge_its_own_reply() -> None:
    assert not any(
        UNIT.intersection(m.who)
        for m in MOVES
        if m.name in {"accept", "accept_and_close", "send_back", "close"}
    )


def test_a_lead_that_has_replied_cannot_reply_again() -> None:
    assert order_after(BY_NAME["reply"], OrderStatus.REPLIED) is None


def test_moves_that_leave_the_units_hands_end_every_open_order() -> None:
    for move in MOVES:
        if move.sources & IN_HANDS and move.target is not None and move.target not in IN_HANDS:
            assert move.others is not None, move.name
            assert move.others not in ORDER_OPEN, move.name


def test_resting_tickets_come_back_only_with_new_facts() -> None:
    ways = {m.name for m in MOVES if m.sources & RESTING and m.target not in {None, *FINAL}}
    assert ways == {"reopen"}
    assert BY_NAME["reopen"].needs == ("facts",)
