"""The terminals: a process that holds thousands of streams on bare sockets and notes what each hears, and when.

Reads a JSON task from standard input: `{"port", "streams": [[cookie, topics], …], "stuck", "vanish"}`. Says `ready`
when all streams are open, then waits for the name of the file with the changes and answers with the figures.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

EVENT = re.compile(rb'(?:id: (\d+)\n)?data: \{"topic":"([^"]+)"')
OPENING = 150
#: A hint for a queue, which changes all the time, may have left just before the change that it seems to tell. It
#: counts only when the server made it this many milliseconds after the commit.
GUARD = 100
#: Changes of a unit that follow another one of the same unit within this time are not measured, for the same reason.
CLOSE = 600


class Terminal(asyncio.Protocol):
    """One browser. `got`: topic → [(received, made)], in milliseconds of real time."""

    def __init__(self, request: bytes, topics: tuple[str, ...], opened: asyncio.Future[None]) -> None:
        self.request = request
        self.topics = topics
        self.opened = opened
        self.lost = False
        self.got: dict[str, list[tuple[float, int]]] = {topic: [] for topic in topics}
        self.made = 0
        self.rest = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.time() * 1000
        if self.rest:
            data = self.rest + data
        if not self.opened.done():
            if b"\n\n" not in data:
                self.rest = data
                return
            if not data.startswith(b"HTTP/1.1 200"):
                self.opened.set_exception(RuntimeError(data[:300].decode(errors="replace")))
                return
            self.opened.set_result(None)
        end = data.rfind(b"\n\n") + 2
        self.rest = data[end:] if end > 1 else data
        for made, topic in EVENT.findall(data[:end]):
            self.made = int(made) if made else self.made
            if (heard := self.got.get(topic.decode())) is not None:
                heard.append((now, self.made))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionResetError())


async def main() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    task = json.loads(await asyncio.to_thread(sys.stdin.readline))
    terminals = await open_all(task)
    for terminal in terminals[: task["stuck"]]:
        assert terminal.transport is not None
        terminal.transport.pause_reading()
    print("ready", flush=True)
    await asyncio.sleep(1)
    for terminal in terminals[task["stuck"] : task["stuck"] + task["vanish"]]:
        assert terminal.transport is not None
        terminal.transport.abort()
    changes = json.loads(await asyncio.to_thread(_read_named))
    print(json.dumps(figures(terminals[task["stuck"] + task["vanish"] :], changes)), flush=True)


def _read_named() -> str:
    return Path(sys.stdin.readline().strip()).read_text()


async def open_all(task: dict[str, Any]) -> list[Terminal]:
    """`OPENING` at a time."""
    loop, places = asyncio.get_running_loop(), asyncio.Semaphore(OPENING)

    async def one(cookie: str, topics: list[str]) -> Terminal:
        request = (
            f"GET /live?topics={quote(','.join(topics))}&since={time.time_ns() // 1_000_000} HTTP/1.1\r\n"
            f"Host: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
        ).encode()
        async with places:
            terminal = Terminal(request, tuple(topics), loop.create_future())
            await loop.create_connection(lambda: terminal, "127.0.0.1", task["port"])
            await terminal.opened
            return terminal

    return await asyncio.gather(*(one(cookie, topics) for cookie, topics in task["streams"]))


def figures(terminals: list[Terminal], found: dict[str, Any]) -> dict[str, Any]:
    """Over every pair of a change and a terminal that listens to one of its topics.

    `found`: `changes` [[moment, topics]], and `last`, the moment at which every topic was told once more after a
    rest. Lost: a terminal that did not hear of that, or of a change, within five seconds.
    """
    moments: dict[str, list[float]] = {}
    for moment, topics in found["changes"]:
        for topic in topics:
            moments.setdefault(topic, []).append(moment)
    single: list[float] = []
    many: list[float] = []
    lost = hints = 0
    for terminal in terminals:
        for topic, heard in terminal.got.items():
            hints += len(heard)
            kind = topic.partition(":")[0]
            at, before, of_topic = 0, 0.0, moments.get(topic, [])
            for moment, after in zip(of_topic, [*of_topic[1:], 0.0], strict=False):
                clear = moment - before > CLOSE
                before = moment
                if (kind == "queue" and not 0 < after - moment < CLOSE) or (kind == "unit" and not clear):
                    continue
                which, earliest = (1, moment + GUARD) if kind == "queue" else (0, moment)
                while at < len(heard) and heard[at][which] < earliest:
                    at += 1
                if at == len(heard) or heard[at][0] - moment > 5_000:
                    lost += 1
                else:
                    (many if kind == "queue" else single).append(heard[at][0] - moment)
            lost += not any(received >= found["last"] for received, _made in heard)
    return {
        "terminals": len(terminals), "broken": sum(t.lost for t in terminals), "hints": hints, "lost": lost,
        "single": shares(single), "many": shares(many),
    }  # fmt: skip


def shares(took: list[float]) -> dict[str, float]:
    took.sort()
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {"n": len(took), "max": took[-1] if took else 0.0} | {
        name: took[int(share * (len(took) - 1))] if took else 0.0 for name, share in at.items()
    }


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
