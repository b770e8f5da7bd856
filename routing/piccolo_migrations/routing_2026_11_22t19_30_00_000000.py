"""Indexes and checks of floor 1, and the counter that tells processes to read the reference data again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T19:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes and checks"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="routing", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX unit_path ON unit (path text_pattern_ops)",
            "CREATE INDEX unit_parent ON unit (parent)",
            "CREATE INDEX post_account ON post (account)",
            "CREATE INDEX post_substitute ON post (substitute) WHERE substitute IS NOT NULL",
            "CREATE INDEX post_unit ON post (unit)",
            "CREATE INDEX catalogue_line_matter ON catalogue_line (matter_code)",
            "CREATE UNIQUE INDEX time_limit_cell ON time_limit (kind, urgency, clock, version)",
            "ALTER TABLE catalogue_line ADD CONSTRAINT catalogue_line_one_lead"
            " CHECK ((lead_unit_code IS NULL) <> (lead_function IS NULL))",
            "ALTER TABLE time_limit ADD CONSTRAINT time_limit_unit CHECK (unit IN ('min', 'hour', 'workday'))",
            "ALTER TABLE calendar_day ADD CONSTRAINT calendar_day_kind CHECK (kind IN ('off', 'work'))",
            "INSERT INTO reference_version (name, version) VALUES ('all', 1)",
        )
    )
    return manager
