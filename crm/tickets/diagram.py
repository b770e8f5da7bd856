"""`docs/states.md`, made from `MOVES`: `python -m crm.tickets.diagram > docs/states.md`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from crm.tickets.states import FINAL, MOVES, OPEN, RESTING, Move, Status
from crm.tickets.words import CITIZEN, ORDER, STATUS

HEAD = """\
# States and moves (状态与流转)

Made from `MOVES` in `crm/tickets/states.py` by `python -m crm.tickets.diagram > docs/states.md`; a test fails when \
the two differ. Do not edit it here.
"""
_ANY_OPEN = "any_open"


def document() -> str:
    parts = (HEAD, "## The ticket", _mermaid(), _states(), "## The moves", _BEFORE_MOVES, _moves(), _ORDERS)
    return "\n".join((*parts, _orders()))


def _mermaid() -> str:
    """Moves that change the ticket's state; those open to every open state leave from one box."""
    lines = ["```mermaid", "stateDiagram-v2", f"  {_ANY_OPEN}: 任一在办状态 any open state"]
    lines += [f"  {status}: {STATUS[status]} {status}" for status in Status]
    lines.append(f"  [*] --> {Status.DRAFT}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for source in _drawn_sources(move):
            if move.target:
                arrows.setdefault((source, move.target), []).append(f"{move.label} {move.name}")
    lines += [f"  {a} --> {b}: {', '.join(names)}" for (a, b), names in arrows.items()]
    lines += [f"  {status} --> [*]" for status in Status if status in FINAL]
    return "\n".join((*lines, "```", ""))


def _drawn_sources(move: Move) -> list[str]:
    return [_ANY_OPEN] if move.sources == OPEN else [s for s in Status if s in move.sources]


def _states() -> str:
    rows = [(f"`{s}`", STATUS[s], CITIZEN[s], _kind_of(s)) for s in Status]
    return _table(("state", "desks read", "the citizen reads", ""), rows)


def _kind_of(status: Status) -> str:
    if status in FINAL:
        return "final"
    if status in RESTING:
        return "at rest: opens again on new facts"
    return "open" if status in OPEN else ""


_BEFORE_MOVES = """\
*From* and *to* are the ticket's state; no *to*: it stays. *May*: any one of the permissions (`routing/posts.py`), \
and the ticket or order must be one's own to see (`crm/tickets/access.py`). A passing move does not disturb somebody \
else's half-finished move on the same ticket.
"""


def _moves() -> str:
    rows = [
        (
            f"`{move.name}` {move.label}" + (" (passing)" if move.passing else ""),
            _codes(_sources(move)),
            f"`{move.target}`" if move.target else "",
            _codes(move.who),
            ", ".join(move.needs),
            ", ".join(move.told),
        )
        for move in MOVES
    ]
    return _table(("move", "from", "to", "may", "must give", "is told"), rows)


def _sources(move: Move) -> list[str]:
    named = {OPEN: "any open", RESTING: "any at rest", OPEN | RESTING: "any open or at rest"}
    return [named[move.sources]] if move.sources in named else [s for s in Status if s in move.sources]


_ORDERS = """\
## The work orders (承办单)

What a move does to the acting unit's order, and to the ticket's other open orders. Orders begin as `dispatched` with \
`dispatch`, `dispatch_redo`, `reassign` and `accept_return`.
"""


def _orders() -> str:
    rows = [
        (
            f"`{move.name}`",
            move.part if move.order else "",
            ", ".join(f"{ORDER[a]} `{a}` → {ORDER[b]} `{b}`" for a, b in move.order),
            f"{ORDER[move.others]} `{move.others}`" if move.others else "",
        )
        for move in MOVES
        if move.order or move.others
    ]
    return _table(("move", "acting order", "becomes", "the others become"), rows)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(name if " " in name else f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
