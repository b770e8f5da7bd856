"""What the urges and supervisions that come by themselves are found by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:51:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "urges and supervisions by themselves"

CLOSING = "clock = 'close' AND part = 'lead' AND status IN ('dispatched', 'handling')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE SEQUENCE supervision_number",
            f"CREATE INDEX work_order_half ON work_order (yellow_at) WHERE auto_urged = 0 AND {CLOSING}",
            f"CREATE INDEX work_order_fifth ON work_order (orange_at) WHERE auto_urged = 1 AND {CLOSING}",
            f"CREATE INDEX work_order_overdue ON work_order (clock_due_at) WHERE light = 'red' AND {CLOSING}",
            "CREATE INDEX ticket_much_urged ON ticket (id) WHERE urges > 2 AND supervised = 0",
            "CREATE INDEX ticket_redone ON ticket (id) WHERE round > 2 AND supervised = 0",
            "CREATE INDEX ticket_p1 ON ticket (id) WHERE urgency = 1 AND status IN ('dispatched', 'handling')",
        )
    )
    return manager
