"""What an overdue first contact is found by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T23:30:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "overdue first contacts"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX work_order_uncontacted ON work_order (clock_due_at)"
            " WHERE clock = 'contact' AND part = 'lead' AND status = 'handling'",
        )
    )
    return manager
