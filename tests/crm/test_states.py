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
        # fmt: off
        (Status.DRAFT, AGENT, ["register", "answer", "refuse", "emergency"]),
        (
            Status.RECEIVED,
            AGENT,
            [
                "emergency",
                "append",
                "urge",
                "merge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.RECEIVED,
            DISPATCHER,
            [
                "dispatch",
                "urge",
                "merge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (
            Status.RECEIVED,
            SUPERVISOR,
            [
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.RECEIVED, HEAD, ["answer_supervision"]),
        (Status.RECEIVED, HOTLINE, ["urge", "supervise", "raise_supervision"]),
        (Status.ANSWERED, AGENT, ["append", "keep_secret", "reopen", "appeal"]),
        (Status.ANSWERED, DISPATCHER, ["release", "keep_secret", "reopen", "keep_closed"]),
        (Status.ANSWERED, SUPERVISOR, ["leader_note"]),
        (Status.ANSWERED, HOTLINE, ["archive"]),
        (Status.REFUSED, AGENT, ["append", "keep_secret", "reopen", "appeal"]),
        (Status.REFUSED, DISPATCHER, ["release", "keep_secret", "reopen", "keep_closed"]),
        (Status.REFUSED, SUPERVISOR, ["leader_note"]),
        (Status.REFUSED, HOTLINE, ["archive"]),
        (
            Status.EMERGENCY,
            AGENT,
            [
                "emergency_over",
                "emergency_back",
                "append",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (Status.EMERGENCY, DISPATCHER, ["release", "keep_secret", "name_accused"]),
        (Status.EMERGENCY, SUPERVISOR, ["supervise", "raise_supervision", "lift_supervision", "leader_note"]),
        (Status.EMERGENCY, HEAD, ["answer_supervision"]),
        (Status.EMERGENCY, HOTLINE, ["supervise", "raise_supervision"]),
        (
            Status.DISPATCHED,
            AGENT,
            [
                "append",
                "urge",
                "merge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.DISPATCHED,
            DISPATCHER,
            [
                "reassign",
                "add_assist",
                "rerate",
                "urge",
                "merge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (
            Status.DISPATCHED,
            UNIT,
            [
                "sign",
                "pass_down",
                "take_back",
                "sign_assist",
                "reply_assist",
                "propose_return",
                "ask_return",
                "answer_urge",
            ],
        ),
        (
            Status.DISPATCHED,
            SUPERVISOR,
            [
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.DISPATCHED, HEAD, ["drop_return", "answer_supervision"]),
        (
            Status.DISPATCHED,
            HOTLINE,
            [
                "rerate",
                "succeed",
                "escalate",
                "urge",
                "supervise",
                "raise_supervision",
            ],
        ),
        (
            Status.HANDLING,
            AGENT,
            [
                "append",
                "urge",
                "merge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.HANDLING,
            DISPATCHER,
            [
                "reassign",
                "add_assist",
                "rerate",
                "grant_extension",
                "refuse_extension",
                "grant_hold",
                "refuse_hold",
                "urge",
                "merge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (
            Status.HANDLING,
            UNIT,
            [
                "contact",
                "pass_down",
                "take_back",
                "reply",
                "sign_assist",
                "reply_assist",
                "ask_extension",
                "ask_hold",
                "propose_return",
                "ask_return",
                "answer_urge",
            ],
        ),
        (
            Status.HANDLING,
            SUPERVISOR,
            [
                "grant_extension",
                "refuse_extension",
                "grant_hold",
                "refuse_hold",
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.HANDLING, HEAD, ["drop_return", "answer_supervision"]),
        (Status.HANDLING, HOTLINE, ["rerate", "succeed", "urge", "supervise", "raise_supervision"]),
        (
            Status.SUSPENDED,
            AGENT,
            [
                "append",
                "urge",
                "merge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.SUSPENDED,
            DISPATCHER,
            [
                "reassign",
                "rerate",
                "resume",
                "urge",
                "merge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (Status.SUSPENDED, UNIT, ["sign_assist", "reply_assist", "resume", "answer_urge"]),
        (
            Status.SUSPENDED,
            SUPERVISOR,
            [
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.SUSPENDED, HEAD, ["answer_supervision"]),
        (
            Status.SUSPENDED,
            HOTLINE,
            [
                "rerate",
                "succeed",
                "resume",
                "urge",
                "supervise",
                "raise_supervision",
            ],
        ),
        (
            Status.RETURN_REVIEW,
            AGENT,
            [
                "append",
                "urge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.RETURN_REVIEW,
            DISPATCHER,
            [
                "rerate",
                "accept_return",
                "refuse_return",
                "call_conference",
                "urge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (Status.RETURN_REVIEW, UNIT, ["sign_assist", "reply_assist", "answer_urge"]),
        (
            Status.RETURN_REVIEW,
            SUPERVISOR,
            [
                "call_conference",
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.RETURN_REVIEW, HEAD, ["answer_supervision"]),
        (Status.RETURN_REVIEW, HOTLINE, ["rerate", "succeed", "urge", "supervise", "raise_supervision"]),
        (Status.CONFERENCE, AGENT, ["append", "urge", "gather", "keep_secret", "name_accused", "withdraw"]),
        (
            Status.CONFERENCE,
            DISPATCHER,
            [
                "rerate",
                "minute",
                "urge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (Status.CONFERENCE, UNIT, ["sign_assist", "reply_assist", "answer_urge"]),
        (
            Status.CONFERENCE,
            SUPERVISOR,
            [
                "minute",
                "designate",
                "designate_same",
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.CONFERENCE, HEAD, ["answer_supervision"]),
        (Status.CONFERENCE, HOTLINE, ["rerate", "succeed", "urge", "supervise", "raise_supervision"]),
        (Status.REPLIED, AGENT, ["append", "urge", "gather", "keep_secret", "name_accused", "withdraw"]),
        (
            Status.REPLIED,
            DISPATCHER,
            [
                "urge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (Status.REPLIED, REVIEWER, ["send_back", "accept", "accept_and_close"]),
        (Status.REPLIED, UNIT, ["sign_assist", "reply_assist", "answer_urge"]),
        (
            Status.REPLIED,
            SUPERVISOR,
            [
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.REPLIED, HEAD, ["answer_supervision"]),
        (Status.REPLIED, HOTLINE, ["succeed", "urge", "supervise", "raise_supervision"]),
        (Status.FOLLOW_UP, AGENT, ["append", "gather", "keep_secret", "name_accused", "withdraw"]),
        (
            Status.FOLLOW_UP,
            DISPATCHER,
            [
                "gather",
                "release",
                "declare_incident",
                "keep_secret",
                "name_accused",
            ],
        ),
        (Status.FOLLOW_UP, REVIEWER, ["try_follow_up", "close", "redo"]),
        (
            Status.FOLLOW_UP,
            SUPERVISOR,
            [
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
            ],
        ),
        (Status.FOLLOW_UP, HEAD, ["answer_supervision"]),
        (Status.FOLLOW_UP, HOTLINE, ["supervise", "raise_supervision"]),
        (Status.CLOSED, AGENT, ["append", "keep_secret", "reopen", "appeal"]),
        (Status.CLOSED, DISPATCHER, ["release", "keep_secret", "reopen", "keep_closed"]),
        (Status.CLOSED, SUPERVISOR, ["supervise", "raise_supervision", "lift_supervision", "leader_note"]),
        (Status.CLOSED, HEAD, ["answer_supervision"]),
        (Status.CLOSED, HOTLINE, ["supervise", "raise_supervision", "archive"]),
        (
            Status.REDO,
            AGENT,
            [
                "append",
                "urge",
                "merge",
                "gather",
                "keep_secret",
                "name_accused",
                "withdraw",
            ],
        ),
        (
            Status.REDO,
            DISPATCHER,
            [
                "dispatch_redo",
                "refuse_redo",
                "urge",
                "merge",
                "gather",
                "release",
                "declare_incident",
                "announce",
                "keep_secret",
                "name_accused",
            ],
        ),
        (
            Status.REDO,
            SUPERVISOR,
            [
                "urge",
                "supervise",
                "raise_supervision",
                "lift_supervision",
                "leader_note",
                "declare_incident",
                "announce",
            ],
        ),
        (Status.REDO, HEAD, ["answer_supervision"]),
        (Status.REDO, HOTLINE, ["urge", "supervise", "raise_supervision"]),
        (Status.MERGED, AGENT, ["append", "keep_secret", "withdraw_merged"]),
        (Status.MERGED, DISPATCHER, ["unmerge", "release", "keep_secret"]),
        (Status.MERGED, REVIEWER, ["merged_answered", "merged_redo"]),
        (Status.MERGED, SUPERVISOR, ["raise_supervision", "lift_supervision", "leader_note"]),
        (Status.MERGED, HEAD, ["answer_supervision"]),
        (Status.MERGED, HOTLINE, ["raise_supervision"]),
        (Status.CLOSED, UNIT, []),
        (Status.WITHDRAWN, AGENT | DISPATCHER | REVIEWER | UNIT | SUPERVISOR | HOTLINE, []),
        # fmt: on
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
    for move in MOVES:
        if move.sources & IN_HANDS and move.target is not None and move.target not in IN_HANDS:
            assert move.others is not None, move.name
            assert move.others not in ORDER_OPEN, move.name


def test_resting_tickets_come_back_only_with_new_facts() -> None:
    ways = {m.name for m in MOVES if m.sources & RESTING and m.target not in {None, *FINAL}}
    assert ways == {"reopen"}
    assert BY_NAME["reopen"].needs == ("facts",)
