"""Every move × state × role: the table, the rights and the forms say the same."""

from __future__ import annotations

import pytest

from core import fields
from core.errors import Denied
from core.officers import Officer
from crm.tickets.access import check_may
from crm.tickets.hotline import HOTLINE
from crm.tickets.states import BY_NAME, MOVES, Status, allowed
from crm.tickets.verbs import VERBS
from routing.posts import ROLES

PEOPLE = {
    role: Officer(n, role, role, permissions=rights) for n, (role, rights) in enumerate(ROLES.items(), 1)
}
EVERYBODY = PEOPLE | {"hotline": HOTLINE}
#: Moves that nobody asks for by themselves: the verb that makes them, or the hotline's own job.
MADE_BY = {
    "rerate": "a changed urgency, by crm/tickets/recompute", "succeed": "a unit's succession", "escalate": "the job",
    "remind_citizen": "the job", "recompute": "a changed calendar or limit", "archive": "the job",
    "propose_return": "ask_return, by a handler", "designate_same": "designate, to the unit that has it",
    "gather": "merge, on the master", "release": "unmerge, on the master", "withdraw_merged": "withdraw",
    "merged_answered": "close, on a merged ticket", "merged_redo": "redo, on a merged ticket",
}  # fmt: skip
#: Needs that go by another name in the form, or are no field of it, and why.
ELSEWHERE = {
    ("register", "place"): "street and address", ("accept_and_close", "follow_up_ground"): "ground",
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_what_is_offered_is_what_is_enforced(role: str) -> None:
    officer = EVERYBODY[role]
    for move in MOVES:
        offered = {s for s in Status if move in allowed(s, officer.permissions)}
        try:
            check_may(officer, move)
            may = set(move.sources)
        except Denied:
            may = set()
        assert offered == may, move.name


def test_every_move_is_somebodys() -> None:
    for move in MOVES:
        assert any(officer.can(*move.who) for officer in EVERYBODY.values()), move.name


def test_every_move_is_a_verb_or_made_by_one() -> None:
    asked_for = set(VERBS)
    assert asked_for <= set(BY_NAME)
    assert set(BY_NAME) - asked_for - set(MADE_BY) == set()


def test_every_form_asks_for_what_its_move_needs() -> None:
    for name, verb in VERBS.items():
        asked = {one.name for one in fields.asked(verb.form)}
        missing = {
            need for need in BY_NAME[name].needs if need not in asked and (name, need) not in ELSEWHERE
        }
        assert missing == set(), name


@pytest.mark.parametrize("name", sorted(n for n, v in VERBS.items() if v.on == "order"))
def test_what_is_done_to_an_order_is_a_units_alone(name: str) -> None:
    """The hotline's staff hold none of the rights, but for what `MOVES` gives them beside the unit."""
    may = {role for role, officer in PEOPLE.items() if officer.can(*BY_NAME[name].who)}
    assert may <= {"unit_handler", "unit_head"}, may
