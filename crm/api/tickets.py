"""`/api/v1/tickets`: list and find, register, read one.

Signed-in browsers and bearer tokens alike. A phone number never leaves in clear here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType

from core import clock
from core.errors import Invalid, NotFound
from core.i18n import _
from core.privacy import mask_text
from core.web import FromPath, Request, requires
from crm import find
from crm.tickets import number, queries, register
from crm.tickets.states import Status
from routing.rulebook import rulebook

MOST = 100
#: Filters as they stand in the URL: name → how its text is read.
_LISTS = {"status", "kind"}
_NUMBERS = {"urgency"}
_TEXTS = {"matter", "district", "street"}
_encode = msgspec.json.Encoder().encode


@get("/api/v1/tickets", guards=[requires("ticket.see", "desk.unit")])
async def listed(request: Request) -> Response[bytes]:
    """Tickets, newest first: `q` as in the search box, filters, `after` (a number) and `limit` ≤ 100."""
    asked = request.query_params
    limit = _limit(asked.get("limit"))
    found = await find.find(
        request.user,
        asked.get("q", ""),
        _chosen(asked),
        today=clock.today(),
        after=find.after(asked.get("after")),
        limit=limit,
    )
    rows, more = found.rows[:limit], len(found.rows) > limit
    return _json(
        {
            "tickets": [_row(row) for row in rows],
            "found_by": found.how,
            "next": str(rows[-1]["id"]) if more else None,
        }
    )


@post("/api/v1/tickets", guards=[requires("ticket.register")])
async def registered(request: Request) -> Response[bytes]:
    """Register a ticket. `Idempotency-Key` makes a repeat answer with the first one's number (200)."""
    try:
        body = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, RecursionError) as broken:
        raise Invalid({"body": _("内容不是 JSON：{why}").format(why=broken)}) from broken
    if not isinstance(body, dict):
        raise Invalid({"body": _("内容应当是一个 JSON 对象。")})
    ways = body.get("reply_by", [])
    if not isinstance(ways, list) or not all(isinstance(way, str) for way in ways):
        raise Invalid({"reply_by": _("应当是一列文字，例如 {example}。").format(example='["sms"]')})
    form = register.check({"channel": "api", **body}, await rulebook())
    key = request.headers.get("idempotency-key", "")
    claim = (f"api:{request.user.id}", key[:200]) if key else None
    verb = register.register_and_dispatch if body.get("dispatch") else register.register
    done = await verb(request.user, form, now=clock.now(), claim=claim)
    answer = {"number": str(done.number), "repeated": done.repeated, "dispatched_to": done.dispatched_to}
    return _json(answer, status=200 if done.repeated else 201)


@get("/api/v1/tickets/{ticket:str}", guards=[requires("ticket.see", "desk.unit")])
async def one(request: Request, ticket: FromPath[str]) -> Response[bytes]:
    """A ticket with its work orders and its story."""
    wanted = number.read(ticket)
    row = await queries.ticket(request.user, wanted) if wanted is not None else None
    if row is None or wanted is None:
        raise NotFound(_("没有这张单，或者您无权看。"))
    return _json(
        {
            **_row(row),
            "content": mask_text(row["content"]),
            "line": row["line_number"],
            "answer": mask_text(row["answer"]),
            "reason": row["suggested_reason"],
            "work_orders": [_order(order) for order in await queries.orders(wanted)],
            "events": [_event(event) for event in await queries.events(wanted)],
        }
    )


routes: list[Any] = [listed, registered, one]


def _row(row: Any) -> dict[str, Any]:
    return {
        "number": str(row["id"]), "status": row["status"], "version": row["version"], "kind": row["kind"],
        "matter": row["matter"], "matter_name": row["matter_name"], "urgency": row["urgency"],
        "confidential": row["confidential"], "title": row["title"], "place": row["place"],
        "received_at": row["received_at"], "dispatch_due_at": row["dispatch_due_at"], "due_at": row["due_at"],
        "replied_at": row["replied_at"], "closed_at": row["closed_at"], "unit": row["unit_name"],
        "round": row["round"], "urges": row["urges"], "returns": row["returns"], "phone_tail": row["phone_tail"],
    }  # fmt: skip


def _order(row: Any) -> dict[str, Any]:
    names = (
        "id", "round", "unit", "unit_name", "part", "status", "version", "reason", "dispatched_at", "signed_at",
        "contacted_at", "replied_at", "sign_due_at", "contact_due_at", "close_due_at", "return_until", "result", "reply",
    )  # fmt: skip
    return {name: row[name] for name in names} | {"reply": mask_text(row["reply"])}


def _event(row: Any) -> dict[str, Any]:
    return {
        "at": row["at"], "verb": row["verb"], "by": row["actor_name"], "status": row["status"], "round": row["round"],
        "version": row["version"], "data": _masked(msgspec.json.decode(row["data"])),
    }  # fmt: skip


def _masked(value: Any) -> Any:
    """Every text inside, however deep."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list):
        return [_masked(part) for part in value]
    return {key: _masked(part) for key, part in value.items()} if isinstance(value, dict) else value


def _json(content: Any, *, status: int = 200) -> Response[bytes]:
    return Response(_encode(content), status_code=status, media_type=MediaType.JSON)


def _chosen(asked: Any) -> dict[str, Any]:
    """The filters of the URL. Raises Invalid for a value that none can have."""
    chosen: dict[str, Any] = {name: asked[name] for name in _TEXTS if asked.get(name)}
    for name in _LISTS:
        if asked.get(name):
            chosen[name] = asked[name].split(",")
    if asked.get("urgency"):
        chosen["urgency"] = [_whole("urgency", part) for part in asked["urgency"].split(",")]
        if not set(chosen["urgency"]) <= {1, 2, 3, 4}:
            raise Invalid({"urgency": _("紧急程度只有 1 至 4。")})
    unknown = set(chosen.get("status", ())) - set(Status)
    if unknown:
        raise Invalid({"status": _("没有“{given}”这个状态，可用：{all}。").format(
            given=", ".join(sorted(unknown)), all=", ".join(Status))})  # fmt: skip
    for name, column in (("since", "since"), ("until", "until")):
        if asked.get(name):
            chosen[column] = _moment(name, asked[name])
    return chosen


def _whole(field: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Invalid({field: _("“{given}”不是整数。").format(given=text)}) from None


def _moment(field: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid({field: _("“{given}”不是 ISO 8601 时间。").format(given=text)}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.zone())


def _limit(text: str | None) -> int:
    limit = _whole("limit", text) if text else 50
    if not 1 <= limit <= MOST:
        raise Invalid({"limit": _("每页 1 到 {most} 件。").format(most=MOST)})
    return limit
