"""`/live?topics=…&since=…`: what changed, as server-sent events. A hint each; no database connection is held.

A message is `{"topic": …}`, with whatever small thing was pushed along (`counters`, `pop`). When some may have
been missed, each topic is told as changed, with the seconds over which browsers may `spread` their asking.
Its `id` is the moment up to which all was said; `since` (such a moment, or the one a page was made) asks for
what was said from then on. A `ping` every 15 seconds shows that the line is alive. The stream ends when the
session ends or the account's rights change; the browser comes back and is judged anew.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any

from litestar import get
from litestar.types import ASGIApp, Receive, Scope, Send

from core import live, said_of_late
from core.errors import Refused
from core.i18n import _
from core.officers import Officer
from core.web import FromQuery, Request, signed_in, visit

BEGIN = b"retry: 3000\n\nevent: ping\ndata: {}\n\n"
PING = b"event: ping\ndata: {}\n\n"
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
async def stream(request: Request, topics: FromQuery[str] = "", since: FromQuery[str] = "") -> ASGIApp:
    """Topics that are not for this officer are left out in silence: outsiders cannot tell which exist."""
    asked = frozenset(filter(None, topics.split(",")))
    if len(asked) > MOST_TOPICS:
        raise Refused(_("一页最多听 {n} 个主题。").format(n=MOST_TOPICS), code="too_many_topics")
    allowed = frozenset(await _policy(request.user, asked)) & asked
    ends = frozenset({f"session:{request.auth.id}", f"account:{request.user.id}"} if request.auth else ())
    start = int(since) if since.isdecimal() and len(since) < 15 else None
    return Answer(allowed, ends, since=start, judged=visit().begun)


class Answer:
    """The open stream. It holds no more of its request than this: there are thousands."""

    __slots__ = ("ends", "judged", "since", "topics")

    def __init__(
        self, topics: frozenset[str], ends: frozenset[str], *, since: int | None, judged: int
    ) -> None:
        self.topics = topics
        self.ends = ends
        self.since = since
        self.judged = judged

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async with live.subscribe(self.topics, since=self.since, ends=self.ends) as subscriber:
            if live.said(self.ends, since=self.judged):
                subscriber.close()  # the session or its rights ended while this was being opened
            gone = asyncio.create_task(_until_gone(receive, subscriber))
            try:
                await _tell(subscriber, self.ends, send)
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _tell(subscriber: live.Subscriber, ends: frozenset[str], send: Send) -> None:
    words = BEGIN
    while not subscriber.closed:
        await send({"type": "http.response.body", "body": words, "more_body": True})
        changes = await subscriber.next()
        if ends & changes.keys():
            return
        said = b"id: %d\n" % said_of_late.moment()
        if live.EVERYTHING in changes:
            words = said + _everything(subscriber.topics - ends)
        else:
            words = said + events(changes)


def _everything(topics: Iterable[str]) -> bytes:
    data = {"spread": round(live.spread(), 1)}
    return b"".join(_event({"topic": topic} | data) for topic in sorted(topics))


def events(changes: live.Changes) -> bytes:
    """Server-sent events, one for each topic and for each thing pushed with it; a ping when nothing changed."""
    if not changes:
        return PING
    return b"".join(
        _event({"topic": topic} | data) if isinstance(data, dict) else hint(topic)
        for topic, pushed in changes.items()
        for data in pushed or [None]
    )


@lru_cache(maxsize=4_096)
def hint(topic: str) -> bytes:
    """The words for all who hear that `topic` changed."""
    return _event({"topic": topic})


def _event(message: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(message, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


async def _until_gone(receive: Receive, subscriber: live.Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close()


routes = [stream]
