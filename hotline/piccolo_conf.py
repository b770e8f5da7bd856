"""Piccolo's engine and apps, floor by floor. `DATABASE_URL` is set by the time this is imported."""

from importlib.util import find_spec

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from core.settings import settings


class Engine(PostgresEngine):
    """Does not connect when it is made: a process may start while the database is away."""

    async def check_version(self) -> None:
        """`hotline doctor` and `migrate` look at the version instead."""


DB = Engine(config={"dsn": settings().database_url})

FLOORS = ("core", "routing", "kb", "crm", "callbacks")

#: Lowest floor first: the order in which migrations run. A floor without tables has none.
APP_REGISTRY = AppRegistry(
    apps=[f"{floor}.piccolo_app" for floor in FLOORS if find_spec(f"{floor}.tables")],
)
