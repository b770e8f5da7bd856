"""Keys of the day counts, and the moments the rates are counted by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:16:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the rates and of the follow-up's tries"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(statements(*COUNTS, *BASES))
    return manager


COUNTS = (
    "CREATE UNIQUE INDEX rate_day_key ON rate_day (formula, grain, day, line, unit, matter, verdict)",
    "ALTER TABLE rate_day ADD CONSTRAINT rate_day_grain CHECK (grain IN ('all', 'line', 'unit', 'matter', 'cell'))",
    "CREATE INDEX follow_up_try_round ON follow_up_try (ticket, round, id)",
    "CREATE INDEX follow_up_try_at ON follow_up_try (at, id)",
    "ALTER TABLE follow_up_try ADD CONSTRAINT follow_up_try_outcome CHECK (outcome IN"
    " ('answered', 'declined', 'no_answer', 'busy', 'off', 'wrong_number', 'later'))",
)

BASES = (
    "CREATE INDEX work_order_close_due ON work_order (close_due_at, id) WHERE part = 'lead'",
    "CREATE INDEX work_order_sign_due ON work_order (sign_due_at, id) WHERE part = 'lead'",
    "CREATE INDEX work_order_contact_due ON work_order (contact_due_at, id) WHERE part = 'lead'",
    "CREATE INDEX round_follow_up_due ON round (follow_up_due_at, id) WHERE follow_up_due_at IS NOT NULL",
    "CREATE INDEX round_accepted ON round (accepted_at, id) WHERE accepted_at IS NOT NULL",
    "CREATE INDEX round_followed_up ON round (follow_up_at, id) WHERE follow_up_at IS NOT NULL",
)
