"""The embedded server: found again after any kill, one a folder, never in another's way."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from core.settings import ROOT
from hotline import embedded
from hotline.embedded import SOCKET_PATH_MAX, CannotStart, Server, binary

START = """
import os, sys
from pathlib import Path
from hotline.embedded import Server
server = Server(Path(sys.argv[1]), durable=False)
print(server.start(), flush=True)
sys.stdin.read()
server.release()
"""


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that any account can reach."""
    with tempfile.TemporaryDirectory(prefix="hotline-embedded-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for data in Path(name).glob("**/postmaster.pid"):
            os.kill(int(data.read_text().split()[0]), signal.SIGQUIT)
            time.sleep(0.5)


def somebody(var: Path) -> subprocess.Popen[str]:
    """Another process that uses the server of `var` until its stdin is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", START, str(var)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("", timeout=30)


def postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


async def ask(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_keeps_what_was_written(var: Path) -> None:
    server = Server(var, durable=False)
    await ask(server.start(), "CREATE TABLE kept ()")
    server.release()
    assert not server.is_ready()
    assert await ask(Server(var, durable=False).start(), "SELECT count(*) FROM kept") == 0


async def test_it_is_utf8_without_tcp_and_has_what_we_need(var: Path) -> None:
    url = Server(var, durable=False).start()
    assert await ask(url, "SHOW server_encoding") == "UTF8"
    assert await ask(url, "SHOW listen_addresses") == ""
    assert await ask(url, "SHOW data_checksums") == "on"
    assert await ask(url, "SELECT upper('ä') || length('工单')") == "Ä2"


def test_a_durable_one_keeps_its_promises(var: Path) -> None:
    server = Server(var)
    server.start()
    conf = (server.data / "conf.d" / "hotline.conf").read_text()
    server.release()
    assert "fsync = off" not in conf
    assert "synchronous_commit" not in conf


def test_it_is_private(var: Path) -> None:
    server = Server(var, durable=False)
    server.start()
    for folder in (server.home, server.data, server.sockets):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid != 0
    assert var.stat().st_mode & 0o777 == 0o755


def test_three_first_starts_at_once_make_one_server(var: Path) -> None:
    people = [somebody(var) for _ in range(3)]
    addresses = {person.stdout.readline() for person in people if person.stdout}
    assert len(addresses) == 1
    for person in people:
        leave(person)
    assert [person.returncode for person in people] == [0, 0, 0]
    assert not (var / "postgres" / "data" / "postmaster.pid").exists()


def test_who_leaves_first_does_not_stop_it_for_the_other(var: Path) -> None:
    mine = Server(var, durable=False)
    mine.start()
    other = somebody(var)
    assert other.stdout
    other.stdout.readline()
    leave(other)
    assert mine.is_ready()
    mine.release()
    assert not mine.is_ready()


def test_a_server_whose_user_was_killed_is_taken_over(var: Path) -> None:
    victim = somebody(var)
    assert victim.stdout
    victim.stdout.readline()
    victim.kill()
    victim.communicate()
    server = Server(var, durable=False)
    before = int((server.data / "postmaster.pid").read_text().split()[0])
    server.start()
    assert postmaster(server) == before
    server.release()
    assert not server.is_ready()


async def test_a_killed_server_is_started_again(var: Path) -> None:
    server = Server(var, durable=False)
    server.start()
    os.kill(postmaster(server), signal.SIGKILL)
    again = Server(var, durable=False)
    assert await ask(again.start(), "SELECT 1") == 1
    again.release()
    server.release()


async def test_a_pid_that_is_another_program_by_now_is_no_server(var: Path) -> None:
    server = Server(var, durable=False)
    server.start()
    note = (server.data / "postmaster.pid").read_text()
    server.release()
    lines = note.splitlines()
    lines[0] = str(os.getpid())
    (server.data / "postmaster.pid").write_text("\n".join(lines))
    assert await ask(server.start(), "SELECT 1") == 1
    server.release()


def test_a_start_killed_in_its_first_second_leaves_no_half_cluster(var: Path) -> None:
    server = Server(var, durable=False)
    server.home.mkdir(parents=True)
    (server.home / "data.new").mkdir()
    (server.home / "data.new" / "half").touch()
    server.start()
    assert server.is_ready()
    server.release()


def test_two_checkouts_have_two_servers(var: Path) -> None:
    one, two = Server(var / "a", durable=False), Server(var / "b", durable=False)
    assert one.start() != two.start()
    one.release()
    assert two.is_ready()
    two.release()


def test_a_deep_folder_gets_a_short_socket_path(var: Path) -> None:
    server = Server(var / ("deep" * 30), durable=False)
    server.start()
    assert len(str(server.sockets / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX
    server.release()
    server.sockets.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be kept out by nothing")
def test_root_below_a_private_folder_opens_nothing(var: Path) -> None:
    private = var / "private"
    private.mkdir(mode=0o700)
    server = Server(private / "checkout" / "var", durable=False)
    server.start()
    assert private.stat().st_mode & 0o777 == 0o700
    assert Server(private / "checkout" / "var").home == server.home
    server.release()
    subprocess.run(["rm", "-r", server.home], check=True)


def test_binaries_out_of_reach_are_copied_with_their_libraries(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_reachable", lambda path, _account: not path.is_relative_to(sys.prefix))
    monkeypatch.setattr(embedded, "BESIDE", var / "beside")
    postgres = binary("postgres")
    assert postgres.is_relative_to(var / "beside")
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True)
    assert said.stdout.startswith("postgres (PostgreSQL)"), said.stderr


def test_a_folder_of_somebody_else_is_refused(var: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to make one")
    (var / "postgres").mkdir()
    os.chown(var / "postgres", 4711, 4711)
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        Server(var).start()


def test_pgbench_is_at_hand(var: Path) -> None:
    server = Server(var, durable=False)
    server.start()
    made = subprocess.run(
        [binary("pgbench"), "-i", "-s", "1", "-q", server.url], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    server.release()
