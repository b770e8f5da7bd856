"""The web application: collects every floor's pages, wires the ports, starts also without a database."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import Message

from callbacks.local_caller import LocalCaller
from core import accounts, db, faults, installation, live
from core.admin.subjects import set_subjects
from core.gate import Gate, seal_answer
from core.pages.stream import set_topic_policy
from core.render import environment
from core.web import check_routes, set_nav
from crm import calls
from crm.admin.uses import of_matters
from crm.pages.effects import OnOpenOrders
from crm.tickets.succession import fields_of, open_orders
from crm.tickets.topics import may_hear
from hotline import keeping
from hotline.carriers import wired
from routing import effects
from routing.admin.open_work import add_uses, set_counter, set_spread
from routing.posts import grants_for

log = logging.getLogger("hotline")

#: Each has `routes`, and `nav` when it has a place in the top bar.
PAGES = (
    "core.pages",
    "routing.pages",
    "kb.pages",
    "crm.pages",
    "routing.api",
    "kb.api",
    "crm.api",
    "callbacks.pages",
)
#: Each has `subjects`: what can be administered there.
ADMIN = ("routing.admin", "crm.admin", "callbacks.admin", "hotline.keeping")
BIGGEST_BODY = 1024 * 1024


def create_app(pages: Sequence[str] = PAGES) -> Litestar:
    modules = [module for name in pages if (module := _module(name))]
    wire()
    set_nav([item for module in modules for item in getattr(module, "nav", [])])
    environment()
    app = Site(
        route_handlers=[handler for module in modules for handler in getattr(module, "routes", [])],
        middleware=[Gate],
        before_send=[seal_answer],
        exception_handlers={Exception: faults.answer},
        lifespan=[life],
        logging_config=None,
        openapi_config=None,
        include_in_schema=False,
        request_max_body_size=BIGGEST_BODY,
        state=State(),
    )
    check_routes(app)
    return app


class Site(Litestar):
    """HEAD is answered wherever GET is: the same heads, without the body."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await super().__call__(scope, receive, send)
        ended = False

        async def head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def nothing_more() -> Any:
            return {"type": "http.disconnect"} if ended else await receive()

        asked: Any = {**scope, "method": "GET"}
        await super().__call__(asked, nothing_more, head)


def wire() -> None:
    """The ports: what a lower floor needs of a higher one, or of a vendor."""
    accounts.set_grants(grants_for)
    set_topic_policy(may_hear)
    calls.use(LocalCaller())
    effects.use(OnOpenOrders())
    keeping.wire()
    set_counter(open_orders)
    set_spread(fields_of)
    add_uses(of_matters)
    floors = [module for name in ADMIN if (module := _module(name))]
    set_subjects([subject for floor in floors for subject in floor.subjects])


@asynccontextmanager
async def life(_app: Litestar) -> AsyncIterator[None]:
    """The pool makes no connection before the first query, the live channel comes when it can."""
    await db.open_pool()
    clock_task = asyncio.create_task(_follow_clock(), name="clock")
    try:
        async with live.running(), wired():
            yield
    finally:
        clock_task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clock_task
        await db.close_pool()


async def _follow_clock() -> None:
    """Read the business clock at the start and, where it may be turned, every few seconds."""
    while True:
        try:
            if not await installation.follow_clock():
                return
        except db.UNREACHABLE:
            log.warning("the business clock could not be read; trying again")
        await asyncio.sleep(3)


def _module(name: str) -> ModuleType | None:
    """None where a floor has no pages (yet); an error inside one is an error."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:
            raise
        return None
