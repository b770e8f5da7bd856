"""Indexes of unit administration."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:39:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of unit administration"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="routing", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX unit_name_unit ON unit_name (unit, until)",
            "CREATE INDEX unit_succession_waiting ON unit_succession (on_day, id) WHERE moved_at IS NULL",
            "CREATE INDEX unit_succession_unit ON unit_succession (unit)",
        )
    )
    return manager
