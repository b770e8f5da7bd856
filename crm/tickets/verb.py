"""How a row of `MOVES` is asked for: one description, from which the page's form, the button and the API come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.officers import Officer
from crm.tickets.access import OrderRow, TicketRow


@dataclass(frozen=True)
class Empty:
    """A move that asks for nothing but the wish."""


@dataclass(frozen=True)
class Facts:
    """What somebody should read before the move: (label, text) pairs, and what the form begins with."""

    lines: Sequence[tuple[str, str]] = ()
    typed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verb:
    """`do(officer, id, form, now=…, seen=…)` makes the move; `id` is the ticket's number or the work order's.

    `fits` says whether to offer it, beyond what `MOVES` says (pure: officer, ticket, own order or None).
    `page`: where a desk has a form of its own for it (`{id}`), else the common one serves. What is on "new"
    makes a ticket: `do(officer, form, now=…)`.
    `facts`: read beside the common form, or Refused where it need not be filled in. `done` is the sentence after it; `stop` marks what cannot be undone.
    """

    move: str
    form: type
    do: Callable[..., Awaitable[Any]]
    on: Literal["ticket", "order", "new"] = "ticket"
    done: str = ""
    hint: str = ""
    stop: bool = False
    page: str = ""
    initials: str = ""
    fits: Callable[[Officer, TicketRow, OrderRow | None], bool] = lambda _officer, _ticket, _order: True
    facts: Callable[[Officer, int, datetime], Awaitable[Facts]] | None = None
