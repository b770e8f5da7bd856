"""A notice is once for each ticket that an event tells: merged tickets hear their master's."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:46:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "notices once a ticket"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "DROP INDEX notice_due_once",
            "CREATE UNIQUE INDEX notice_due_once ON notice_due (event, ticket, party, coalesce(work_order, 0))",
        )
    )
    return manager
