"""Piccolo's view of this floor: its tables and migrations."""

import os

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="crm",
    migrations_folder_path=os.path.join(os.path.dirname(__file__), "piccolo_migrations"),
    table_classes=table_finder(
        modules=["crm.tables", "crm.tickets.tables", "crm.kpi.tables"],
        exclude_imported=True,
    ),
    migration_dependencies=["routing.piccolo_app"],
)
