"""The table of moves and the texts: whoever is told has something to read."""

from itertools import product

import pytest

from callbacks import told
from callbacks.texts import TEMPLATES
from crm.tickets.states import MOVES, ORDER_OPEN, Move, OrderStatus, Party

TOLD = [(move, party) for move in MOVES for party in move.told]
#: Everything that may be known of a ticket.
KNOWN = dict.fromkeys(("tail", "number", "unit", "due", "result", "text", "what", "why", "path"), "x")
#: Moves that make new work orders.
SENDS_OUT = {"dispatch", "dispatch_redo", "reassign", "accept_return", "designate", "add_assist"}


def _orders_after(move: Move) -> set[OrderStatus]:
    """What an order may be after the move that its unit is told of."""
    after = {state for _before, state in move.order} | ({move.others} if move.others else set())
    if move.name in SENDS_OUT:
        after.add(OrderStatus.DISPATCHED)
    return after | (set(ORDER_OPEN) if move.restores else set())


@pytest.mark.parametrize(("move", "party"), TOLD, ids=lambda of: getattr(of, "name", of))
def test_whoever_is_told_of_a_move_has_a_text_or_a_reason(move: Move, party: Party) -> None:
    if (move.name, str(party)) in told.SILENT:
        return
    if party is Party.CITIZEN:
        assert told.citizen(move.name, KNOWN) in TEMPLATES
    else:
        assert _orders_after(move)
        for after, part in product(_orders_after(move), ("lead", "assist")):
            assert told.unit(move.name, after, part) in TEMPLATES, after


def test_nothing_is_worded_that_nobody_is_told() -> None:
    verbs = {move.name for move, _party in TOLD}
    assert set(told.CITIZEN) | set(told.STILL) | told.NOT_FOR_CHILDREN <= verbs
    assert {verb for verb, _party in told.SILENT} <= verbs


def test_every_text_to_units_is_said_somewhere() -> None:
    said = {
        told.unit(move.name, after, part)
        for move, party in TOLD if party is Party.UNIT
        for after, part in product(_orders_after(move), ("lead", "assist"))
    }  # fmt: skip
    assert {name for name in TEMPLATES if name.startswith("unit_")} - said == {"unit_duty", "unit_news"}


def test_a_merged_citizen_hears_nothing_that_was_asked_of_another() -> None:
    assert told.citizen("grant_hold", KNOWN, ground="citizen") == "waiting_for_you"
    assert told.citizen("grant_hold", KNOWN, ground="citizen", of_master=True) == "paused"
    assert told.citizen("close", KNOWN, of_master=True) == ""
