"""Indexes of administration: a subject's history, and the rows of one change."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:17:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of administration"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE INDEX admin_change_subject ON admin_change (subject, id DESC)",
            "CREATE INDEX admin_sheet_age ON admin_sheet (created_at)",
            "CREATE INDEX audit_entry_change ON audit_entry (change, id) WHERE change IS NOT NULL",
        )
    )
    return manager
