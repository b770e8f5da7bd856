"""States, checks and indexes of the lifecycle's rows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T22:18:00:000000"
VERSION = "1.36.0"
DESCRIPTION = "states, checks and indexes of the lifecycle"

STATES = (
    "'draft','received','answered','refused','emergency','dispatched','handling','suspended','return_review',"
    "'conference','replied','follow_up','closed','redo','merged','withdrawn','archived'"
)
ORDER_STATES = (
    "'dispatched','handling','suspended','return_review','replied','accepted','returned','recalled','cancelled','merged'"
)
ORDER_OPEN = "status IN ('dispatched', 'handling', 'suspended', 'return_review', 'replied')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(statements(*STATUS, *WORKING))
    return manager


STATUS = (
    "ALTER TABLE ticket DROP CONSTRAINT ticket_status",
    f"ALTER TABLE ticket ADD CONSTRAINT ticket_status CHECK (status IN ({STATES}))",
    "ALTER TABLE work_order DROP CONSTRAINT work_order_status",
    f"ALTER TABLE work_order ADD CONSTRAINT work_order_status CHECK (status IN ({ORDER_STATES}))",
    "DROP INDEX work_order_one_lead",
    f"CREATE UNIQUE INDEX work_order_one_lead ON work_order (ticket) WHERE part = 'lead' AND {ORDER_OPEN}",
    "DROP INDEX work_order_inbox",
    f"CREATE INDEX work_order_inbox ON work_order (unit, status, clock_due_at, id) WHERE {ORDER_OPEN}",
)

WORKING = (
    "CREATE INDEX ticket_triage ON ticket (triage_at, id) WHERE triage_at IS NOT NULL",
    "CREATE INDEX ticket_children ON ticket (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX ticket_incidents ON ticket (id DESC) WHERE incident <> ''",
    "CREATE INDEX work_order_escalates ON work_order (escalate_at) WHERE escalate_at IS NOT NULL",
    "CREATE INDEX work_order_resumes ON work_order (resume_on) WHERE resume_on IS NOT NULL",
    "CREATE INDEX work_order_answerable ON work_order (answerable_unit, id DESC) WHERE answerable_unit IS NOT NULL",
    "CREATE UNIQUE INDEX time_request_open ON time_request (work_order) WHERE ruled_at IS NULL",
    "CREATE INDEX time_request_waiting ON time_request (asked_at, id) WHERE ruled_at IS NULL",
    "CREATE INDEX time_request_ticket ON time_request (ticket)",
    "CREATE INDEX urge_ticket ON urge (ticket, no)",
    "CREATE INDEX urge_unanswered ON urge (answer_due_at, id) WHERE answered_at IS NULL",
    "CREATE INDEX supervision_ticket ON supervision (ticket)",
    "CREATE INDEX supervision_open ON supervision (due_at, id) WHERE lifted_at IS NULL",
    "CREATE INDEX conference_ticket ON conference (ticket)",
    "CREATE INDEX conference_open ON conference (due_at, id) WHERE ruled_at IS NULL",
    "CREATE UNIQUE INDEX merging_child ON merging (child) WHERE undone_at IS NULL",
    "CREATE INDEX merging_master ON merging (master) WHERE undone_at IS NULL",
    "CREATE UNIQUE INDEX accused_unit_once ON accused_unit (ticket, unit)",
    "CREATE INDEX return_request_ticket ON return_request (ticket)",
)
