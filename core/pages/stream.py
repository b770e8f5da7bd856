"""`/live?topics=…`: what changed, as server-sent events. A hint each; no database connection is held.

A message is `{"topic": …}`, with whatever small thing was pushed along (`counters`, `pop`). When some may have
been missed, each topic is told as changed. A `ping` every 15 seconds shows that the line is alive. The stream
ends when the session ends or the account's rights change; the browser comes back and is judged anew.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from litestar import get
from litestar.types import ASGIApp, Receive, Scope, Send

from core import live
from core.errors import Refused
from core.i18n import _
from core.officers import Officer
from core.web import FromQuery, Request, signed_in

HEARTBEAT = 15.0
PING = "event: ping\ndata: {}\n\n"
MOST_TOPICS = 100
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

Policy = Callable[[Officer, frozenset[str]], Awaitable[Iterable[str]]]


async def _own_only(officer: Officer, topics: frozenset[str]) -> Iterable[str]:
    return topics & {f"agent:{officer.id}"} | {
        t for t in topics if t in {f"unit:{u}" for u in officer.scopes}
    }


_policy: Policy = _own_only


def set_topic_policy(policy: Policy) -> None:
    """Which of the topics asked for this officer may hear; wired at start."""
    global _policy
    _policy = policy


@get("/live", guards=[signed_in])
async def stream(request: Request, topics: FromQuery[str] = "") -> ASGIApp:
    """Topics that are not for this officer are left out in silence: outsiders cannot tell which exist."""
    asked = frozenset(filter(None, topics.split(",")))
    if len(asked) > MOST_TOPICS:
        raise Refused(_("一页最多听 {n} 个主题。").format(n=MOST_TOPICS), code="too_many_topics")
    allowed = frozenset(await _policy(request.user, asked)) & asked
    ends = frozenset({f"session:{request.auth.id}", f"account:{request.user.id}"} if request.auth else ())

    async def answer(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async with live.subscribe(allowed | ends) as subscriber:
            gone = asyncio.create_task(_until_gone(receive, subscriber))
            try:
                await _tell(subscriber, ends, send)
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return answer


async def _tell(subscriber: live.Subscriber, ends: frozenset[str], send: Send) -> None:
    text = f"retry: 3000\n\n{PING}"
    while not subscriber.closed:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        changes = await subscriber.next(HEARTBEAT)
        if ends & changes.keys():
            return
        if live.EVERYTHING in changes:
            changes = {topic: list[Any]() for topic in sorted(subscriber.topics - ends)}
        text = events(changes)


def events(changes: live.Changes) -> str:
    """Server-sent events, one for each topic and for each thing pushed with it; a ping when nothing changed."""
    if not changes:
        return PING
    messages = [
        {"topic": topic} | (data if isinstance(data, dict) else {})
        for topic, pushed in changes.items()
        for data in pushed or [None]
    ]
    return "".join(f"data: {json.dumps(m, ensure_ascii=False, separators=(',', ':'))}\n\n" for m in messages)


async def _until_gone(receive: Receive, subscriber: live.Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close()


routes = [stream]
