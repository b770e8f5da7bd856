"""A tab of the inbox is read in its order: the soonest due of each unit first, whatever clock it is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-23T03:10:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "the inbox in its order"

ORDER_OPEN = "status IN ('dispatched', 'handling', 'suspended', 'return_review', 'replied')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "DROP INDEX work_order_inbox",
            "CREATE INDEX work_order_inbox ON work_order"
            f" (unit, status, coalesce(clock_due_at, close_due_at, dispatched_at), id) WHERE {ORDER_OPEN}",
        )
    )
    return manager
