"""The open browsers of this process: who listens to which topic, and how thousands are told without a jam.

A slow or vanished browser costs nobody else anything: each has a slot a topic and no queue, takes its news when
its line takes them, and is let go after a minute in which it took none.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

from core.said_of_late import SaidOfLate

#: Told instead of topics when some may have been missed: everybody looks again.
EVERYTHING = "*"
MOST_DATA = 16
#: Seconds after which each stream is woken to show that it lives: one ticker, a slice of the streams a second.
HEARTBEAT = 15
#: A stream that has not come for news through so many heartbeats is let go; its browser comes back when it can.
MOST_SILENCE = 4
#: So many are told at once; between two such slices other requests get their turn.
SLICE = 200
#: Seconds a topic rests after it was told, for each listener and at most: telling takes a part of the process.
REST_EACH, REST_MOST = 0.0001, 0.3

#: topic → what was pushed with it, oldest first; mostly nothing.
Changes = Mapping[str, list[Any]]


class Subscriber:
    """One open browser."""

    __slots__ = ("_pending", "_ready", "_task", "_waiting", "closed", "silence", "topics")

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.closed = False
        #: Heartbeats since it last came for news.
        self.silence = 0
        self._pending: dict[str, list[Any]] = {}
        self._ready = False
        self._waiting: asyncio.Future[None] | None = None
        self._task = asyncio.current_task()

    async def next(self) -> Changes:
        """What changed since the last call; empty at a heartbeat and on close."""
        self.silence = 0
        if not self._ready:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
            self._waiting = None
        self._ready = False
        taken, self._pending = self._pending, {}
        return taken

    def put(self, topic: str, data: list[Any]) -> None:
        slot = self._pending.setdefault(topic, [])
        if data:
            slot.extend(data)
            if len(slot) > MOST_DATA:
                self._pending[EVERYTHING] = []
                slot.clear()
        self.wake()

    def wake(self) -> None:
        self._ready = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def close(self) -> None:
        self.closed = True
        self.wake()

    def drop(self) -> None:
        """End whoever reads this, also in the middle of sending to a browser that takes nothing."""
        self.close()
        if self._task is not None:
            self._task.cancel()


class Listeners:
    """All subscribers of a process, and what was said to them of late."""

    def __init__(self) -> None:
        self.by_topic: defaultdict[str, set[Subscriber]] = defaultdict(set)
        #: Every subscriber, with the second of the heartbeat at which it is woken.
        self.all: dict[Subscriber, int] = {}
        self.said = SaidOfLate()
        self._places = count()
        self._large: dict[str, list[Any]] = {}
        self._larger = asyncio.Event()
        self._resting: set[str] = set()

    def enter(self, subscriber: Subscriber, topics: Collection[str], since: int | None) -> None:
        """From now on it is told; first what was said of `topics` from `since` on."""
        self.all[subscriber] = next(self._places) % HEARTBEAT
        for topic in subscriber.topics:
            self.by_topic[topic].add(subscriber)
        if since is not None:
            missed = self.said.since(since, topics)
            for topic in [EVERYTHING] if missed is None else missed:
                subscriber.put(topic, [])

    def leave(self, subscriber: Subscriber) -> None:
        self.all.pop(subscriber, None)
        for topic in subscriber.topics:
            self.by_topic[topic].discard(subscriber)
            if not self.by_topic[topic]:
                del self.by_topic[topic]

    def tell(self, topic: str, data: list[Any]) -> None:
        """A few at once; many by `broadcast`, so that a topic rests between two tellings."""
        if topic == EVERYTHING:
            self.said.forget()
        else:
            self.said.note(topic)
        audience = self._audience(topic)
        if topic not in self._resting and len(audience) <= SLICE:
            for subscriber in audience:
                subscriber.put(topic, data)
        else:
            self._large.setdefault(topic, []).extend(data[-MOST_DATA:])
            self._larger.set()

    def _audience(self, topic: str) -> Collection[Subscriber]:
        return self.all if topic == EVERYTHING else self.by_topic.get(topic, ())

    async def broadcast(self) -> None:
        """Tell topics with many listeners, a slice after the other."""
        while True:
            await self._larger.wait()
            self._larger.clear()
            for topic in [t for t in self._large if t not in self._resting]:
                data, audience = self._large.pop(topic), list(self._audience(topic))
                for at in range(0, len(audience), SLICE):
                    for subscriber in audience[at : at + SLICE]:
                        subscriber.put(topic, data)
                    await asyncio.sleep(0)
                if topic != EVERYTHING:
                    self.said.note(topic)  # once more: who left while it was told may have missed it
                self._rest(topic, len(audience))

    def _rest(self, topic: str, listeners: int) -> None:
        def rested() -> None:
            self._resting.discard(topic)
            if topic in self._large:
                self._larger.set()

        self._resting.add(topic)
        asyncio.get_running_loop().call_later(min(REST_MOST, listeners * REST_EACH), rested)

    async def beat(self) -> None:
        """Wake a slice of the subscribers each second; let go of those that no longer take anything."""
        for second in count():
            await asyncio.sleep(1)
            for subscriber, due in list(self.all.items()):
                if due != second % HEARTBEAT:
                    continue
                subscriber.silence += 1
                if subscriber.silence > MOST_SILENCE:
                    self.leave(subscriber)
                    subscriber.drop()
                else:
                    subscriber.wake()

    def close(self) -> None:
        for subscriber in list(self.all):
            subscriber.close()
