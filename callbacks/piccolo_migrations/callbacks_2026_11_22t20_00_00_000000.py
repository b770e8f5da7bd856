"""Indexes and checks of floor 4: the outbox writes a message once, a phone has one question open."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes, checks"

STATES = (
    "'received','waiting','claimed','unknown','accepted','queued','sending','sent','failed','undelivered',"
    "'delivered','read'"
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="callbacks", description=DESCRIPTION)
    manager.add_raw(
        statements(
            f"ALTER TABLE message ADD CONSTRAINT message_state CHECK (state IN ({STATES}))",
            "ALTER TABLE message ADD CONSTRAINT message_direction CHECK (direction IN ('in', 'out'))",
            "CREATE UNIQUE INDEX message_once"
            " ON message (ticket, round, event, phone_hash, template, template_version) WHERE event IS NOT NULL",
            "CREATE UNIQUE INDEX message_one_reply ON message (reply_to) WHERE reply_to IS NOT NULL",
            "CREATE UNIQUE INDEX message_carrier ON message (gateway, carrier_id) WHERE carrier_id IS NOT NULL",
            "CREATE INDEX message_outbox ON message (send_after, id) WHERE state = 'waiting'",
            "CREATE INDEX message_in_doubt ON message (claimed_at) WHERE state IN ('claimed', 'unknown')",
            "CREATE INDEX message_thread ON message (phone_hash, id DESC)",
            "CREATE INDEX message_ticket ON message (ticket, id) WHERE ticket IS NOT NULL",
            "CREATE UNIQUE INDEX opt_out_in_force ON opt_out (phone_hash, purpose) WHERE until IS NULL",
            "CREATE UNIQUE INDEX open_question_one ON open_question (phone_hash, sender)",
            "CREATE INDEX sms_allowance_age ON sms_allowance (day_from)",
        )
    )
    return manager
