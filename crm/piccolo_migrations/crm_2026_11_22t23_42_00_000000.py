"""The index behind the leaders' notes written last."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T23:42:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "index of the leaders' notes"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements("CREATE INDEX ticket_event_notes ON ticket_event (at DESC) WHERE verb = 'leader_note'")
    )
    return manager
