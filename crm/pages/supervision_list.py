"""督办 as a list: every open supervision, those that were answered first, filtered by address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get

from core import clock
from core.cursors import cursor, read_cursor
from core.i18n import N_, _
from core.web import FromQuery, Request, page, requires
from crm.pages import work_rows
from crm.pages.dispatch_rows import PAGE, readable
from crm.pages.dispatch_work import Lister
from crm.pages.names import names
from crm.tickets import desk_work
from crm.tickets.supervising import LEVEL, TRIGGER

SUPERVISOR = requires("desk.supervise")
ADDRESS: Final = "/supervise/supervisions"
STATES: Final = {"answered": N_("已答复，等决定"), "overdue": N_("超期未答复"), "waiting": N_("等答复")}
LISTER: Final = Lister(
    N_("督办"), N_("已答复的在前，其余按督办时限由近到远"), "queue:supervisions",
    N_("承办单位"), N_("督办与要求"), N_("发出时刻"), N_("灯 · 督办"),
    N_("没有进行中的督办"), N_("超期、重办两次、三次催办、批示和危及生命的单会自动到这里；也可以在工单上发起。"),
)  # fmt: skip
LABELS: Final = {"state": N_("状态"), "level": N_("级别"), "trigger": N_("事由")}


@get(ADDRESS, guards=[SUPERVISOR])
async def listed(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    chosen = _chosen(request.query_params)
    counts = await desk_work.supervision_counts(request.user, now=clock.now())
    called = await names()
    notes = await desk_work.notes(request.user)
    return page(
        "crm/supervise/supervisions.html", desk="supervise", total=counts["open"], states=_states(chosen, counts),
        chips=_chips(chosen), notes=notes, called=called, clean=lambda text: readable(request.user, text),
        **await _list(request, chosen, after),
    )  # fmt: skip


@get(f"{ADDRESS}/rows", guards=[SUPERVISOR])
async def rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    context = await _list(request, _chosen(request.query_params), after)
    return page("crm/dispatch/_work_rows.html", **context)


@get(f"{ADDRESS}/figures", guards=[SUPERVISOR])
async def figures(request: Request) -> Response[bytes]:
    """The chips with their figures; replaced in place."""
    chosen = _chosen(request.query_params)
    counts = await desk_work.supervision_counts(request.user, now=clock.now())
    return page("crm/supervise/_supervision_states.html", states=_states(chosen, counts))


async def _list(request: Request, chosen: Mapping[str, str], after: str) -> dict[str, Any]:
    key = read_cursor(after, datetime, int)
    found = await desk_work.supervisions(
        request.user, chosen, now=clock.now(), after=(key[0], key[1]) if key else None, limit=PAGE
    )
    shown, called = found[:PAGE], await names()
    more = cursor(shown[-1]["sort_at"], shown[-1]["sort_id"]) if len(found) > PAGE else ""
    query = urlencode(chosen)
    return {
        "lister": LISTER,
        "rows": [work_rows.supervision(row, request.user, called) for row in shown],
        "case": "of=supervisions",
        "base": "/supervise",
        "query": query,
        "next": f"{ADDRESS}?{query}{'&' if query else ''}after={more}" if more else "",
        "prev": _url(chosen) if after else "",
        "refresh": f"{ADDRESS}/rows?{query}{'&' if query else ''}after={after}",
    }


def _chosen(params: Mapping[str, str]) -> dict[str, str]:
    """The filters of the address; unknown values drop out."""
    known: Mapping[str, Any] = {
        "state": STATES,
        "level": {str(level) for level in LEVEL},
        "trigger": TRIGGER,
    }
    return {name: params[name] for name in known if params.get(name) in known[name]}


def _states(chosen: Mapping[str, str], counts: Mapping[str, int]) -> list[tuple[str, str, int, str, bool]]:
    """(key, word, figure, address, chosen)."""
    return [
        (key, _(word), counts[key], _toggled(chosen, "state", key), chosen.get("state") == key)
        for key, word in STATES.items()
    ]


def _chips(chosen: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """label → (word, address, chosen)."""
    options = {
        "level": {str(level): _(word) for level, word in LEVEL.items()},
        "trigger": {trigger: _(word) for trigger, word in TRIGGER.items()},
    }
    return [
        (_(LABELS[name]), [(word, _toggled(chosen, name, key), chosen.get(name) == key) for key, word in words.items()])
        for name, words in options.items()
    ]  # fmt: skip


def _toggled(chosen: Mapping[str, str], name: str, value: str) -> str:
    without = {key: was for key, was in chosen.items() if key != name}
    return _url(without if chosen.get(name) == value else {**without, name: value})


def _url(chosen: Mapping[str, str]) -> str:
    return f"{ADDRESS}?{urlencode(chosen)}" if chosen else ADDRESS


routes: list[Any] = [listed, rows, figures]
