"""What tests share: settings of their own, a database for each test, the application and people to sign in.

Ask for `database` to get a clone of the seeded template with the pool open (`tests/databases.py`), for
`client` or `officer` to talk to the application over it.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from litestar import Litestar

from core import settings as settings_module

settings_module.ENV_FILE = Path(os.devnull)  # a developer's .env is not the tests' business
for name in settings_module.Settings.model_fields:
    os.environ.pop(name.upper(), None)
VAR = tempfile.TemporaryDirectory(prefix="hotline-tests-")
os.environ |= {
    "VAR_DIR": VAR.name,
    "SECRET_KEYS": f"1:{base64.b64encode(b'k' * 32).decode()}",
    "PUBLIC_URL": "http://testserver",
    "PICCOLO_CONF": "hotline.piccolo_conf",
}

from tests import people  # noqa: E402
from tests.databases import Databases  # noqa: E402

hypothesis_settings.register_profile("house", deadline=None)  # a busy machine is no failure
hypothesis_settings.load_profile("house")


@pytest.fixture(scope="session")
async def databases() -> AsyncIterator[Databases]:
    """The test server, its template ready."""
    found = Databases()
    try:
        await found.prepare()
        yield found
    finally:
        await found.release()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[str]:
    """A database of this test's own, migrated and with reference data; the pool is open on it."""
    async with databases.clone() as url:
        yield url


@pytest.fixture
async def app(database: str) -> AsyncIterator[Litestar]:
    """The application, its lifespan running, over this test's database."""
    from core import sessions
    from hotline.app import create_app, life

    sessions.forget_all()
    app = create_app()
    async with life(app):
        yield app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody from the street."""
    async with people.connect(app) as somebody:
        yield somebody


@pytest.fixture
async def officer(app: Litestar) -> AsyncIterator[people.Hire]:
    """`await officer("agent")` hires somebody and signs them in: see `tests.people.Visitor`."""
    async with AsyncExitStack() as stack:

        async def hire(role: str, unit: str = "", *, named: bool = False) -> people.Visitor:
            return await stack.enter_async_context(people.signed_in(app, role, unit, named=named))

        yield hire


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests share one worker, and are skipped, with the reason, where no Chromium is installed."""
    found = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not found:
                item.add_marker(pytest.mark.skip(reason="no chromium: apt install chromium fonts-noto-cjk"))


def pytest_sessionfinish() -> None:
    VAR.cleanup()
