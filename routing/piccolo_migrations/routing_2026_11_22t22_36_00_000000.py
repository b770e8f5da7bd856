"""A limit may be a number of times, too."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:36:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "limits in times"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="routing", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "ALTER TABLE time_limit DROP CONSTRAINT time_limit_unit",
            "ALTER TABLE time_limit ADD CONSTRAINT time_limit_unit"
            " CHECK (unit IN ('min', 'hour', 'workday', 'times'))",
        )
    )
    return manager
