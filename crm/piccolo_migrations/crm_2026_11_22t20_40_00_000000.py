"""The figures beside the desks' names are counted from an index alone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T20:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counters from an index"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX ticket_waiting ON ticket (status, confidential)"
            " WHERE status IN ('received', 'redo', 'return_review', 'replied', 'follow_up')"
        )
    )
    return manager
