"""What a commit tells, and to whom."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from litestar import Litestar

from core import accounts, db, live, said_of_late, sessions
from core.listeners import MOST_DATA, SLICE, Listeners, Subscriber
from core.live import LARGEST, payloads
from core.officers import Officer
from core.pages import stream
from tests.core.conftest import PASSWORD


@pytest.fixture
async def channel(database: str) -> AsyncIterator[None]:
    async with live.running():
        await until(live.connected)
        yield


async def until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def heard(subscriber: live.Subscriber) -> live.Changes:
    async with asyncio.timeout(5):
        return await subscriber.next()


async def test_a_commit_tells(channel: None) -> None:
    async with live.subscribe(["ticket:1", "unit:2"]) as subscriber:
        async with db.tx() as t:
            await t.execute("SELECT 1")
            t.changed("ticket:1", "ticket:99")
        assert await heard(subscriber) == {"ticket:1": []}


async def test_a_rollback_tells_nothing(channel: None) -> None:
    async with live.subscribe(["ticket:1"]) as subscriber:
        with contextlib.suppress(ZeroDivisionError):
            async with db.tx() as t:
                t.changed("ticket:1")
                raise ZeroDivisionError
        await asyncio.sleep(0.3)
        subscriber.wake()
        assert await subscriber.next() == {}


async def test_other_processes_hear_it(channel: None, database: str) -> None:
    heard: list[str] = []
    other = await asyncpg.connect(database)
    await other.add_listener(live.CHANNEL, lambda *args: heard.append(args[3]))
    live.push("queue:dispatch", {"counters": {"dispatch": 3}})
    await until(lambda: heard)
    assert json.loads(heard[0]) == [["queue:dispatch", {"counters": {"dispatch": 3}}]]
    await other.close()


async def test_many_changes_are_few_messages(channel: None, database: str) -> None:
    heard: list[str] = []
    other = await asyncpg.connect(database)
    await other.add_listener(live.CHANNEL, lambda *args: heard.append(args[3]))
    for n in range(300):
        live.changed(f"ticket:{n}")
        if n % 100 == 0:
            await asyncio.sleep(0.01)
    await until(lambda: sum(len(json.loads(p)) for p in heard) >= 300)
    assert len(heard) <= 5
    await other.close()


@pytest.mark.parametrize("topics", [1, 700, 5_000])
def test_no_message_is_larger_than_the_channel_takes(topics: int) -> None:
    changes: dict[str, list[Any]] = {f"ticket:{n:013}": [] for n in range(topics)}
    messages = payloads(changes)
    assert all(len(m.encode()) <= LARGEST for m in messages)
    assert [t for m in messages for t in json.loads(m)] == list(changes)


def test_what_is_too_large_to_push_is_looked_up_instead() -> None:
    assert payloads({"agent:1": [{"text": "话" * 5_000}]}) == ['["*"]']


async def test_a_slow_reader_holds_one_slot_a_topic() -> None:
    subscriber = live.Subscriber(["ticket:1"])
    for n in range(10_000):
        subscriber.put("ticket:1", [{"n": n}])
    changes = await subscriber.next()
    assert set(changes) == {"ticket:1", live.EVERYTHING}
    assert sum(map(len, changes.values())) <= MOST_DATA


async def test_after_a_lost_connection_everybody_looks_again(channel: None, database: str) -> None:
    async with live.subscribe(["ticket:1"]) as subscriber:
        await cut(database)
        assert live.EVERYTHING in await heard(subscriber)
        await until(live.connected)
        live.changed("ticket:1")
        assert await heard(subscriber) == {"ticket:1": []}


async def cut(database: str) -> None:
    """End every other connection of the database, the channel's among them."""
    async with db.direct() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_message_that_is_not_ours_is_ignored(channel: None) -> None:
    async with live.subscribe(["ticket:1"]) as subscriber:
        await db.execute("SELECT pg_notify($1, $2)", live.CHANNEL, "{not json")
        live.changed("ticket:1")
        assert await heard(subscriber) == {"ticket:1": []}


async def test_leaving_forgets_the_subscriber(channel: None) -> None:
    async with live.subscribe(["ticket:1"]):
        pass
    assert live._hub is not None
    assert not live._hub.listeners.by_topic
    assert not live._hub.listeners.all


class Reader:
    """A browser at the other end of `/live`."""

    def __init__(self, app: Litestar, token: str, topics: str) -> None:
        self.text = ""
        self.status = 0
        self.gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": f"topics={topics}".encode(),
            "headers": [(b"cookie", f"hotline_session={token}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))  # type: ignore[arg-type]

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()

    async def close(self) -> None:
        self.gone.set()
        await self.task


async def allow_all(_officer: Officer, topics: frozenset[str]) -> frozenset[str]:
    return topics


@pytest.fixture
def _open_topics(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_policy", allow_all)


@pytest.mark.usefixtures("_open_topics")
async def test_a_browser_hears_what_it_asked_for(app: Litestar, alice: int) -> None:
    await until(live.connected)
    reader = Reader(app, await accounts.sign_in("alice", PASSWORD, address=""), "ticket:1,queue:dispatch")
    await until(lambda: "ping" in reader.text)
    live.changed("ticket:1", "ticket:2")
    live.push("queue:dispatch", {"counters": {"dispatch": 3}})
    await until(lambda: "counters" in reader.text)
    assert 'data: {"topic":"ticket:1"}\n\n' in reader.text
    assert 'data: {"topic":"queue:dispatch","counters":{"dispatch":3}}\n\n' in reader.text
    assert "ticket:2" not in reader.text
    await reader.close()


async def test_a_browser_hears_nothing_it_may_not_see(app: Litestar, alice: int) -> None:
    await until(live.connected)
    reader = Reader(app, await accounts.sign_in("alice", PASSWORD, address=""), f"ticket:1,agent:{alice}")
    await until(lambda: "ping" in reader.text)
    live.changed("ticket:1", f"agent:{alice}")
    await until(lambda: f"agent:{alice}" in reader.text)
    assert "ticket:1" not in reader.text
    await reader.close()


@pytest.mark.usefixtures("_open_topics")
async def test_signing_out_elsewhere_ends_the_stream(app: Litestar, alice: int) -> None:
    await until(live.connected)
    token = await accounts.sign_in("alice", PASSWORD, address="")
    reader = Reader(app, token, "ticket:1")
    await until(lambda: "ping" in reader.text)
    session = await sessions.find(token)
    assert session is not None
    await accounts.sign_out(session)
    async with asyncio.timeout(3):
        await reader.task


async def test_without_a_session_there_is_no_stream(app: Litestar) -> None:
    reader = Reader(app, "none", "ticket:1")
    await reader.task
    assert reader.status in (303, 401)


@pytest.mark.usefixtures("_open_topics")
async def test_an_open_stream_holds_no_database_connection(app: Litestar, alice: int) -> None:
    await until(live.connected)
    token = await accounts.sign_in("alice", PASSWORD, address="")
    readers = [Reader(app, token, "ticket:1") for _ in range(40)]
    await until(lambda: all("ping" in r.text for r in readers))
    pool = db.engine().pool
    assert pool is not None
    assert pool.get_size() - pool.get_idle_size() == 0
    for reader in readers:
        await reader.close()


async def test_a_session_ended_in_another_process_is_forgotten_here(app: Litestar, alice: int) -> None:
    await until(live.connected)
    token = await accounts.sign_in("alice", PASSWORD, address="")
    session = await sessions.find(token)
    assert session is not None
    async with db.direct() as elsewhere:
        await elsewhere.execute("DELETE FROM session WHERE id = $1", session.id)
        await elsewhere.execute(
            "SELECT pg_notify($1, $2)", live.CHANNEL, json.dumps([f"session:{session.id}"])
        )
    async with asyncio.timeout(2):
        while await sessions.find(token):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_was_said_between_a_page_and_its_stream_is_heard(channel: None) -> None:
    begun = said_of_late.moment()
    live.changed("ticket:1", "ticket:2")
    await until(lambda: live.said(["ticket:2"], since=begun))
    async with live.subscribe(["ticket:1", "ticket:3"], since=begun) as subscriber:
        assert await heard(subscriber) == {"ticket:1": []}


async def test_what_was_said_long_before_is_not_said_again(channel: None) -> None:
    live.changed("ticket:1")
    await until(lambda: live.said(["ticket:1"], since=0))
    async with live.subscribe(
        ["ticket:1"], since=said_of_late.moment() + 2 * said_of_late.SKEW
    ) as subscriber:
        subscriber.wake()
        assert await subscriber.next() == {}


async def test_whoever_was_away_longer_than_we_remember_looks_at_everything(channel: None) -> None:
    async with live.subscribe(["ticket:1"], since=said_of_late.moment() - 3_600_000) as subscriber:
        assert await heard(subscriber) == {live.EVERYTHING: []}


def test_memory_of_what_was_said_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said_of_late, "MOST", 10)
    clock = itertools.count(1_000_000, 2_000)
    monkeypatch.setattr(said_of_late, "moment", lambda: next(clock))
    said = said_of_late.SaidOfLate()
    for n in range(30):
        said.note(f"ticket:{n}")
    assert said.since(1_000_000, ["ticket:29"]) is None
    assert said.since(1_060_000, ["ticket:3", "ticket:29"]) == ["ticket:29"]
    assert len(said._said) == 10


async def test_a_hot_topic_is_told_in_turns_and_no_last_word_is_lost() -> None:
    listeners = Listeners()
    task = asyncio.create_task(listeners.broadcast())
    readers = [Subscriber(["queue:calls"]) for _ in range(2 * SLICE)]
    taken = [0] * len(readers)
    last = 0.0

    async def read(n: int) -> None:
        nonlocal last
        while await readers[n].next():
            taken[n] += 1
            last = time.monotonic()

    for reader in readers:
        listeners.enter(reader, reader.topics, None)
    reading = [asyncio.create_task(read(n)) for n in range(len(readers))]
    said = 0.0
    for _ in range(100):
        said = time.monotonic()
        listeners.tell("queue:calls", [])
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    assert last > said
    assert 1 < min(taken) <= max(taken) < 50
    for t in (task, *reading):
        t.cancel()


async def test_a_stream_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.listeners.HEARTBEAT", 1)
    monkeypatch.setattr("core.listeners.MOST_SILENCE", 1)
    listeners = Listeners()
    beating = asyncio.create_task(listeners.beat())

    async def stuck() -> None:
        listeners.enter(Subscriber(["ticket:1"]), ["ticket:1"], None)
        await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not listeners.all
    beating.cancel()


@pytest.mark.usefixtures("_open_topics")
async def test_an_earlier_change_of_the_account_does_not_end_a_new_stream(app: Litestar, alice: int) -> None:
    await until(live.connected)
    live.changed(f"account:{alice}")
    await until(lambda: live.said([f"account:{alice}"], since=0))
    await asyncio.sleep(0.01)
    token = await accounts.sign_in("alice", PASSWORD, address="")
    reader = Reader(app, token, f"ticket:1&since={said_of_late.moment()}")
    await until(lambda: "ping" in reader.text)
    live.changed("ticket:1")
    await until(lambda: "ticket:1" in reader.text)
    assert "id: " in reader.text
    await reader.close()
