"""What is counted, as SQL: for each formula the facts of a period, each with its verdict.

A fact has `id, ticket, at, line, unit, matter, verdict`; `at` is the formula's basis. The verdict is the first
condition that holds, from the top. Counting, listing and exporting all read the same fact, so a number and the
rows behind it cannot differ but by what happened in between. DOMAIN's traps are here: closure goes by the
reply's own moment if it passed review; a rejected reply is none; a return never resets anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock
from crm.kpi.formulas import FORMULAS
from crm.kpi.rates import Rules
from crm.tickets.number import first_of

_Case = tuple[tuple[str, str], ...]  # (condition, verdict), the first that holds


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included, as far as `now`: what is due later is not yet due."""

    first: date
    last: date
    now: datetime

    @property
    def since(self) -> datetime:
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        return min(_midnight(self.last + timedelta(days=1)), self.now)


class Args:
    """Collects arguments and hands out their `$n`."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


def facts(key: str, period: Period, rules: Rules, args: Args) -> str:
    """A SELECT of the facts of formula `key` in that period; arguments go to `args`."""
    of = FORMULAS[key].of
    if of == "tickets":
        return _tickets(key, period, args)
    since, until = args(period.since), args(period.until)
    if of == "calls":
        return _calls(_call_case(key, rules), since, until)
    if of == "orders":
        return _orders(key, since, until)
    if of == "rounds":
        return (
            _follow_ups(since, until, args, period)
            if key == "follow_up"
            else _asked(key, rules, since, until)
        )
    return _tries(since, until)


# --- calls ---


def _calls(case: _Case, since: str, until: str) -> str:
    return f"""SELECT c.id, NULL::bigint AS ticket, c.offered_at AS at, c.line, 0 AS unit, '' AS matter,
            {_verdict(case)} AS verdict
        FROM call c WHERE c.direction = 'in' AND c.offered_at >= {since} AND c.offered_at < {until}"""


def _call_case(key: str, rules: Rules) -> _Case:
    answered, soon = "c.answered_at IS NOT NULL", f"interval '{int(rules.service_level)} seconds'"
    short = f"interval '{int(rules.short_abandon)} seconds'"
    out: _Case = (
        ("c.disposition = 'test'", "test"),
        ("c.answered_at IS NULL AND c.status <> 'ended'", "waiting"),
        (f"c.answered_at IS NULL AND c.ended_at - c.offered_at < {short}", "short"),
    )
    in_time = f"c.answered_at - c.offered_at <= {soon}"
    match key:
        case "connection":
            return (*out, (answered, "yes"), ("TRUE", "no"))
        case "abandoned":
            return (*out, (answered, "no"), ("TRUE", "yes"))
        case "service_level":
            return (*out, (in_time, "yes"), ("TRUE", "no"))
    return (out[0], ("c.answered_at IS NULL", ""), (in_time, "yes"), ("TRUE", "no"))


# --- work orders of the lead ---

_GONE: _Case = (
    ("t.status = 'withdrawn'", "withdrawn"),
    ("w.status = 'merged' OR t.status = 'merged'", "merged"),
    ("t.status = 'emergency'", "emergency"),
)
_MOVED_ON: _Case = (
    ("w.status = 'returned'", "returned"),
    ("w.status IN ('recalled', 'cancelled')", "recalled"),
)
_ACTED = "least(w.signed_at, (SELECT min(r.asked_at) FROM return_request r WHERE r.work_order = w.id))"
_ASKED_BACK = "EXISTS (SELECT 1 FROM return_request r WHERE r.work_order = w.id)"
_ON_TIME = "w.status = 'accepted' AND w.replied_at <= w.close_due_at"
#: The lead waited for an assist whose input came after its moment, or has not come: not the lead's fault.
_BY_ASSIST = """EXISTS (SELECT 1 FROM work_order a WHERE a.ticket = w.ticket AND a.round = w.round AND a.part = 'assist'
    AND a.status NOT IN ('recalled', 'returned', 'merged') AND a.close_due_at < coalesce(w.replied_at, w.close_due_at)
    AND coalesce(a.replied_at, 'infinity') > a.close_due_at)"""
_LATE: _Case = ((_BY_ASSIST, "late_assist"), ("TRUE", "no"))
_CLOSING: _Case = (
    *_GONE, *_MOVED_ON,
    ("w.status = 'suspended'", "hold"),
    ("w.status = 'replied' AND w.replied_at <= w.close_due_at", "in_review"),
)  # fmt: skip
_ANY: _Case = (("TRUE", "no"),)

#: key → (the column that is the basis, its verdicts)
_ORDERS: dict[str, tuple[str, _Case]] = {
    "on_time_sign": (
        "sign_due_at",
        (
            *_GONE,
            (f"{_ACTED} <= w.sign_due_at", "yes"),
            ("w.status IN ('recalled', 'cancelled') AND w.ended_at <= w.sign_due_at", "recalled"),
            *_ANY,
        ),
    ),
    "on_time_contact": (
        "contact_due_at",
        (
            *_GONE, *_MOVED_ON,
            ("t.confidential", "confidential"), ("t.anonymous", "anonymous"), ("t.phone_tail = ''", "no_phone"),
            ("w.contacted_at <= w.contact_due_at", "yes"), *_ANY,
        ),
    ),
    "closure": ("close_due_at", (*_CLOSING, ("w.status = 'replied'", "in_review"), ("w.status = 'accepted'", "yes"), *_ANY)),
    "on_time_closure": ("close_due_at", (*_CLOSING, (_ON_TIME, "yes"), *_ANY)),
    "on_time_closure_shared": ("close_due_at", (*_CLOSING, (_ON_TIME, "yes"), *_LATE)),
    "on_time_closure_plain": (
        "close_due_at",
        (*_CLOSING, (f"{_ON_TIME} AND w.replied_at <= coalesce(w.first_due_at, w.close_due_at)", "yes"), *_ANY),
    ),
    "on_time_closure_first": ("close_due_at", (("w.round <> 1", ""), *_CLOSING, (_ON_TIME, "yes"), *_ANY)),
    "on_time_closure_final": ("close_due_at", (("w.round <> t.round", ""), *_CLOSING, (_ON_TIME, "yes"), *_ANY)),
    "returned": ("sign_due_at", (*_GONE, (_ASKED_BACK, "yes"), *_ANY)),
    "wrong_dispatch": ("sign_due_at", (*_GONE, ("w.status = 'returned'", "yes"), *_ANY)),
}  # fmt: skip


def _orders(key: str, since: str, until: str) -> str:
    basis, case = _ORDERS[key]
    return f"""SELECT w.id, t.id AS ticket, w.{basis} AS at, t.line,
            coalesce(w.answerable_unit, w.unit) AS unit, t.matter, {_verdict(case)} AS verdict
        FROM work_order w JOIN ticket t ON t.id = w.ticket
        WHERE w.part = 'lead' AND w.{basis} >= {since} AND w.{basis} < {until}"""


# --- rounds: what the citizen was asked ---

#: A merged ticket was answered by its master's unit.
_WHO = """coalesce(w.answerable_unit, w.unit, CASE WHEN t.merged_into IS NULL THEN t.lead_unit
            ELSE (SELECT m.lead_unit FROM ticket m WHERE m.id = t.merged_into) END, 0)"""
#: A round is accepted once, so this adds no row.
_ANSWERED_BY = """LEFT JOIN work_order w ON w.ticket = f.ticket AND w.round = f.no AND w.part = 'lead'
            AND w.status = 'accepted'"""
_NOBODY_TO_ASK: _Case = (
    ("t.anonymous", "anonymous"), ("t.phone_tail = ''", "no_phone"), ("'none' = ANY(t.reply_by)", "do_not_call"),
)  # fmt: skip
_FOLLOW_UP: _Case = (
    ("t.status = 'merged'", "merged"),
    ("f.follow_up_at IS NULL AND t.status = 'withdrawn'", "withdrawn"),
    ("f.follow_up_by = 'tried'", "tried"),
    ("f.follow_up_at IS NOT NULL", "yes"),
    *((f"f.follow_up = 'none' AND {why}", code) for why, code in _NOBODY_TO_ASK),
    ("f.follow_up = 'none'", "by_rule"),
    *_ANY,
)
#: Answered, refused or sent to 110 in the first call: no round was ever handed to a unit.
_BORN = (
    """(SELECT e.verb FROM ticket_event e WHERE e.ticket = t.id AND e.version = 1 AND e.at = t.received_at)"""
)
_AT_ONCE: _Case = (
    ("t.status = 'answered'", "direct"), ("t.status = 'refused'", "refused"),
    (f"{_BORN} = 'emergency'", "emergency"), (f"{_BORN} = 'answer'", "direct"), ("TRUE", "refused"),
)  # fmt: skip


def _follow_ups(since: str, until: str, args: Args, period: Period) -> str:
    """Rounds by the moment their follow-up falls due (or were accepted, where none is needed), and direct answers."""
    low, high = args(first_of(period.first)), args(first_of(period.last + timedelta(days=1)))
    return f"""SELECT f.id, t.id AS ticket, coalesce(f.follow_up_due_at, f.accepted_at) AS at, t.line,
            {_WHO} AS unit, t.matter, {_verdict(_FOLLOW_UP)} AS verdict
        FROM round f JOIN ticket t ON t.id = f.ticket {_ANSWERED_BY}
        WHERE (f.follow_up_due_at >= {since} AND f.follow_up_due_at < {until})
           OR (f.follow_up_due_at IS NULL AND f.accepted_at >= {since} AND f.accepted_at < {until})
        UNION ALL
        SELECT t.id, t.id AS ticket, t.received_at AS at, t.line, 0 AS unit, t.matter, {_verdict(_AT_ONCE)} AS verdict
        FROM ticket t WHERE t.id >= {low}::bigint AND t.id < {high}::bigint AND t.closed_at = t.received_at
            AND t.received_at < {until}"""


def _asked(key: str, rules: Rules, since: str, until: str) -> str:
    """Rounds by the moment the citizen was asked, or given up on."""
    unreached: _Case = (("f.follow_up_by = 'tried'", "unreached"),)
    cases: dict[str, _Case] = {
        "satisfaction": (
            *unreached, ("f.satisfied IS NULL", "declined"),
            (f"f.satisfied <= {int(rules.satisfied_up_to)}", "yes"), *_ANY,
        ),
        "resolution": (*unreached, ("f.solved = ''", "declined"), ("f.solved = 'yes'", "yes"), *_ANY),
        "redo": (
            ("f.no <> 1", ""),
            ("EXISTS (SELECT 1 FROM round n WHERE n.ticket = f.ticket AND n.no = 2 AND n.opened_at >= f.follow_up_at)", "yes"),
            *_ANY,
        ),
    }  # fmt: skip
    return f"""SELECT f.id, t.id AS ticket, f.follow_up_at AS at, t.line, {_WHO} AS unit, t.matter,
            {_verdict(cases[key])} AS verdict
        FROM round f JOIN ticket t ON t.id = f.ticket {_ANSWERED_BY}
        WHERE f.follow_up_at >= {since} AND f.follow_up_at < {until}"""


def _tries(since: str, until: str) -> str:
    case: _Case = (("y.outcome IN ('answered', 'declined')", "yes"), *_ANY)
    return f"""SELECT y.id, t.id AS ticket, y.at, t.line, coalesce(t.lead_unit, 0) AS unit, t.matter,
            {_verdict(case)} AS verdict
        FROM follow_up_try y JOIN ticket t ON t.id = y.ticket WHERE y.at >= {since} AND y.at < {until}"""


# --- tickets by the day in their number ---

#: What an archived ticket was before, is in its last event.
_RESTED_REFUSED = """(t.status = 'archived' AND EXISTS (SELECT 1 FROM ticket_event e
    WHERE e.ticket = t.id AND e.verb = 'archive' AND e.data->>'rested' = 'refused'))"""
_REFUSED: _Case = (
    (f"t.status = 'refused' OR {_RESTED_REFUSED}", "refused"),
    ("t.status = 'emergency'", "emergency"),
)
_LEFT: _Case = (
    *_REFUSED,
    ("t.status = 'withdrawn'", "withdrawn"),
    ("t.status = 'merged'", "merged"),
)
_ANSWERED_AT_ONCE = "t.closed_at = t.received_at"


def _tickets(key: str, period: Period, args: Args) -> str:
    low, high = args(first_of(period.first)), args(first_of(period.last + timedelta(days=1)))
    upto = args(period.until)
    week_ago = args(period.now - timedelta(days=7)) if key == "first_contact" else ""
    again = """EXISTS (SELECT 1 FROM ticket a WHERE a.citizen = t.citizen AND a.id > t.id
        AND a.received_at < t.received_at + interval '7 days' AND left(a.matter, 4) = left(t.matter, 4))"""
    cases: dict[str, _Case] = {
        "direct_answer": (*_LEFT, (_ANSWERED_AT_ONCE, "yes"), *_ANY),
        "urged": (*_LEFT, ("t.urges > 0", "yes"), *_ANY),
        "first_contact": (
            ("t.channel <> 'call'", ""), *_REFUSED, ("t.citizen IS NULL", "anonymous"),
            (f"t.received_at > {week_ago}", "too_early"),
            (f"{_ANSWERED_AT_ONCE} AND NOT {again}", "yes"), *_ANY,
        ),
    }  # fmt: skip
    return f"""SELECT t.id, t.id AS ticket, t.received_at AS at, t.line, coalesce(t.lead_unit, 0) AS unit, t.matter,
            {_verdict(cases[key])} AS verdict
        FROM ticket t WHERE t.id >= {low}::bigint AND t.id < {high}::bigint AND t.received_at < {upto}"""


def _verdict(case: Sequence[tuple[str, str]]) -> str:
    """`CASE …`; an empty verdict means that the formula does not look at this fact."""
    whens = " ".join(f"WHEN {condition} THEN '{verdict}'" for condition, verdict in case)
    return f"CASE {whens} END"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.zone())
