"""What has rested long enough to be archived is found by when it came to rest."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T23:55:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "tickets at rest"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX ticket_at_rest ON ticket (closed_at)"
            " WHERE status IN ('answered', 'closed', 'refused') AND triage_at IS NULL AND supervised = 0",
        )
    )
    return manager
