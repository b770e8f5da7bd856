"""`hotline run` as somebody at a terminal sees it: from nothing to a page, through kills and busy ports."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.settings import ROOT
from hotline.embedded import Server

PATIENCE = 90.0
pytestmark = pytest.mark.xdist_group("run")  # one installation, one worker


class Terminal:
    """A started `hotline run` and what it printed."""

    def __init__(self, var: Path, port: int) -> None:
        self.output = Path(tempfile.mkstemp(dir=var)[1])
        environment = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PUBLIC_URL"}
        }
        environment |= {"VAR_DIR": str(var), "PORT": str(port), "WEB_WORKERS": "1", "LANG": "zh_CN.UTF-8"}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hotline.cli", "run"],
                cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def ready(self) -> str:
        """The address it prints."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"热线已就绪：(\S+)", self.text):
                return found[1]
            time.sleep(0.1)
        raise AssertionError(self.text)

    @property
    def text(self) -> str:
        return self.output.read_text()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One installation for this module, its demo already marked as loaded: that takes its own test."""
    with tempfile.TemporaryDirectory(prefix="hotline-run-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Server(folder, durable=False)
        server.start()
        environment = os.environ | {"VAR_DIR": name, "DATABASE_URL": server.url}
        subprocess.run(
            [sys.executable, "-m", "hotline.cli", "prepare"], cwd=ROOT, env=environment, check=True
        )
        subprocess.run(
            [sys.executable, "-m", "hotline.cli", "staff", "add", "first", "首位管理员", "--role", "admin"],
            cwd=ROOT, env=environment, check=True, input="a long enough passphrase\n", text=True,
        )  # fmt: skip
        yield folder
        server.release()


@pytest.fixture
def terminals(var: Path) -> Iterator[list[Terminal]]:
    started: list[Terminal] = []
    yield started
    for terminal in started:
        if terminal.process.poll() is None:
            terminal.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(address: str) -> int:
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        return int(answer.status)


def gone(processes: list[psutil.Process]) -> bool:
    _gone, alive = psutil.wait_procs(processes, timeout=20)
    return not alive


def test_it_starts_and_ctrl_c_stops_all_of_it(var: Path, terminals: list[Terminal]) -> None:
    terminals.append(mine := Terminal(var, free_port()))
    assert page(mine.ready()) == 200
    children = mine.children()
    assert mine.stop() == 0
    assert gone(children)


def test_a_second_one_takes_another_port_and_says_so(var: Path, terminals: list[Terminal]) -> None:
    port = free_port()
    terminals.append(one := Terminal(var, port))
    first = one.ready()
    terminals.append(two := Terminal(var, port))
    second = two.ready()
    assert first != second
    assert f"{port} 端口已被占用" in two.text
    assert one.stop() == 0
    assert page(second) == 200


def test_after_a_kill_nothing_is_left_and_the_next_start_is_quick(
    var: Path, terminals: list[Terminal]
) -> None:
    port = free_port()
    terminals.append(victim := Terminal(var, port))
    victim.ready()
    children = victim.children()
    victim.process.kill()
    victim.process.wait()
    assert gone(children)
    terminals.append(again := Terminal(var, port))
    assert again.ready() == f"http://localhost:{port}"


def test_a_killed_child_comes_back(var: Path, terminals: list[Terminal]) -> None:
    terminals.append(mine := Terminal(var, free_port()))
    address = mine.ready()
    (server,) = [
        child
        for child in mine.children()
        if "hotline.serve" in child.cmdline() and child.ppid() == mine.process.pid
    ]
    server.kill()
    deadline = time.monotonic() + PATIENCE
    while "秒后重新启动" not in mine.text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    while True:
        assert time.monotonic() < deadline, mine.text
        try:
            assert page(address) == 200
            break
        except OSError:
            time.sleep(0.2)


def test_a_lost_database_comes_back_and_the_pages_with_it(var: Path, terminals: list[Terminal]) -> None:
    terminals.append(mine := Terminal(var, free_port()))
    address = mine.ready()
    postmaster = psutil.Process(int((Server(var).data / "postmaster.pid").read_text().split()[0]))
    postmaster.send_signal(signal.SIGINT)  # what `pg_ctl stop -m fast` sends
    postmaster.wait(20)
    deadline = time.monotonic() + PATIENCE
    while "数据库意外结束" not in mine.text:
        assert time.monotonic() < deadline, mine.text
        time.sleep(0.1)
    while True:
        assert time.monotonic() < deadline, mine.text
        try:
            assert page(address) == 200
            break
        except OSError:
            time.sleep(0.2)


def test_a_wrong_setting_stops_it_with_one_line(var: Path) -> None:
    environment = os.environ | {"VAR_DIR": str(var), "PORT": "80000"}
    stopped = subprocess.run(
        [sys.executable, "-m", "hotline.cli", "run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert stopped.returncode != 0
    assert stopped.stdout == ""
    assert len(stopped.stderr.splitlines()) == 1
    assert stopped.stderr.startswith("PORT:")


def test_a_database_that_is_not_there_is_named_in_one_line_without_its_password(var: Path) -> None:
    address = f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/hotline"
    stopped = subprocess.run(
        [sys.executable, "-m", "hotline.cli", "run"],
        cwd=ROOT,
        env=os.environ | {"VAR_DIR": str(var), "DATABASE_URL": address, "LANG": "en_US.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert stopped.returncode == 1
    assert len(stopped.stderr.splitlines()) == 1, stopped.stderr
    assert stopped.stderr.startswith("The database cannot be reached: postgresql://somebody:")
    assert "hidden" not in stopped.stderr
