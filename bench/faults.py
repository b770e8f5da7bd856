"""Kills in the middle of the work: web, worker or database die at random moments while sixteen clients make random moves.

`python -m bench.faults --kills 20`. The product runs as `make run` starts it: embedded PostgreSQL, web, worker, with a
carrier of our own beside it. Every request carries its `Idempotency-Key` and is sent again until it is answered. At the
end every log must replay, what is kept twice agree, and each party be told once: no message twice, none missing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from bench import load

ROOT = Path(__file__).resolve().parent.parent
VICTIMS = ("web", "web process", "worker", "database")
#: Seconds between two kills, at least and at most, after everything answered again.
PAUSE = (1.0, 3.0)
#: How long a client goes on sending one request.
PATIENCE = 180.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--tickets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "faults")
    asked = parser.parse_args()
    wrong = run(**vars(asked))
    print("\n".join(wrong[:20]) or "every log replays, everything agrees, everybody was told once")
    return 1 if wrong else 0


def run(*, kills: int, clients: int, tickets: int, seed: int, var: Path) -> list[str]:
    """What is wrong afterwards, in words."""
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    var.chmod(0o755)
    os.environ |= {"VAR_DIR": str(var), "PICCOLO_CONF": "hotline.piccolo_conf", "API_CALLS_PER_MINUTE": "0"}
    for name in ("DATABASE_URL", "PUBLIC_URL"):
        os.environ.pop(name, None)
    from hotline.embedded import Server

    server = Server(var)
    os.environ["DATABASE_URL"] = (
        server.start()
    )  # held by us too: what is killed below is started again by the product
    try:
        return asyncio.run(_run(server, kills, clients, tickets, seed, var))
    finally:
        server.release()


async def _run(server: Any, kills: int, clients: int, tickets: int, seed: int, var: Path) -> list[str]:
    from bench.__main__ import _free_port

    chance, port = random.Random(seed), _free_port()
    async with AsyncExitStack() as stack:
        carrier = await stack.enter_async_context(_carrier(port))
        log = stack.enter_context((var / "run.log").open("wb"))
        app = subprocess.Popen(  # noqa: ASYNC220 - once, before anything runs
            [sys.executable, "-m", "hotline.cli", "run"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
            | carrier.settings | {"PORT": str(port), "LOG_LEVEL": "WARNING", "WEB_WORKERS": "2"},
        )  # fmt: skip
        try:
            await _answering(port, 180)
            world = await _world(tickets)
            tally: Counter[str] = Counter()
            end = asyncio.Event()
            players = [
                asyncio.create_task(_client(random.Random(seed * 100 + n), port, world, end, tally))
                for n in range(clients)
            ]
            for n in range(kills):
                await asyncio.sleep(chance.uniform(*PAUSE))
                victim = chance.choice(VICTIMS)
                print(f"kill {n + 1:3}: {victim:12} {_kill(app.pid, server, victim)}", flush=True)
                began = time.monotonic()
                await asyncio.sleep(0.2)
                await _answering(port, PATIENCE)
                tally["seconds until it answered again"] += round(time.monotonic() - began)
            await asyncio.sleep(2)
            end.set()
            await asyncio.gather(*players)
            _show(tally)
            await _drained()
            return await _wrong(tally, carrier.messages())
        finally:
            app.terminate()
            with suppress(subprocess.TimeoutExpired):
                app.wait(30)


# --- the carrier ---


class _Served:
    """The local carrier over HTTP; it keeps what it took."""

    def __init__(self, carrier: Any, url: str, public: str) -> None:
        from hotline.demo.carrier import ACCOUNT, NUMBER, SERVICE, TOKEN

        self.carrier = carrier
        self.settings = {
            "TWILIO_API_URL": url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_MESSAGING_SERVICE": SERVICE, "TWILIO_VOICE_FROM": NUMBER, "PUBLIC_URL": public,
        }  # fmt: skip

    def messages(self) -> list[tuple[str, str]]:
        """What it took: to whom, what."""
        return [(sms.to, sms.sid) for sms in self.carrier.messages.values() if sms.direction != "inbound"]


class _carrier:  # noqa: N801 - used like a function
    def __init__(self, port: int) -> None:
        self.public = f"http://127.0.0.1:{port}"

    async def __aenter__(self) -> _Served:
        from granian.constants import Interfaces
        from granian.server.embed import Server

        from bench.__main__ import _free_port
        from hotline.demo.carrier import Carrier
        from hotline.demo.carrier_app import app_of, posting

        logging.getLogger("hotline.carrier").setLevel(logging.ERROR)  # its webhooks meet killed pages
        self.posting = posting()
        carrier = Carrier(await self.posting.__aenter__(), self.public)
        port = _free_port()
        self.server = Server(app_of(carrier), port=port, interface=Interfaces.ASGI, log_enabled=False)
        self.task = asyncio.create_task(self.server.serve())
        return _Served(carrier, f"http://127.0.0.1:{port}", self.public)

    async def __aexit__(self, *_error: object) -> None:
        self.server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([self.task], timeout=10)
        await self.posting.__aexit__(None, None, None)


# --- the victims ---


def _kill(run: int, server: Any, victim: str) -> str:
    """kill -9 of one of them; which process that was."""
    if victim == "database":
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
    else:
        children = psutil.Process(run).children()
        name = "hotline.serve" if victim.startswith("web") else "worker"
        found = [c for c in children if name in c.cmdline()]
        if not found:
            return "(is not there yet)"
        process = found[0]
        if victim == "web process":
            process = next(iter(process.children()), process)
        pid = process.pid
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return str(pid)


async def _answering(port: int, within: float) -> None:
    """Until /healthz answers 200, database and all."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        connection = load.Connection(port)
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            async with asyncio.timeout(5):
                status, _body = await connection.send(load.request("GET", "/healthz", headers={}))
            if status == 200:
                return
        connection.close()
        await asyncio.sleep(0.2)
    raise RuntimeError("the product does not answer any more; see run.log")


# --- the clients ---


async def _world(tickets: int) -> dict[str, Any]:
    """The people's sessions and the tickets they fight over."""
    from bench import stress
    from bench.measures import _officer, _session
    from core import db, privacy
    from core.officers import set_grants
    from routing.posts import grants_for

    set_grants(grants_for)
    await db.open_pool(4)
    privacy.keys()
    people = {
        name: await _officer(name)
        for name in ("mali", "chennan", "lijing", "liuyang", "zhaozhuren", "wangmin")
    }
    units = sorted(people["zhaozhuren"].scopes)
    return {
        "heads": {name: await _session(officer) for name, officer in people.items()},
        "numbers": [await stress._new_ticket() for _ in range(tickets)], "units": await stress._units(), "own": units,
    }  # fmt: skip


async def _client(
    chance: random.Random, port: int, world: dict[str, Any], end: asyncio.Event, tally: Counter[str]
) -> None:
    from core import db

    connection = load.Connection(port)
    while not end.is_set():
        ticket = chance.choice(world["numbers"])
        try:
            status = await db.fetchval("SELECT status FROM ticket WHERE id = $1", ticket)
            request, name = await _request(chance, ticket, status, world)
        except db.UNREACHABLE:
            await asyncio.sleep(0.3)
            continue
        tally[f"{await _sent(connection, request, tally)}  {name}"] += 1
    connection.close()


async def _request(
    chance: random.Random, ticket: int, status: str, world: dict[str, Any]
) -> tuple[bytes, str]:
    """A random move by page's form or API, by somebody who may or may not; or a new ticket of the same matter."""
    from bench import players
    from core import clock, db

    if chance.random() < 0.1:
        body = {"kind": "help", "matter": "030101", "street": "120104009", "content": "家里暖气从昨天起一直不热，室温 14 度。",
                "phone": f"138{chance.randrange(10**8):08d}"}  # fmt: skip
        return _post(world["heads"]["lijing"], "/api/v1/tickets", body), "register"
    verb = players.pick(chance, status)
    units = world["units"] if chance.random() < 0.5 else world["own"] * 3
    values = players.filled(
        verb,
        chance,
        units=units,
        tickets=[f"{n:013d}" for n in world["numbers"]],
        now=clock.now(),
        soon=timedelta(days=6),
    )
    body = {key: _json(value) for key, value in values.items() if value not in (None, "", ())}
    who, subject = chance.choice(("mali", "mali", "chennan", "liuyang", "lijing")), ticket
    if verb.on == "order":
        who = chance.choice(("zhaozhuren", "zhaozhuren", "wangmin"))
        order = await db.fetchval(
            "SELECT id FROM work_order WHERE ticket = $1 ORDER BY id DESC LIMIT 1", ticket
        )
        subject = order or 1
    return _post(world["heads"][who], f"/api/v1/{verb.on}s/{subject}/moves/{verb.move}", body), verb.move


def _json(value: Any) -> Any:
    return value.isoformat()[:16] if hasattr(value, "isoformat") else value


def _post(head: dict[str, str], path: str, body: dict[str, Any]) -> bytes:
    headers = {**head, "Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(12)}
    return load.request("POST", path, headers=headers, body=json.dumps(body, ensure_ascii=False).encode())


async def _sent(connection: load.Connection, request: bytes, tally: Counter[str]) -> int:
    """Sent until it is answered by something else than "try again"; 0 when nobody ever answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            async with asyncio.timeout(20):
                status, body = await connection.send(request)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            connection.close()
            tally["sent again"] += 1
            await asyncio.sleep(0.3)
            continue
        if status == 500:
            tally[f"BROKEN {body[:160].decode(errors='replace')}"] += 1
        if status != 503:
            return status
        tally["sent again"] += 1
        await asyncio.sleep(0.5)
    return 0


# --- afterwards ---


async def _drained() -> None:
    """Until every notice is settled and every message is with the carrier. What a killed worker held is let go at once,
    instead of after its lease."""
    from core import db

    await db.execute(
        "UPDATE message SET claimed_at = claimed_at - interval '10 minutes' WHERE state = 'claimed'"
    )
    for _ in range(90):
        left = await db.fetchval(
            """SELECT (SELECT count(*) FROM notice_due WHERE done_at IS NULL AND due_at <= now())
                    + (SELECT count(*) FROM message WHERE state IN ('waiting', 'claimed') AND direction = 'out'
                       AND send_after <= now())"""
        )
        if not left:
            return
        await asyncio.sleep(1)
    print(f"{left} notices and messages still wait")


async def _wrong(tally: Counter[str], taken: list[tuple[str, str]]) -> list[str]:
    from core import db
    from crm.tickets import agreement, replay

    since = "SELECT min(id) FROM ticket_event WHERE verb = 'register'"
    found = [f"{one.ticket}: {one.what}" for look in (replay.check, agreement.check) async for one in look()]
    told = await db.fetchval(since)
    found += [f"{one.ticket}: {one.what}" async for one in agreement.untold() if told]
    found += [key for key in tally if key.startswith(("BROKEN", "0  "))]
    found += await _messages(taken)
    await db.close_pool()
    return found


async def _messages(taken: list[tuple[str, str]]) -> list[str]:
    """Each message of ours is one at the carrier. One in doubt is left to a human: the carrier may have it or not."""
    from core import db

    rows = await db.fetch("SELECT id, state, carrier_id, resent FROM message WHERE direction = 'out'")
    sids = {sid for _to, sid in taken}
    gone = [row for row in rows if row["carrier_id"]]
    doubt = [row for row in rows if row["state"] in ("unknown", "claimed")]
    found = [
        f"message {row['id']}: the carrier does not know {row['carrier_id']}"
        for row in gone
        if row["carrier_id"] not in sids
    ]
    found += [f"message {row['id']} was sent {row['resent'] + 1} times" for row in rows if row["resent"]]
    extra = len(taken) - len(gone)
    if not 0 <= extra <= len(doubt):
        found.append(f"the carrier took {len(taken)} messages, we know of {len(gone)} and doubt {len(doubt)}")
    late = [row for row in rows if row["state"] == "waiting"]
    print(
        f"messages: {len(rows)} written, {len(taken)} taken, {len(doubt)} left to a human, {len(late)} for later"
    )
    return found


def _show(tally: Counter[str]) -> None:
    made = sum(n for key, n in tally.items() if key.startswith(("200", "201")))
    refused = sum(n for key, n in tally.items() if key.startswith("4"))
    kinds = Counter(key.split("  ")[0] for key in tally.elements() if key[:1].isdigit())
    print(f"{made} moves made, {refused} refused, {tally['sent again']} sent again; {dict(kinds)}")
    print(f"{tally['seconds until it answered again']} s in all until it answered again")


if __name__ == "__main__":
    sys.exit(main())
