"""`make bench`: the numbers of one run on this machine, as a table and in `var/bench/figures.json`.

Web (2 workers), worker, PostgreSQL and the load itself share the machine, as in `make run`. Closed loop: 16
clients that wait for their answers; the floor beside it is pgbench with 16 clients running the statements of
the same verb. Open loop: 80 requests a second, mixed, ten times the peak of a city of 25,000 calls a day.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import cpu

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    tickets: int
    clients: int
    seconds: int
    rate: int
    only: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=80)
    parser.add_argument("--only", default="", help="part of a measure's name")
    asked = Asked(**vars(parser.parse_args()))
    VAR.mkdir(parents=True, exist_ok=True)
    os.environ |= {"VAR_DIR": str(VAR), "API_CALLS_PER_MINUTE": "0"}
    from hotline.embedded import Server  # reads VAR_DIR through the settings

    server = Server(VAR)
    os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL") or server.start()
    os.environ["PICCOLO_CONF"] = "hotline.piccolo_conf"
    try:
        subprocess.run([sys.executable, "-m", "hotline.cli", "demo"], check=True, cwd=ROOT)
        asyncio.run(_fill(asked))
        return _bench(asked)
    finally:
        server.release()


async def _fill(asked: Asked) -> None:
    from bench import fill
    from core import db

    await db.open_pool(4)
    await fill.fill(asked.tickets)
    await db.close_pool()


async def _measure(port: int, asked: Asked, app: int) -> dict[str, object]:
    from bench import measures
    from core import db

    await db.open_pool(2)
    parts = cpu.Parts(app, cpu.server_of(await db.fetchval("SELECT pg_backend_pid()")))
    figures = await measures.all_of(port, asked, os.environ["DATABASE_URL"], parts)
    figures["memory"] = parts.memory()
    await db.close_pool()
    return figures


def _bench(asked: Asked) -> int:
    port = _free_port()
    log = (VAR / "run.log").open("wb")
    app = subprocess.Popen(
        [sys.executable, "-m", "hotline.cli", "run"],
        cwd=ROOT, env=os.environ | {"PORT": str(port), "LOG_LEVEL": "WARNING"}, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait_until_ready(port)
        figures = asyncio.run(_measure(port, asked, app.pid))
    finally:
        app.terminate()
        with suppress(subprocess.TimeoutExpired):
            app.wait(30)
    figures["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    (VAR / "figures.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False))
    memory: Any = figures["memory"]
    print(f"\nMemory: {memory['all_mb']:.0f} MB in all ({memory['parts']})")
    return 0


def _free_port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _wait_until_ready(port: int) -> None:
    for _attempt in range(240):
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).read()
            return
        time.sleep(0.5)
    raise RuntimeError(f"the application did not come up; see {VAR / 'run.log'}")


if __name__ == "__main__":
    sys.exit(main())
