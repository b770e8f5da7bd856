"""A load of HTTP requests from one process: raw sockets, keep-alive, pre-encoded, so that it costs little itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench import cpu

#: Makes the bytes of the next request.
Maker = Callable[[], bytes]


@dataclass
class Figures:
    """What came of a load; `took` in seconds, one for each answer."""

    name: str
    seconds: float
    took: list[float] = field(default_factory=list)
    failed: int = 0
    first_failure: str = ""
    #: Processor milliseconds a request, by part; the parts together cannot have more than the cores give.
    cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def ms(self, share: float) -> float:
        """The percentile in milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


class Connection:
    """One keep-alive connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. Reconnects once when the other end closed an idle connection."""
        for attempt in (1, 2):
            try:
                if self.reader is None or self.writer is None:
                    self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
                self.writer.write(request)
                return await self._answer()
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    async def _answer(self) -> tuple[int, bytes]:
        assert self.reader is not None
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 : lower.index(b"\r\n", at)])
            return status, await self.reader.readexactly(length)
        body = b""
        while True:  # chunked
            size = int(await self.reader.readline(), 16)
            body += (await self.reader.readexactly(size + 2))[:-2]
            if not size:
                return status, body

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def closed(
    name: str, port: int, make: Maker, *, clients: int, seconds: float, parts: cpu.Parts, warm: float = 1.0
) -> Figures:
    """`clients` that each wait for their answer before they ask again."""
    figures = Figures(name, seconds)
    begin = time.perf_counter() + warm
    end = begin + seconds

    async def client() -> None:
        connection = Connection(port)
        while (start := time.perf_counter()) < end:
            status, body = await connection.send(make())
            if start >= begin:
                _note(figures, status, body, time.perf_counter() - start)
        connection.close()

    tasks = [asyncio.create_task(client()) for _ in range(clients)]
    await asyncio.sleep(warm)
    before = parts.seconds()
    await asyncio.gather(*tasks)
    figures.cpu = cpu.milliseconds(before, parts.seconds(), len(figures.took) + figures.failed)
    return figures


async def opened(
    name: str, port: int, make: Maker, *, rate: float, seconds: float, warm: float = 5.0
) -> Figures:
    """`rate` requests a second whatever the answers do; time counts from when a request was meant to leave.

    The first `warm` seconds (first use of each page, statement and connection) are not counted.
    """
    figures = Figures(name, seconds)
    idle: list[Connection] = []
    tasks: set[asyncio.Task[None]] = set()
    begin = time.perf_counter()

    async def one(due: float) -> None:
        connection = idle.pop() if idle else Connection(port)
        status, body = await connection.send(make())
        if due >= begin + warm:
            _note(figures, status, body, time.perf_counter() - due)
        idle.append(connection)

    for n in range(int(rate * (warm + seconds))):
        due = begin + n / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    for connection in idle:
        connection.close()
    return figures


def _note(figures: Figures, status: int, body: bytes, took: float) -> None:
    if 200 <= status < 300:
        figures.took.append(took)
    else:
        figures.failed += 1
        figures.first_failure = figures.first_failure or f"{status} {body[:200].decode(errors='replace')}"


def request(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
