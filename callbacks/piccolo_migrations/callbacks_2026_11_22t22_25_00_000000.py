"""What carriers call back, month by month; the work list of incoming messages; a text is stopped once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "carrier events, indexes, checks"

STATES = (
    "'received','handled','waiting','claimed','unknown','accepted','queued','sending','sent','failed',"
    "'undelivered','delivered','read'"
)
UNDER_WAY = "direction = 'out' AND state IN ('accepted', 'queued', 'sending', 'sent')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="callbacks", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "ALTER TABLE message DROP CONSTRAINT message_state",
            # Until now an incoming message was answered in the transaction that wrote it down.
            "UPDATE message SET state = 'handled' WHERE direction = 'in'",
            f"ALTER TABLE message ADD CONSTRAINT message_state CHECK (state IN ({STATES}))",
            "CREATE INDEX message_received ON message (id) WHERE state = 'received'",
            f"CREATE INDEX message_under_way ON message (claimed_at) WHERE {UNDER_WAY}",
            "CREATE UNIQUE INDEX stopped_template_one ON stopped_template (gateway, template, locale)"
            " WHERE lifted_at IS NULL",
            "CREATE SEQUENCE carrier_event_id",
            """CREATE TABLE carrier_event (
                id bigint NOT NULL DEFAULT nextval('carrier_event_id'), at timestamptz NOT NULL, gateway text NOT NULL,
                carrier_id text NOT NULL, kind text NOT NULL, state text NOT NULL, error text NOT NULL DEFAULT '',
                own text NOT NULL DEFAULT '', fresh boolean NOT NULL, data jsonb NOT NULL DEFAULT '{}',
                PRIMARY KEY (id, at)) PARTITION BY RANGE (at)""",
            "CREATE TABLE carrier_event_default PARTITION OF carrier_event DEFAULT",
            "CREATE INDEX carrier_event_of ON carrier_event (carrier_id)",
        )
    )
    return manager
