"""Merged citizens who are still to be asked are few among many that were merged."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T23:58:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "rounds to be asked about"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX round_to_ask ON round (ticket) WHERE follow_up_due_at IS NOT NULL AND follow_up_at IS NULL"
        )
    )
    return manager
