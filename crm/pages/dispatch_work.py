"""The dispatcher's further lists: requests for more time, conferences, appeals, incidents; and the case beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Response, get

from core.cursors import cursor, read_cursor
from core.i18n import N_, _
from core.officers import Officer
from core.web import FromQuery, Request, page, requires
from crm.pages import precedent_lines, work_case, work_rows
from crm.pages.dispatch_rows import PAGE
from crm.pages.names import names
from crm.tickets import desk_work, queries
from crm.tickets.time_requests import KIND

DISPATCHER = requires("ticket.dispatch")


@dataclass(frozen=True)
class Lister:
    """One list: what its columns are called, what it hears of, and what it says when there is nothing."""

    title: str
    order: str
    topics: str
    who: str
    what: str
    at: str
    light: str
    empty: str
    why: str


LISTS: Final = {
    "requests": Lister(
        N_("延期、挂起申请"), N_("按申请先后；裁定前时限照走"), "queue:requests queue:handling queue:suspended",
        N_("申请单位"), N_("申请与理由"), N_("申请时刻"), N_("灯 · 办结"),
        N_("没有待裁定的申请"), N_("单位申请延期或挂起时，会在这里出现一行提示。"),
    ),
    "conferences": Lister(
        N_("会商"), N_("按会商时限由近到远；办结时限照走"), "queue:conference",
        N_("参加单位"), N_("要定什么"), N_("提交时刻"), N_("灯 · 会商"),
        N_("没有等会商的单"), N_("多次退单或由您提交会商的单会到这里，等班长指定。"),
    ),
    "appeals": Lister(
        N_("异议、新情况"), N_("按提出先后；重新受理或维持办结"), "queue:appeals queue:received",
        N_("原承办单位"), N_("市民怎样说"), N_("提出时刻"), N_("灯"),
        N_("没有待研判的异议"), N_("市民对已办结的单提出异议、补充新情况，就会到这里。"),
    ),
    "incidents": Lister(
        N_("群发事件"), N_("最新的在前；通报会发给并入的每位市民"), "queue:incidents queue:merged",
        N_("承办单位"), N_("事件与最近通报"), N_("受理时刻"), N_("灯"),
        N_("没有进行中的群发事件"), N_("在工单上“设为群发事件”以后，同区来电可以并入，这里一件一行。"),
    ),
}  # fmt: skip
_PATHS: Final = [f"/dispatch/{name}" for name in LISTS]


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    href: str
    n: int


async def tabs(officer: Officer) -> list[Tab]:
    """待派, 退单 and the further lists, each with its figure."""
    queued, work = await queries.counters(officer), await desk_work.counters(officer)
    return [
        Tab("dispatch", _("待派"), "/dispatch", queued["dispatch"]),
        Tab("returns", _("退单待审"), "/dispatch/returns", queued["returns"]),
        *(Tab(name, _(LISTS[name].title), f"/dispatch/{name}", work[name]) for name in LISTS),
    ]


@get("/dispatch/tabs", guards=[DISPATCHER])
async def tabs_afresh(request: Request, on: FromQuery[str] = "") -> Response[bytes]:
    return page("crm/dispatch/_tabs.html", tabs=await tabs(request.user), tab=on)


@get(_PATHS, guards=[DISPATCHER])
async def listed(request: Request, after: FromQuery[str] = "", kind: FromQuery[str] = "") -> Response[bytes]:
    name = request.url.path.split("/")[2]
    context = await _list(request.user, name, after, kind)
    found = await tabs(request.user)
    return page(
        "crm/dispatch/work.html", desk="dispatch", tab=name, tabs=found, counts={"dispatch": found[0].n},
        total=next(tab.n for tab in found if tab.key == name), **context,
    )  # fmt: skip


@get([f"{path}/rows" for path in _PATHS], guards=[DISPATCHER])
async def rows(request: Request, after: FromQuery[str] = "", kind: FromQuery[str] = "") -> Response[bytes]:
    context = await _list(request.user, request.url.path.split("/")[2], after, kind)
    return page("crm/dispatch/_work_rows.html", **context)


async def _list(officer: Officer, name: str, after: str, kind: str) -> dict[str, Any]:
    kind = kind if name == "requests" and kind in KIND else ""
    found = await _ask(officer, name, after, kind)
    called, shown = await names(), found[:PAGE]
    narrowed = f"kind={kind}&" if kind else ""
    more = cursor(shown[-1]["sort_at"], shown[-1]["sort_id"]) if len(found) > PAGE else ""
    return {
        "name": name,
        "lister": LISTS[name],
        "rows": [work_rows.SHAPES[name](row, officer, called) for row in shown],
        "case": f"of={name}",
        "base": "/dispatch",
        "chips": _chips(kind) if name == "requests" else [],
        "next": f"/dispatch/{name}?{narrowed}after={more}" if more else "",
        "prev": f"/dispatch/{name}{'?' if narrowed else ''}{narrowed[:-1]}" if after else "",
        "refresh": f"/dispatch/{name}/rows?{narrowed}after={after}",
    }


async def _ask(officer: Officer, name: str, after: str, kind: str) -> list[Any]:
    key = read_cursor(after, datetime, int)
    place = (key[0], key[1]) if key else None
    match name:
        case "requests":
            return await desk_work.requests(officer, kind=kind, after=place, limit=PAGE)
        case "conferences":
            return await desk_work.conferences(officer, after=place, limit=PAGE)
        case "appeals":
            return await desk_work.appeals(officer, after=place, limit=PAGE)
        case _:
            return await desk_work.incidents(officer, below=place[1] if place else None, limit=PAGE)


def _chips(kind: str) -> Sequence[tuple[str, str, bool]]:
    """(word, address, chosen)."""
    every = (_("全部"), "/dispatch/requests", not kind)
    return [every, *((_(word), f"/dispatch/requests?kind={key}", key == kind) for key, word in KIND.items())]


routes = [tabs_afresh, listed, rows, *work_case.routes, *precedent_lines.routes]
