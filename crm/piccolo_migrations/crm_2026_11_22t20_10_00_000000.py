"""Ended calls that still need a disposition: every desk asks for its own on each refresh."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T20:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of unsettled calls"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(statements("CREATE INDEX call_unsettled ON call (agent) WHERE status = 'ended' AND disposition = ''"))
    return manager
