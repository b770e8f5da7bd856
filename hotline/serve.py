"""The web processes: one loads everything, the others are forked from it and share what it has read.

`python -m hotline.serve`. Alone, a process takes 106 MB; forked, a third of that, the rest is there once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import resource
from functools import lru_cache

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from litestar import Litestar

from core import db
from core.render import environment
from core.settings import settings
from core.text import words
from hotline import logs
from hotline.app import create_app
from hotline.children import end_with_parent
from routing.catalogue import catalogue


def main() -> None:
    """Until a signal ends it. Processes that fail are forked again."""
    _load()
    found = settings()
    multiprocessing.set_start_method("fork")
    Granian(
        "hotline.serve:application", factory=True, interface=Interfaces.ASGI, loop=Loops.uvloop, http=HTTPModes.http1,
        websockets=False, address=found.host, port=found.port, workers=found.web_workers,
        backlog=4096, backpressure=8192,  # a live stream holds a place each
        respawn_failed_workers=True, respawn_interval=1, workers_kill_timeout=8,
        log_level=LogLevels.warning, log_access=False,
    ).serve()  # fmt: skip


def application() -> Litestar:
    """For granian, in the process that will answer: without the first line a killed server would leave its
    processes on the port."""
    end_with_parent(os.getppid())
    _allow_many_files()
    logs.set_up()
    return _app()


@lru_cache(maxsize=1)
def _app() -> Litestar:
    app = create_app()
    app.on_startup.append(_begin_to_warm)
    return app


def _load() -> None:
    """What every process needs and none changes: code, templates, the dictionary. No connection, no loop, no thread."""
    _app()
    words("预热")
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
    gc.collect()
    gc.freeze()  # a collection that looked at an object would make its page the process's own


def _allow_many_files() -> None:
    """A live stream is an open file: as many as the system lets us have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _begin_to_warm(app: Litestar) -> None:
    app.state.warm = asyncio.create_task(_warm(), name="warm")


async def _warm() -> None:
    """Read before the first caller would wait for it: the reference data."""
    with contextlib.suppress(*db.UNREACHABLE):
        await catalogue()
    gc.collect()
    gc.freeze()  # what is loaded now stays: no collection needs to look at it again
    gc.set_threshold(20_000, 20, 20)


if __name__ == "__main__":
    from hotline.serve import main as run  # once, under the name that granian asks for

    run()
