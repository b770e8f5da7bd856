"""The measures: each a load through HTTP, its floor in PostgreSQL, and the aim it is held against."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import cpu, floor, load
from core import clock, db, privacy, sessions
from core.officers import Officer, grants_of, set_grants
from core.visits import pre_cookie, session_cookie
from crm import find
from crm.tickets import queries, register, registration
from routing.posts import grants_for
from routing.rulebook import rulebook

MESSAGES = Path(__file__).resolve().parent.parent / "hotline" / "demo" / "messages.jsonl"
WORDS = (
    "暖气不热",
    "电梯停运",
    "拖欠工资",
    "噪声扰民",
    "路灯",
    "预付卡",
    "渗漏",
    "占道经营",
    "停水",
    "公交线路",
    "燃气",
    "退费",
)


@dataclass(frozen=True)
class World:
    """What the measures need to ask like real people."""

    port: int
    agent: Officer
    dispatcher: Officer
    api: dict[str, str]
    cookies: dict[str, str]
    numbers: list[int]
    phones: list[str]
    bodies: list[dict[str, Any]]
    chance: random.Random


async def all_of(port: int, asked: Any, url: str, parts: cpu.Parts) -> dict[str, Any]:
    """Run them one after the other, printing each."""
    world = await _world(port)
    figures: dict[str, Any] = {"tickets": asked.tickets, "clients": asked.clients}
    print(
        f"{'':24}{'per s':>9}{'floor/s':>9}{'share':>7}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}  processor ms: web, worker, postgres, load; failed"
    )
    if asked.only in "open loop":
        done = await load.opened(
            "open loop", port, _mixed(world), rate=asked.rate, seconds=max(20, asked.seconds)
        )
        figures["open loop"] = _note(done, None)
    for name, (make, capture) in _measures(world).items():
        if asked.only not in name:
            continue
        done = await load.closed(name, port, make, clients=asked.clients, seconds=asked.seconds, parts=parts)
        script = await capture() if capture else ""
        most = (
            floor.pgbench(script, url=url, clients=asked.clients, seconds=max(3, asked.seconds // 2))
            if script
            else None
        )
        figures[name] = _note(done, most)
    await db.execute("DELETE FROM notice_due WHERE ticket >= $1", floor.FIRST)
    for table, key in (("round", "ticket"), ("ticket", "id")):
        await db.execute(f"DELETE FROM {table} WHERE {key} >= $1", floor.FIRST)
    return figures


def _note(done: load.Figures, most: float | None) -> dict[str, Any]:
    share = f"{done.per_second / most:.2f}" if most else ""
    print(
        f"{done.name:24}{done.per_second:9.0f}{most or 0:9.0f}{share:>7}{done.ms(0.5):8.1f}{done.ms(0.95):8.1f}"
        f"{done.ms(0.99):8.1f}  {', '.join(f'{ms:.2f}' for ms in done.cpu.values())}; {done.failed} {done.first_failure}",
        flush=True,
    )
    return {
        "per_second": done.per_second, "floor": most, "p50": done.ms(0.5), "p95": done.ms(0.95), "p99": done.ms(0.99),
        "failed": done.failed, "cpu": dict(done.cpu),
    }  # fmt: skip


def _measures(world: World) -> dict[str, tuple[load.Maker, Callable[[], Any] | None]]:
    chance = world.chance
    return {  # create comes last: a queue of thousands that nobody dispatches is no hotline's
        "list 50 JSON": (lambda: _get(world, "/api/v1/tickets?limit=50"), lambda: _list_floor(world)),
        "list 50 HTML": (lambda: _page(world, "/dispatch"), None),
        "detail JSON": (lambda: _get(world, f"/api/v1/tickets/{chance.choice(world.numbers)}"), lambda: _detail_floor(world)),
        "detail HTML": (lambda: _page(world, f"/tickets/{chance.choice(world.numbers)}"), None),
        "search": (lambda: _search(world), lambda: _search_floor(world)),
        "status query": (lambda: _status(world), None),
        "create": (lambda: _create(world), lambda: _create_floor(world)),
    }  # fmt: skip


def _mixed(world: World) -> load.Maker:
    """A minute of the desks: mostly reading, one in ten a new ticket."""
    makers: list[tuple[load.Maker, int]] = [
        (lambda: _create(world), 10), (lambda: _get(world, "/api/v1/tickets?limit=50"), 20),
        (lambda: _page(world, "/dispatch"), 25), (lambda: _page(world, f"/tickets/{world.chance.choice(world.numbers)}"), 25),
        (lambda: _search(world), 15), (lambda: _status(world), 5),
    ]  # fmt: skip
    return lambda: world.chance.choices([m for m, _w in makers], [w for _m, w in makers])[0]()


# --- requests ---


def _create(world: World) -> bytes:
    body = {**world.chance.choice(world.bodies), "phone": f"+86138{world.chance.randrange(10**8):08d}"}
    return _post_json(world, "/api/v1/tickets", body)


def _search(world: World) -> bytes:
    from urllib.parse import quote

    return _get(world, f"/api/v1/tickets?limit=20&q={quote(world.chance.choice(WORDS))}")


def _status(world: World) -> bytes:
    from urllib.parse import urlencode

    token = "b" * 32
    form = urlencode(
        {"phone": world.chance.choice(world.phones), "body": "查", "key": secrets.token_hex(8)}
    ).encode()
    return load.request(
        "POST", "/phone/messages",
        headers={
            "Cookie": f"{pre_cookie()}={token}", "X-CSRF-Token": token, "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=form,
    )  # fmt: skip


def _get(world: World, path: str) -> bytes:
    return load.request("GET", path, headers=world.api)


def _page(world: World, path: str) -> bytes:
    return load.request("GET", path, headers=world.cookies)


def _post_json(world: World, path: str, body: dict[str, Any]) -> bytes:
    headers = {**world.api, "Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(12)}
    return load.request("POST", path, headers=headers, body=json.dumps(body).encode())


# --- floors ---


async def _create_floor(world: World) -> str:
    phone, claim = "+8613812345678", secrets.token_hex(12)
    form = registration.check({**world.bodies[0], "phone": phone}, await rulebook())
    async with floor.captured():  # reference data is read once a process, not once a call
        await register.register(world.agent, form, now=clock.now())
    async with floor.captured() as found:
        done = await register.register(world.agent, form, now=clock.now(), claim=("bench", claim))
    variables = {
        done.number: f"({floor.FIRST} + :seq)",
        claim: "md5(:seq::text)",
        privacy.lookup("phone", phone): "decode(md5(:phone::text), 'hex')",
    }
    script = found.script(variables, head="\\set phone random(1, 100000000)")
    return script.replace(
        "SELECT nextval('ticket_number') \\gset", "SELECT nextval('ticket_event_id') AS seq \\gset"
    )


async def _list_floor(world: World) -> str:
    async with floor.captured() as found:
        await find.find(world.agent, "", {}, today=clock.today(), limit=50)
    return found.script({})


async def _detail_floor(world: World) -> str:
    number = world.numbers[0]
    async with floor.captured() as found:
        await queries.ticket(world.agent, number)
        await queries.orders(number)
        await queries.events(number)
    return found.script({})


async def _search_floor(world: World) -> str:
    async with floor.captured() as found:
        await find.find(world.agent, WORDS[0], {}, today=clock.today(), limit=20)
    return found.script({})


# --- the world ---


async def _world(port: int) -> World:
    set_grants(grants_for)
    agent, dispatcher = await _officer("lijing"), await _officer("chennan")
    api, cookie = await _session(agent), await _session(dispatcher)
    numbers = await db.fetch(
        "SELECT id FROM ticket WHERE NOT confidential AND id < 9900000000000 ORDER BY random() LIMIT 5000"
    )
    sealed = await db.fetch("SELECT phone FROM citizen WHERE phone IS NOT NULL ORDER BY id DESC LIMIT 1")
    assert sealed
    book = await rulebook()
    return World(
        port, agent, dispatcher, api, cookie,
        [row["id"] for row in numbers], [f"138{n:08d}" for n in range(30_000)], _bodies(book), random.Random(11),
    )  # fmt: skip


async def _session(officer: Officer) -> dict[str, str]:
    """What a signed-in browser sends. The API is asked by one too: a token may call ten times a second."""
    token = await sessions.begin(officer.id, address="127.0.0.1")
    found = await sessions.find(token)
    assert found is not None
    return {"Cookie": f"{session_cookie()}={token}", "X-CSRF-Token": found.csrf}


async def _officer(username: str) -> Officer:
    row = await db.fetchrow("SELECT id, name FROM account WHERE username = $1", username)
    granted = await grants_of(row["id"])
    return Officer(row["id"], username, row["name"], permissions=granted.permissions, scopes=granted.scopes)


def _bodies(book: Any) -> list[dict[str, Any]]:
    streets = {(s.district_name, s.name): s.code for s in book.streets.values()}
    messages = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    return [
        {
            "kind": m["kind"], "matter": m["matter"], "content": m["text"], "title": m["title"],
            "street": streets.get((m["district"], m["street"]), ""), "address": m["address"], "name": m["name"],
            "contact": m["contact"],
        }
        for m in messages
        if not m["confidential"] and m["kind"] != "report" and not m["anonymous"]
        and not book.matter(m["matter"]).confidential
    ]  # fmt: skip
