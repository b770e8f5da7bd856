"""The floor: two processes with nothing but sockets that send the same words to the same streams.

They hear of changes on the same PostgreSQL channel, and let a topic rest as the application does. No accounts, no
access check, no HTTP server, no ASGI.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
import time
from collections import defaultdict
from typing import cast
from urllib.parse import unquote

import asyncpg

from core.listeners import REST_EACH, REST_MOST
from core.live import CHANNEL

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: ping\ndata: {}\n\n"
listeners: defaultdict[str, set[asyncio.Transport]] = defaultdict(set)
resting: dict[str, bool] = {}


class Stream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class
        self.topics: list[str] = []

    def data_received(self, data: bytes) -> None:
        query = data.split(b" ", 2)[1].decode().partition("topics=")[2].partition("&")[0]
        self.topics = unquote(query).split(",")
        for topic in self.topics:
            listeners[topic].add(self.transport)
        self.transport.write(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        for topic in self.topics:
            listeners[topic].discard(self.transport)


def tell(topic: str) -> None:
    if topic in resting:
        resting[topic] = True
        return
    audience = listeners.get(topic, ())
    words = b'id: %d\ndata: {"topic":"%s"}\n\n' % (time.time_ns() // 1_000_000, topic.encode())
    for transport in audience:
        transport.write(words)
    resting[topic] = False
    asyncio.get_running_loop().call_later(min(REST_MOST, len(audience) * REST_EACH), rested, topic)


def rested(topic: str) -> None:
    if resting.pop(topic):
        tell(topic)


async def main(url: str, port: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connection = await asyncpg.connect(url)
    await connection.add_listener(CHANNEL, lambda _c, _p, _n, payload: [tell(t) for t in json.loads(payload)])
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    await asyncio.get_running_loop().create_server(Stream, sock=listening, backlog=4096)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
