"""The case beside a list: what is to be decided, what it rests on, and the verbs that decide it, by one key each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get

from core import clock, db
from core.errors import Refused
from core.i18n import _
from core.officers import Officer
from core.web import FromPath, FromQuery, Request, page, requires, visit
from crm.pages.glance import glance
from crm.pages.names import names
from crm.tickets import merged_lists, queries
from crm.tickets.access import TicketRow, ticket_for
from crm.tickets.states import BY_NAME
from crm.tickets.verb import Verb
from crm.tickets.verbs import VERBS, possible

#: List → the verbs that decide its cases, the likeliest first; the first stands on Ctrl+Enter.
DECIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "requests": ("grant_extension", "refuse_extension", "grant_hold", "refuse_hold"),
    "conferences": ("designate", "minute"),
    "appeals": ("reopen", "keep_closed"),
    "incidents": ("announce", "unmerge"),
    "supervisions": ("lift_supervision", "raise_supervision"),
}
KEYS: Final = ("Ctrl+Enter", "Alt+KeyR")
#: Events that say what a case rests on.
_SAID: Final = {"appeals": ("appeal", "append"), "conferences": ("minute",), "incidents": ("announce",)}


@get("/dispatch/{number:int}/case", guards=[requires("ticket.dispatch", "ticket.supervise")])
async def case(request: Request, number: FromPath[int], of: FromQuery[str] = "requests") -> Response[bytes]:
    of = of if of in DECIDES else "requests"
    in_pane = visit().is_fragment
    context = await _case(request.user, number, of, opened=not in_pane)
    if not in_pane:
        context |= {"desk": "dispatch", "counts": await queries.counters(request.user)}
    return page(f"crm/dispatch/{'_case' if in_pane else 'case'}.html", **context)


async def _case(officer: Officer, number: int, of: str, *, opened: bool) -> dict[str, Any]:
    ticket, row, called = (
        await glance(officer, number, opened=opened),
        await ticket_for(officer, number),
        await names(),
    )
    verbs = await _deciding(officer, row, of)
    return {
        "ticket": ticket,
        "row": row,
        "of": of,
        "called": called,
        "home": f"/supervise/{of}" if of == "supervisions" else f"/dispatch/{of}",
        "decide": [
            (verb, _(BY_NAME[verb.move].label), key)
            for verb, key in zip(verbs, (*KEYS, *("",) * len(verbs)), strict=False)
        ],
        "facts": () if ticket.is_hidden else await _facts(officer, number, verbs),
        "said": [] if ticket.is_hidden else await _said(number, of),
        "children": await merged_lists.children(officer, number) if row.merged_count else [],
    }


async def _deciding(officer: Officer, ticket: TicketRow, of: str) -> list[Verb]:
    """Those of the list's verbs that may be made now; for a request, those of its kind."""
    can = {verb.move for verb in possible(officer, ticket)}
    chosen = [VERBS[name] for name in DECIDES[of] if name in can]
    if of != "requests":
        return chosen
    kind = await db.fetchval(
        "SELECT kind FROM time_request WHERE ticket = $1 AND ruled_at IS NULL LIMIT 1", ticket.id
    )
    return [verb for verb in chosen if kind and verb.move.endswith(kind)]


async def _facts(officer: Officer, number: int, verbs: list[Verb]) -> Any:
    asked = next((verb.facts for verb in verbs if verb.facts), None)
    if asked is None:
        return ()
    try:
        return (await asked(officer, number, clock.now())).lines
    except Refused:  # settled meanwhile
        return ()


async def _said(number: int, of: str) -> list[Any]:
    """What was said on the case's own matter, the latest first."""
    if of not in _SAID:
        return []
    return await db.fetch(
        """SELECT at, verb, actor_name, coalesce(data ->> 'facts', data ->> 'content', data ->> 'text', '') AS text
           FROM ticket_event WHERE ticket = $1 AND verb = ANY($2::text[]) ORDER BY version DESC LIMIT 10""",
        number, list(_SAID[of]),
    )  # fmt: skip


@get("/dispatch/{number:int}/merging", guards=[requires("ticket.dispatch")])
async def merging(request: Request, number: FromPath[int]) -> Response[bytes]:
    """Whether an open ticket of the same matter and street stands there to merge into; empty for none."""
    await ticket_for(request.user, number)
    found = await merged_lists.candidates(request.user, [number])
    return page("crm/dispatch/_merging.html", number=number, found=found[0] if found else None)


routes: list[Any] = [case, merging]
