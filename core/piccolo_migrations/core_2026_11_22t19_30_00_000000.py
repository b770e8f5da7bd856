from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T19:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes, checks, and the view log"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(
        statements(
            "CREATE UNIQUE INDEX idempotency_claim_source ON idempotency_claim (source, source_id)",
            "CREATE INDEX idempotency_claim_age ON idempotency_claim (claimed_at)",
            "CREATE UNIQUE INDEX draft_key ON draft (account, key)",
            "CREATE INDEX draft_age ON draft (saved_at)",
            "CREATE INDEX session_end ON session (expires_at)",
            "CREATE INDEX session_account ON session (account)",
            "CREATE INDEX api_token_account ON api_token (account)",
            "CREATE INDEX sign_in_try_age ON sign_in_try (last_at)",
            "CREATE INDEX audit_entry_at ON audit_entry (at DESC, id DESC)",
            "CREATE INDEX audit_entry_subject ON audit_entry (subject, at DESC)",
            "CREATE INDEX run_recent ON run (id DESC) WHERE state IN ('waiting', 'running')",
            "ALTER TABLE run ADD CONSTRAINT run_state"
            " CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed'))",
            "CREATE SEQUENCE view_log_id",
            "CREATE TABLE view_log ("
            " id bigint NOT NULL DEFAULT nextval('view_log_id'),"
            " at timestamptz NOT NULL,"
            " account bigint,"
            " name text NOT NULL DEFAULT '',"
            " what text NOT NULL,"
            " subject text NOT NULL,"
            " reason text NOT NULL DEFAULT '',"
            " address text NOT NULL DEFAULT '',"
            " PRIMARY KEY (id, at)"
            ") PARTITION BY RANGE (at)",
            "CREATE TABLE view_log_default PARTITION OF view_log DEFAULT",
            "CREATE INDEX view_log_subject ON view_log (subject, at DESC)",
            "CREATE INDEX view_log_account ON view_log (account, at DESC)",
        )
    )
    return manager
