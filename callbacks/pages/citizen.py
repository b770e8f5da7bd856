"""`/s/{token}`: how a citizen's ticket stands, without signing in. No name, phone, address or content; no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from callbacks import appeals, links
from callbacks.templates import result, state, tail
from core import clock
from core.i18n import N_, _, in_full, locale, moment
from core.web import FromPath, OpenRequest, page, public, read_form, redirect
from crm.pages.names import names
from crm.tickets import queries, status
from crm.tickets.states import RESTING, Status
from crm.tickets.status import Way
from crm.tickets.story import Reader, Told, tell

LONGEST = 500
SAID = {
    "urged": N_("催办已记下，承办人员和坐席都能看到。"),
    "urged_already": N_("今天已记过催办。有新情况请写在“补充情况”里。"),
    "added": N_("您补充的情况已记入工单。"),
    "taken_up": N_("您说的新情况已记下，将研判是否重新办理。"),
    "not_open": N_("这张工单已不在办理中。有新情况请拨打 12345。"),
}
#: What a citizen whose ticket was merged hears of the one that is worked on: nothing that another citizen did.
SHARED = frozenset({
    "dispatch", "dispatch_redo", "reassign", "accept_return", "designate", "succeed", "pass_down", "take_back", "sign",
    "grant_extension", "grant_hold", "resume", "announce", "accept", "accept_and_close",
})  # fmt: skip
MOST_TOLD = 60
PASSED = frozenset({Status.FOLLOW_UP, Status.CLOSED, Status.ARCHIVED})
IN_WORK = frozenset(
    {Status.HANDLING, Status.SUSPENDED, Status.RETURN_REVIEW, Status.CONFERENCE, Status.REPLIED}
)


@dataclass(frozen=True)
class Station:
    """A step of the way. `mark`: done, now, or "" for what is to come."""

    word: str
    sub: str
    mark: str


@get("/s/{token:str}", guards=[public])
async def show(token: FromPath[str]) -> Response[Any]:
    return await _page(token)


@post("/s/{token:str}/urges", guards=[public])
async def urge(request: OpenRequest, token: FromPath[str]) -> Response[Any]:
    return await _appeal(token, urge=True, text="")


@post("/s/{token:str}/additions", guards=[public])
async def add(request: OpenRequest, token: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    text = form.text("text", most=LONGEST, required=True)
    if form.errors:
        return await _page(token, error=form.errors["text"], typed=form.raw().get("text", ""))
    return await _appeal(token, urge=False, text=text)


async def _page(token: str, *, error: str = "", typed: str = "") -> Response[Any]:
    way = await _way(token)
    if way is None:
        return page("callbacks/citizen_gone.html", status=404)
    now, at = clock.now(), way.standing
    english = locale() == "en"
    return page(
        "callbacks/citizen.html", status=422 if error else 200, token=token, error=error, typed=typed, most=LONGEST,
        tail=tail(at.id), matter=(way.matter_en or way.matter) if english else way.matter,
        title=_title(at.status), open=at.is_open, resting=at.status in RESTING, late=at.due_at is not None and at.due_at <= now,
        due=in_full(at.due_at) if at.due_at and at.unit else "",
        unit=(at.unit_en or at.unit) if english else at.unit,
        result=result(way.result, locale()) if way.result and at.status in PASSED else "", stations=stations(way),
        story=(await story(way))[:MOST_TOLD], when=in_full,
    )  # fmt: skip


async def _appeal(token: str, *, urge: bool, text: str) -> Response[Any]:
    way = await _way(token)
    if way is None:
        return page("callbacks/citizen_gone.html", status=404)
    done = await appeals.appeal(way.standing, urge=urge, text=text, now=clock.now(), by_page=True)
    return redirect(f"/s/{token}", flash=_(SAID[done]), kind="warn" if done == "not_open" else "good")


async def _way(token: str) -> Way | None:
    number = await links.ticket_of(token, at=clock.real_now())
    return None if number is None else await status.way(number)


def stations(way: Way) -> list[Station]:
    """已受理 → 已派单 → 办理中 → 已答复; a ticket that never went to a unit has two."""
    at = way.standing.status
    received = Station(_("已受理"), in_full(way.received_at), "done")
    if at in (Status.ANSWERED, Status.REFUSED, Status.WITHDRAWN):
        return [received, Station(_title(at), _when(way.closed_at), "now")]
    contacted = (
        _("承办单位 {when} 已联系您").format(when=moment(way.contacted_at)) if way.contacted_at else ""
    )
    return [
        received if way.dispatched_at else Station(received.word, received.sub, "now"),
        Station(_("已派单"), _when(way.dispatched_at), _mark(at is Status.DISPATCHED, way.dispatched_at)),
        Station(_("办理中"), contacted, "now" if at in IN_WORK else _mark(False, way.answered_at)),
        Station(
            _("已答复，请您评价"), _when(way.answered_at) or _("答复后我们会发短信"),
            _mark(at is Status.FOLLOW_UP, way.answered_at),
        ),
        *([Station(_("已办结"), _when(way.closed_at), "now")] if at in (Status.CLOSED, Status.ARCHIVED) else []),
    ]  # fmt: skip


async def story(way: Way) -> list[Told]:
    """What happened and when, latest first, in citizen's words; of a merged ticket also what became of its master."""
    own = await queries.events(way.standing.id)
    if way.standing.worked_on != way.standing.id:
        merged_at = next((event["at"] for event in own if event["verb"] == "merge"), way.received_at)
        masters = await queries.events(way.standing.worked_on)
        own += [event for event in masters if event["verb"] in SHARED and event["at"] >= merged_at]
        own.sort(key=lambda event: event["at"], reverse=True)
    return tell(own, Reader("citizen", unit_name=(await names()).unit))


def _mark(is_now: bool, passed: datetime | None) -> str:
    return "now" if is_now else "done" if passed else ""


def _when(passed: datetime | None) -> str:
    return in_full(passed) if passed else ""


def _title(at: Status) -> str:
    word = state(at, locale())
    return word[:1].upper() + word[1:]


routes = [show, urge, add]
