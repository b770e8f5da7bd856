"""After-commit push: which topics changed, told to every process and on to open browsers.

A message is a hint. Whoever gets one fetches again through its own access check, so a lost message costs
a minute of freshness and nothing else. One connection a process both listens and notifies; it is its own,
never one of the pool, and comes back by itself after a lost database.

What was said of late is remembered, so that a stream that opens later than its page was made, or again
after a break, hears what was said in between (`subscribe(since=…)`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from core.listeners import EVERYTHING, Changes, Listeners, Subscriber
from core.settings import settings

__all__ = [
    "EVERYTHING",
    "Changes",
    "Subscriber",
    "changed",
    "connected",
    "hear",
    "push",
    "running",
    "subscribe",
]

log = logging.getLogger("hotline.live")

CHANNEL = "hotline_changed"
LARGEST = 7_900
INTERVAL = 0.05
MOST_PENDING = 5_000


def changed(*topics: str) -> None:
    """Tell everybody, soon, that these topics changed; this process's own listeners at once.

    Called after a commit, never inside a transaction.
    """
    for topic in topics:
        _tell_own(topic)
    if _hub is not None:
        _hub.add(topics)


def push(topic: str, data: Mapping[str, Any]) -> None:
    """Like `changed`, with a small JSON object that travels along: `{"counters": {…}}`, a screen pop."""
    if _hub is not None:
        _hub.add([topic], dict(data))


def hear(prefix: str, handler: Callable[[str], None]) -> None:
    """Call `handler` in this process with every changed topic under `prefix`, and with `EVERYTHING`."""
    _handlers[prefix] = handler


def connected() -> bool:
    return _hub is not None and _hub.listening


@asynccontextmanager
async def subscribe(
    topics: Iterable[str], *, since: int | None = None, ends: Iterable[str] = ()
) -> AsyncIterator[Subscriber]:
    """Hear `topics` and `ends`; also what was said of `topics` from `since` on (a moment of `core.said_of_late`).

    Raises RuntimeError when the channel is not running in this process.
    """
    if _hub is None:
        raise RuntimeError("the live channel is not running: `async with live.running()` comes first")
    topics = frozenset(topics)
    listeners, subscriber = _hub.listeners, Subscriber(topics.union(ends))
    listeners.enter(subscriber, topics, since)
    try:
        yield subscriber
    finally:
        listeners.leave(subscriber)


def said(topics: Iterable[str], *, since: int) -> bool:
    """Whether one of `topics` was heard in this process from `since` on."""
    return _hub is not None and _hub.listeners.said.any_since(since, topics)


def spread() -> float:
    """Seconds over which browsers should ask when all of them ask: about 200 a second a process."""
    return min(30.0, len(_hub.listeners.all) / 200) if _hub else 0.0


@asynccontextmanager
async def running(*, listen: bool = True) -> AsyncIterator[None]:
    """The channel, for the life of this process. A worker that only tells says `listen=False`."""
    global _hub
    assert _hub is None, "the live channel is running already"
    _hub = Hub(listen=listen)
    tasks = [
        asyncio.create_task(part(), name=f"live {part.__name__}")
        for part in (_hub.run, _hub.listeners.broadcast, _hub.listeners.beat)
    ]
    try:
        yield
    finally:
        hub, _hub = _hub, None
        await hub.finish(tasks)


class Hub:
    """This process's end of the channel."""

    def __init__(self, *, listen: bool) -> None:
        self.listen = listen
        self.listening = False
        self.listeners = Listeners()
        self._pending: dict[str, list[Any]] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def add(self, topics: Iterable[str], *data: Any) -> None:
        for topic in topics:
            self._pending.setdefault(topic, []).extend(data)
        if len(self._pending) > MOST_PENDING:
            self._pending = {EVERYTHING: []}
        self._wake.set()

    async def run(self) -> None:
        """Hold the connection; after a loss try again with growing patience."""
        patience = 0.2
        while not self._stopping:
            try:
                connection = await asyncpg.connect(settings().direct_url(), timeout=5, command_timeout=5)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(patience)
                patience = min(patience * 2, 5)
                continue
            try:
                await self._serve(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("live channel lost: %s", type(error).__name__)
            finally:
                self.listening, patience = False, 0.2
                connection.terminate()

    async def _serve(self, connection: Any) -> None:
        connection.add_termination_listener(lambda _: self._wake.set())
        if self.listen:
            await connection.add_listener(CHANNEL, self._received)
            self.listening = True
            self._deliver({EVERYTHING: []})  # what was said before is not known
        while not connection.is_closed():
            await self._rest(connection)
            await self._send(connection)
            if self._stopping:
                return

    async def _rest(self, connection: Any) -> None:
        """Until there is something to tell; every half minute see whether the other end still lives."""
        while not self._pending and not self._stopping and not connection.is_closed():
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), 30)
            except TimeoutError:
                await connection.execute("SELECT 1")

    async def _send(self, connection: Any) -> None:
        taken, self._pending = self._pending, {}
        try:
            for payload in payloads(taken):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
                await asyncio.sleep(INTERVAL)
        except BaseException:
            for topic, data in taken.items():  # told by the next connection, some twice
                self.add([topic], *data)
            raise

    def _received(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        try:
            parts = json.loads(payload)
            changes = {p[0]: list(p[1:]) if isinstance(p, list) else [] for p in map(_as_part, parts)}
        except (ValueError, TypeError, IndexError):
            log.warning("live channel: a message that is not ours was ignored")
            return
        self._deliver(changes)

    def _deliver(self, changes: Changes) -> None:
        for topic, data in changes.items():
            _tell_own(topic)
            self.listeners.tell(topic, data)

    async def finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Tell what is still to tell, then let go."""
        self._stopping = True
        self._wake.set()
        self.listeners.close()
        run, *others = tasks
        for task in others:
            task.cancel()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(run, 1)


def _tell_own(topic: str) -> None:
    for prefix, handler in _handlers.items():
        if topic == EVERYTHING or topic.startswith(prefix):
            handler(topic)


def _as_part(part: Any) -> list[Any]:
    return part if isinstance(part, list) else [part]


def payloads(changes: Changes) -> list[str]:
    """`changes` as messages of at most `LARGEST` bytes: JSON lists of `topic` or `[topic, data, …]`."""
    messages: list[str] = []
    parts: list[str] = []
    size = 2
    for topic, data in changes.items():
        part = json.dumps([topic, *data] if data else topic, ensure_ascii=False, separators=(",", ":"))
        length = len(part.encode()) + 1
        if length > LARGEST:
            part = json.dumps(EVERYTHING)
            length = len(part) + 1
        if size + length > LARGEST and parts:
            messages.append(f"[{','.join(parts)}]")
            parts, size = [], 2
        parts.append(part)
        size += length
    if parts:
        messages.append(f"[{','.join(parts)}]")
    return messages


_hub: Hub | None = None
_handlers: dict[str, Callable[[str], None]] = {}
