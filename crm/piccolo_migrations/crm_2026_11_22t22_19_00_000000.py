"""Indexes and checks of the rows that wake a duty phone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:19:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "duty calls: indexes, checks"

OUTCOMES = (
    "'','sent','confirmed','answered','no_answer','busy','failed','unknown','no_phone','no_carrier','overtaken'"
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "ALTER TABLE duty_call ADD CONSTRAINT duty_call_channel CHECK (channel IN ('sms', 'voice'))",
            "ALTER TABLE duty_call ADD CONSTRAINT duty_call_step"
            " CHECK (step IN ('handler', 'head', 'substitute', 'district', 'supervisor'))",
            f"ALTER TABLE duty_call ADD CONSTRAINT duty_call_outcome CHECK (outcome IN ({OUTCOMES}))",
            "ALTER TABLE duty_call ADD CONSTRAINT duty_call_done CHECK ((done_at IS NULL) = (outcome = ''))",
            "CREATE UNIQUE INDEX duty_call_once"
            " ON duty_call (ticket, coalesce(work_order, 0), about, step, channel, due_at)",
            "CREATE INDEX duty_call_due ON duty_call (due_at, id) WHERE done_at IS NULL AND claimed_at IS NULL",
            "CREATE INDEX duty_call_under_way ON duty_call (claimed_at) WHERE done_at IS NULL AND claimed_at IS NOT NULL",
            "CREATE UNIQUE INDEX duty_call_carrier ON duty_call (gateway, carrier_id) WHERE carrier_id IS NOT NULL",
            "CREATE INDEX duty_call_ticket ON duty_call (ticket, id)",
            "CREATE INDEX duty_call_order ON duty_call (work_order) WHERE done_at IS NULL",
        )
    )
    return manager
