"""One text a template and language."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "unique key of message_text"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="callbacks", description=DESCRIPTION)
    manager.add_raw(statements("CREATE UNIQUE INDEX message_text_one ON message_text (name, locale)"))
    return manager
