"""What a database needs before the doors open: its shape, its reference data, perhaps a demo.

Runs in a process of its own, so that `hotline run` itself stays small.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec

from core import clock, db, installation, live, runs, schema
from core.i18n import _, said

#: Reference data, lowest floor first. Each has `async def load()` and may be run again.
SEEDS = ("routing.seed.load", "crm.seed.load", "kb.seed.load")
_LOCK = 0x736F776E  # "sown"

Say = Callable[[str], None]


async def prepare(*, demo: bool | None, say: Say, watch: Callable[[runs.Run], None] | None = None) -> None:
    """`demo`: True makes one, None makes one only where nobody has an account yet, False never."""
    applied = await schema.migrate()
    if applied:
        say(_("数据库结构：完成了 {n} 步").format(n=len(applied)))
    await db.open_pool(4)
    try:
        async with _one_at_a_time(), live.running(listen=False):
            await seed(say=say)
            await schema.make_partitions(now=clock.now())
            if demo or (demo is None and await _is_untouched()):
                await load_demo(say=say, watch=watch)
    finally:
        await db.close_pool()


async def seed(*, say: Say, again: bool = False) -> None:
    """Load the reference data that is not there yet, or all of it once more."""
    for name in SEEDS:
        if not find_spec(name.rpartition(".")[0]) or not find_spec(name):
            continue
        if again or not await installation.value(f"seeded:{name}"):
            say(_("载入基础数据：{name}").format(name=name.partition(".")[0]))
            await import_module(name).load()
            await installation.keep(f"seeded:{name}", clock.real_now().isoformat())


async def load_demo(*, say: Say, watch: Callable[[runs.Run], None] | None = None) -> None:
    """Tickets, people and a few days of work. Refuses (`runs.Busy`) a database in real use."""
    if await installation.value("demo_loaded"):
        return
    purpose = await installation.value("purpose")
    if purpose not in {None, *installation.PLAYGROUNDS} or (purpose is None and await _has_accounts()):
        raise runs.Busy(_("这个数据库已有真实账号，不能再载入演示数据。"))
    if purpose is None:
        await installation.keep("purpose", "demo")
    say(_("载入演示数据……"))
    load = import_module("hotline.demo.load").load
    async with runs.running("demo", watch=watch) as run:
        if "progress" in inspect.signature(load).parameters:
            await load(progress=lambda done, total: _note(run, done, total))
        else:
            await load()
        await run.progress(run.done, run.total)
    if not await installation.value("demo_accounts"):
        await installation.keep("demo_accounts", json.dumps(_accounts(), ensure_ascii=False))
    await installation.keep("demo_loaded", clock.real_now().isoformat())


def _note(run: runs.Run, done: int, total: int) -> None:
    run.done, run.total = done, total
    if run.watch:
        run.watch(run)


def _accounts() -> list[dict[str, str]]:
    """One person for each role, as the sign-in page and the start show them."""
    from hotline.demo.people import PASSWORD, PEOPLE
    from routing.posts import NAMES

    first = {person.role: person for person in reversed(PEOPLE)}
    return [
        asdict(installation.DemoAccount(one.username, PASSWORD, one.name, post, said(post, "en")))
        for role, post in NAMES.items()
        if (one := first.get(role))
    ]


async def _is_untouched() -> bool:
    """Nobody works here, or a demo was begun and not finished."""
    if await installation.value("purpose") == "demo":
        return True
    return not await installation.value("purpose") and not await _has_accounts()


async def _has_accounts() -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT 1 FROM account)"))


@asynccontextmanager
async def _one_at_a_time() -> AsyncIterator[None]:
    """Two starts on one database: the second waits, and finds everything done."""
    async with db.direct() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield
