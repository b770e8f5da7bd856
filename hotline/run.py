"""`hotline run`: database, web server and worker, from nothing to an address in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence

from core.i18n import _, locale
from core.settings import settings, use
from hotline.children import Child, stop_all
from hotline.embedded import CannotStart, Server

READY_WITHIN = 120.0
PORTS_TRIED = 50
LOOK_AT_DATABASE = 3.0


class Stop(Exception):
    """SIGTERM, SIGHUP or Ctrl-C."""


def run(server: Server | None, *, workers: bool = True) -> int:
    """Until it is stopped. The database is reachable and `DATABASE_URL` set by now; `server`: the embedded one."""
    for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(sign, _stop)
    children: list[Child] = []
    try:
        if not _prepared(embedded=server is not None or os.environ.get("HOTLINE_EMBEDDED") == "1"):
            return 1
        _choose_port()
        children += [_web(), *([_worker()] if workers else [])]
        for child in children:
            child.start()
        if not _ready(children):
            print(
                _("网页服务在 {n} 秒内没有就绪，请看上面的日志。").format(n=int(READY_WITHIN)),
                file=sys.stderr,
            )
            return 1
        _welcome()
        looked_at = time.monotonic()
        while True:
            time.sleep(0.3)
            for child in children:
                child.look_after(_say_ended)
            if server and time.monotonic() - looked_at > LOOK_AT_DATABASE:
                _look_after(server)
                looked_at = time.monotonic()
    except Stop:
        return 0
    finally:
        for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(sign, signal.SIG_IGN)
        if children:
            print("\n" + _("正在停止……"), flush=True)
            stop_all(children)


def _stop(_sign: int, _frame: object) -> None:
    raise Stop


def _prepared(*, embedded: bool) -> bool:
    """Migrations and data in a process that goes away again with its memory."""
    command = [sys.executable, "-m", "hotline.cli", "prepare", *(["--demo-if-empty"] if embedded else [])]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            return process.wait() == 0
        except BaseException:
            process.terminate()
            raise


def _look_after(server: Server) -> None:
    """Start the embedded server again when it is gone; the pages and the worker reconnect by themselves."""
    if server.is_there():
        return
    print(_("数据库意外结束，正在重新启动。"), file=sys.stderr, flush=True)
    try:
        server.start()
    except CannotStart as error:  # tried again in a moment
        print(error, file=sys.stderr, flush=True)


def _choose_port() -> None:
    """The one that is set, or the next free one; children and the public address follow."""
    wanted = settings().port
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        if _is_free(settings().host, port):
            break
    else:
        raise SystemExit(
            _("{port} 起的 {n} 个端口都被占用，请设置 PORT。").format(port=wanted, n=PORTS_TRIED)
        )
    if port != wanted:
        print(_("{wanted} 端口已被占用，改用 {port}。").format(wanted=wanted, port=port))
        use(port=str(port))


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return True
    return False


def _web() -> Child:
    return Child(_("网页服务"), [sys.executable, "-m", "hotline.serve"])


def _worker() -> Child:
    return Child(_("后台进程"), [sys.executable, "-m", "hotline.cli", "worker"])


def _ready(children: Sequence[Child]) -> bool:
    """Wait until the pages answer."""
    found = settings()
    host = "127.0.0.1" if found.host in {"0.0.0.0", "::"} else found.host  # noqa: S104
    address = (
        f"http://[{host}]:{found.port}/healthz" if ":" in host else f"http://{host}:{found.port}/healthz"
    )
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            if answer.status == 200:
                return True
        time.sleep(0.1)
        for child in children:
            child.look_after(_say_ended)
    return False


def _welcome() -> None:
    found, accounts = settings(), asyncio.run(_demo_accounts())
    (found.var_dir / "address").write_text(found.local_url() + "\n")  # for `hotline doctor`
    print(_("热线已就绪：{address}  （按 Ctrl-C 停止）").format(address=found.local_url()))
    if found.public_url != found.local_url():
        print(_("对外地址（PUBLIC_URL）：{address}").format(address=found.public_url))
    if accounts:
        print(_("演示账号，密码都是 {password}：").format(password=accounts[0]["password"]))
        for entry in accounts:
            post = entry["post_en" if locale() == "en" else "post"]
            print(f"  {entry['username']:<12} {entry['name']}  {post}")
    sys.stdout.flush()


async def _demo_accounts() -> list[dict[str, str]]:
    """Straight from the row: this process loads no more than it must."""
    import asyncpg

    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        found = await connection.fetchval(
            "SELECT a.value FROM installation a JOIN installation p ON p.key = 'purpose' AND p.value = 'demo'"
            " WHERE a.key = 'demo_accounts'"
        )
        return list(json.loads(found)) if found else []
    finally:
        await connection.close()


def _say_ended(name: str, seconds: float) -> None:
    print(
        _("{name}意外结束，{n} 秒后重新启动。").format(name=name, n=int(seconds)), file=sys.stderr, flush=True
    )
