"""What tests share: settings of their own, a database for each test, the application and people to sign in.

Ask for `database` to get a clone of the seeded template with the pool open (`tests/databases.py`), for
`client` to talk to the application over it.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

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


def pytest_sessionfinish() -> None:
    VAR.cleanup()
