"""What a web worker process loads: the application, and the wish to end with the server that started it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os

from litestar import Litestar

from core import db
from core.render import environment
from core.text import words
from hotline import logs
from hotline.app import create_app
from hotline.children import end_with_parent
from routing.catalogue import catalogue


def application() -> Litestar:
    """For granian: without this a killed server would leave its workers on the port."""
    end_with_parent(os.getppid())
    logs.set_up()
    app = create_app()
    app.on_startup.append(_begin_to_warm)
    return app


async def _begin_to_warm(app: Litestar) -> None:
    app.state.warm = asyncio.create_task(_warm(), name="warm")


async def _warm() -> None:
    """Read before the first caller would wait for it: the dictionary, reference data, the desks' templates."""
    await asyncio.to_thread(words, "预热")
    with contextlib.suppress(*db.UNREACHABLE):
        await catalogue()
    found = environment().list_templates(filter_func=lambda name: name.startswith(("crm/", "macros/")))
    for name in found:
        await asyncio.to_thread(environment().get_template, name)
    gc.collect()
    gc.freeze()  # what is loaded now stays: no collection needs to look at it again
    gc.set_threshold(20_000, 20, 20)
