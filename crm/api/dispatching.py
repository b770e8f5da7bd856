"""The queues: what waits to be dispatched, ruled on, reviewed, followed up; claims; sending in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from core.api.operations import Call, reads, writes
from core.cursors import cursor, read_cursor
from core.fields import Field
from core.i18n import N_, _
from core.privacy import mask_text
from core.web import requires
from crm import calls
from crm.api import shapes
from crm.api.tickets import brief, number_of
from crm.lines import line_id
from crm.pages.dispatch_rows import holder
from crm.tickets import desk_lists, dispatch, follow_up_lists, following_up, number, queries
from crm.tickets.follow_up_lists import Wanted
from crm.tickets.words import KIND, URGENCY
from routing.rulebook import rulebook

QUEUES = N_("队列")
DISPATCHER = requires("ticket.dispatch")
_LIGHT = {"red": N_("超期"), "orange": N_("将到期"), "yellow": N_("过半"), "green": N_("充裕")}
_MARK = {
    "urged": N_("催办"), "returned": N_("退过单"), "redo": N_("重办"), "confidential": N_("保密"), "mine": N_("我领的"),
}  # fmt: skip
_STATUS = {"received": N_("待派"), "redo": N_("待重办")}


@dataclass(frozen=True)
class Filter:
    """The dispatcher's filters."""

    status: Annotated[tuple[str, ...], Field(N_("状态"), options=_STATUS, required=False)] = ()
    urgency: Annotated[tuple[int, ...], Field(N_("紧急程度"), options=URGENCY, required=False)] = ()
    kind: Annotated[tuple[str, ...], Field(N_("诉求类型"), options=KIND, required=False)] = ()
    light: Annotated[str, Field(N_("灯"), options=_LIGHT, required=False)] = ""
    matter: Annotated[str, Field(N_("事项代码或其开头几位"), "text", most=12, required=False)] = ""
    district: Annotated[str, Field(N_("区代码"), "text", most=12, required=False)] = ""
    line: Annotated[str, Field(N_("来电线路"), "text", most=20, required=False)] = ""
    mark: Annotated[str, Field(N_("标记"), options=_MARK, required=False)] = ""


@dataclass(frozen=True)
class Asked(Filter):
    after: Annotated[str, Field(N_("上一页的 next"), "text", most=500, required=False)] = ""
    limit: Annotated[int | None, Field(N_("每页几件"), "number", least=1, most=100, required=False)] = 50


@dataclass(frozen=True)
class Paged:
    after: Annotated[str, Field(N_("上一页的 next"), "text", most=500, required=False)] = ""
    limit: Annotated[int | None, Field(N_("每页几件"), "number", least=1, most=100, required=False)] = 50


@dataclass(frozen=True)
class Numbers:
    numbers: Annotated[tuple[str, ...], Field(N_("工单编号"), "tickets", most=200, example=["2611240604027"])]


@reads(
    "/api/v1/queues/dispatch",
    DISPATCHER,
    N_("待派队列，先到期的在前"),
    tag=QUEUES,
    given=Asked,
    gives=shapes.Queue,
)
async def to_dispatch(call: Call[Asked]) -> shapes.Queue:
    chosen = await _chosen(call.given, call)
    key, limit = read_cursor(call.given.after, datetime, int), call.given.limit or 50
    found = await queries.queue(
        call.officer, chosen, now=call.now, after=(key[0], key[1]) if key else None, limit=limit
    )
    rows = found[:limit]
    further = cursor(rows[-1]["dispatch_due_at"], rows[-1]["id"]) if len(found) > limit else None
    lights = await queries.queue_lights(call.officer, chosen, now=call.now)
    return shapes.Queue([_queued(row) for row in rows], dict(lights), further)


@reads(
    "/api/v1/queues/returns", DISPATCHER, N_("退单待审，先到期的在前"), tag=QUEUES, given=Paged,
    gives=shapes.TicketPage,
)  # fmt: skip
async def returns(call: Call[Paged]) -> shapes.TicketPage:
    key, limit = read_cursor(call.given.after, datetime, int), call.given.limit or 50
    found = await desk_lists.returns(call.officer, after=(key[0], key[1]) if key else None, limit=limit)
    return _page(found, limit, "sort_at")


@reads(
    "/api/v1/queues/review", requires("ticket.review"), N_("待审核的答复，先交的在前"), tag=QUEUES, given=Paged,
    gives=shapes.TicketPage,
)  # fmt: skip
async def reviews(call: Call[Paged]) -> shapes.TicketPage:
    key, limit = read_cursor(call.given.after, datetime, int), call.given.limit or 50
    found = await queries.to_review(call.officer, after=(key[0], key[1]) if key else None, limit=limit)
    return _page(found, limit, "replied_at")


@reads(
    "/api/v1/queues/follow-up", requires("ticket.follow_up"), N_("待回访，先到期的在前"), tag=QUEUES, given=Paged,
    gives=shapes.TicketPage,
)  # fmt: skip
async def follow_ups(call: Call[Paged]) -> shapes.TicketPage:
    key, limit = read_cursor(call.given.after, datetime, int), call.given.limit or 50
    wanted = Wanted(following_up.half_day(call.now), call.now)
    place = (key[0], key[1]) if key else None
    found = await follow_up_lists.follow_ups(call.officer, wanted, after=place, limit=limit)
    return _page(found, limit, "sort_at")


@reads("/api/v1/queues", requires("ticket.see"), N_("各工作台几件"), tag=QUEUES, gives=shapes.Counters)
async def counters(call: Call[Any]) -> shapes.Counters:
    counted = await queries.counters(call.officer)
    return shapes.Counters(**counted, calls=(await calls.waiting()).count)


@writes(
    "/api/v1/queues/dispatch/next", DISPATCHER, N_("领下一件：筛选里最急、没人在办的"), tag=QUEUES, given=Filter,
    gives=shapes.Taken,
)  # fmt: skip
async def claim_next(call: Call[Filter]) -> shapes.Taken:
    chosen = await _chosen(call.given, call)
    condition, args = queries.queue_condition(call.officer, chosen, now=call.now)
    return _taken(await dispatch.claim_next(call.officer, where=condition, args=args))


@writes(
    "/api/v1/queues/follow-up/next", requires("ticket.follow_up"), N_("取下一件回访"), tag=QUEUES,
    gives=shapes.Taken,
)  # fmt: skip
async def call_next(call: Call[Any]) -> shapes.Taken:
    return _taken(await following_up.take_next(call.officer, now=call.now))


@writes(
    "/api/v1/tickets/{ticket:str}/claim",
    DISPATCHER,
    N_("领这一件"),
    tag=QUEUES,
    gives=shapes.Taken,
    method="PUT",
)
async def claim(call: Call[Any]) -> shapes.Taken:
    wanted = number_of(call)
    await dispatch.claim(call.officer, wanted)
    return _taken(wanted)


@writes(
    "/api/v1/tickets/{ticket:str}/claim", DISPATCHER, N_("放回队列"), tag=QUEUES, gives=shapes.Taken,
    method="DELETE",
)  # fmt: skip
async def put_back(call: Call[Any]) -> shapes.Taken:
    await dispatch.put_back(call.officer, number_of(call))
    return _taken(None)


@writes(
    "/api/v1/queues/dispatch/preview", DISPATCHER, N_("批量派单预览：哪些能派、派给谁，哪些要留"), tag=QUEUES,
    given=Numbers, gives=shapes.Preview, keeps=False, more=N_("什么也不写。"),
)  # fmt: skip
async def foresee(call: Call[Numbers]) -> shapes.Preview:
    wanted, wrong = _numbers(call.given.numbers)
    plan, book = await dispatch.foresee(call.officer, wanted, now=call.now), await rulebook()
    going = [
        shapes.Foreseen(str(ticket.id), form.lead, book.units[form.lead].name, form.reason)
        for ticket, form in plan.going
    ]
    return shapes.Preview(going, {str(n): why for n, why in plan.kept.items()} | wrong)


@writes(
    "/api/v1/queues/dispatch/batch", DISPATCHER, N_("批量派单：按目录派，派不了的说明"), tag=QUEUES, given=Numbers,
    gives=shapes.Handled,
)  # fmt: skip
async def send_batch(call: Call[Numbers]) -> shapes.Handled:
    wanted, wrong = _numbers(call.given.numbers)
    done = await dispatch.dispatch_suggested(call.officer, wanted, now=call.now)
    return shapes.Handled([str(n) for n in done.sent], {str(n): why for n, why in done.kept.items()} | wrong)


routes: list[Any] = [
    counters, to_dispatch, returns, reviews, follow_ups, claim_next, call_next, claim, put_back, foresee, send_batch,
]  # fmt: skip


def _numbers(given: Sequence[str]) -> tuple[list[int], dict[str, str]]:
    """The numbers, and what is none with the reason."""
    read = {text: number.read(text) for text in given}
    wrong = {text: _("没有这张单，或者您无权看。") for text, found in read.items() if found is None}
    return [found for found in read.values() if found is not None], wrong


async def _chosen(asked: Filter, call: Call[Any]) -> dict[str, Any]:
    """As `crm.tickets.queries` understands it."""
    chosen: dict[str, Any] = {name: getattr(asked, name) for name in ("light", "matter", "district")}
    chosen |= {name: list(getattr(asked, name)) for name in ("status", "urgency", "kind")}
    if asked.line:
        chosen["line"] = await line_id(asked.line)
    if asked.mark == "mine":
        return chosen | {"claimed_by": call.officer.id}
    return chosen | {"mark": asked.mark}


def _page(found: list[Any], limit: int, key: str) -> shapes.TicketPage:
    rows = found[:limit]
    further = cursor(rows[-1][key], rows[-1]["id"]) if len(found) > limit else None
    return shapes.TicketPage([brief(row) for row in rows], "queue", further)


def _queued(row: Any) -> shapes.Queued:
    known = {name: row[name] for name in shapes.Queued.__struct_fields__ if name != "number"}
    hidden = {"summary": "", "place": "", "suggested_unit": None, "suggested_percent": None}
    text = hidden if row["confidential"] else {"summary": mask_text(row["summary"])}
    return shapes.Queued(number=str(row["id"]), **known | text | {"claimed_name": holder(row)})


def _taken(found: int | None) -> shapes.Taken:
    return shapes.Taken(str(found) if found is not None else None)
