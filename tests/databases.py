"""A database of its own for each test, in some hundredths of a second.

One embedded server (`var/tests`, not crash-safe) serves every test run of this checkout, side by side. A
template is migrated and seeded once for a state of the sources; a test gets a clone of it and may do with it
what it likes: several connections, commits, changed tables. The next test gets it cleaned, or a fresh one.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from core import db
from core.settings import ROOT, settings
from hotline.embedded import Server
from tests.cleaning import Mark, cleaned, mark

#: What every test may count on: streets, units, catalogue, lines. Articles and tickets are the test's own.
SEEDS = ("routing.seed.load", "crm.seed.load")
KEPT_TEMPLATES = 5
_numbers = itertools.count(1)


class Databases:
    """The test server, and the template for the sources as they are."""

    def __init__(self) -> None:
        self.server = Server(ROOT / "var" / "tests", durable=False, connections=300)
        self.template = f"template_{_fingerprint()}"
        self._clean: list[tuple[str, Mark]] = []

    async def release(self) -> None:
        while self._clean:
            await self._drop(self._clean.pop()[0])
        self.server.release()

    async def prepare(self) -> None:
        """Start the server and make the template, unless another test run has."""
        self.server.start()
        with _file_lock(self.server.home.parent / "template.lock"):
            async with self._admin() as admin:
                await _sweep(admin, self.template)
                if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", self.template):
                    return
                half = f"building_{os.getpid()}"
                await admin.execute(f"CREATE DATABASE {half}")
                await self._fill(half)
                await admin.execute(f"ALTER DATABASE {half} RENAME TO {self.template}")

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[str]:
        """A database like the template with this process's pool open on it; what is done to it is taken back."""
        name, before = self._clean.pop() if self._clean else await self._made(self.template)
        after = None
        try:
            async with self.used(name) as url:
                yield url
            after = await cleaned(url, before)
        finally:
            if after is None:
                await self._drop(name)
            else:
                self._clean.append((name, after))

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        """A database with nothing in it."""
        name, _before = await self._made("template0")
        try:
            async with self.used(name) as url:
                yield url
        finally:
            await self._drop(name)

    async def _made(self, template: str) -> tuple[str, Mark]:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        async with self._admin() as admin:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name, await mark(self.server.url_of(name))

    async def _drop(self, name: str) -> None:
        async with self._admin() as admin:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def used(self, name: str) -> AsyncIterator[str]:
        """Point this process at database `name`."""
        url = self.server.url_of(name)
        os.environ["DATABASE_URL"] = settings().database_url = url
        db.engine().config["dsn"] = url
        await db.open_pool()
        try:
            yield url
        finally:
            await db.close_pool()

    async def _fill(self, name: str) -> None:
        from core import schema

        async with self.used(name):
            await schema.migrate()
            for seed in SEEDS:
                if find_spec(seed):
                    await import_module(seed).load()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.server.url_of("postgres"))
        try:
            yield connection
        finally:
            await connection.close()


async def _sweep(admin: asyncpg.Connection, current: str) -> None:
    """Drop what killed test runs left, and templates of sources long gone."""
    names = [row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database ORDER BY oid")]
    templates = [name for name in names if name.startswith("template_") and name != current]
    left = [
        name
        for name in names
        if name.startswith(("test_", "building_")) and not psutil.pid_exists(int(name.split("_")[1]))
    ]
    for name in left + templates[:-KEPT_TEMPLATES]:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _fingerprint() -> str:
    """Changes with every file that shapes the template."""
    digest = hashlib.sha256()
    for pattern in (
        "*/piccolo_migrations/*.py",
        "*/tables.py",
        "core/schema.py",
        "routing/**/*",
        "crm/seed/**/*",
    ):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
