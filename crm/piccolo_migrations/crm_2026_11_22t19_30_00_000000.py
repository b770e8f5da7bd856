"""Indexes, checks, the number sequence and the event log of floor 3."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T19:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes, checks, number sequence, event log"

STATES = (
    "'draft','received','answered','refused','dispatched','handling','return_review','replied','follow_up',"
    "'closed','redo','withdrawn'"
)
ORDER_STATES = (
    "'dispatched','handling','return_review','replied','accepted','returned','recalled','cancelled'"
)
QUEUE = "status IN ('received', 'redo')"
ORDER_OPEN = "status IN ('dispatched', 'handling', 'return_review', 'replied')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="crm", description=DESCRIPTION)
    manager.add_raw(statements(*NUMBERS, *EVENTS, *TICKETS, *ORDERS, *PEOPLE))
    return manager


NUMBERS = ("CREATE SEQUENCE ticket_number MINVALUE 0 MAXVALUE 999999 START 0 CYCLE",)

EVENTS = (
    "CREATE SEQUENCE ticket_event_id",
    """CREATE TABLE ticket_event (
        id bigint NOT NULL DEFAULT nextval('ticket_event_id'), ticket bigint NOT NULL, at timestamptz NOT NULL,
        verb text NOT NULL, actor bigint, actor_name text NOT NULL DEFAULT '', status text NOT NULL,
        round smallint NOT NULL, version integer NOT NULL, work_order bigint,
        orders jsonb NOT NULL DEFAULT '{}', data jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (id, at)) PARTITION BY RANGE (at)""",
    "CREATE TABLE ticket_event_default PARTITION OF ticket_event DEFAULT",
    "CREATE INDEX ticket_event_ticket ON ticket_event (ticket, version)",
)

TICKETS = (
    f"ALTER TABLE ticket ADD CONSTRAINT ticket_status CHECK (status IN ({STATES}))",
    "ALTER TABLE ticket ADD CONSTRAINT ticket_urgency CHECK (urgency BETWEEN 1 AND 4)",
    f"CREATE INDEX ticket_queue ON ticket (dispatch_due_at, id) INCLUDE (queued_at, confidential) WHERE {QUEUE}",
    "CREATE INDEX ticket_waiting ON ticket (status, confidential)"
    " WHERE status IN ('received', 'redo', 'return_review', 'replied', 'follow_up')",
    "CREATE INDEX ticket_status_id ON ticket (status, id DESC)",
    "CREATE INDEX ticket_review ON ticket (replied_at, id) WHERE status = 'replied'",
    "CREATE INDEX ticket_due ON ticket (due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX ticket_citizen ON ticket (citizen, id DESC) WHERE citizen IS NOT NULL",
    "CREATE INDEX ticket_tail ON ticket ((id % 100000), id DESC)",
    "CREATE INDEX ticket_phone_tail ON ticket (phone_tail, id DESC) WHERE phone_tail <> ''",
    "CREATE INDEX ticket_place ON ticket (street, matter, id DESC)",
    "CREATE INDEX ticket_grams ON ticket USING gin (grams)",
    "CREATE UNIQUE INDEX round_no ON round (ticket, no)",
    "CREATE INDEX round_follow_up ON round (follow_up_due_at, ticket)"
    " WHERE follow_up_at IS NULL AND follow_up_due_at IS NOT NULL",
    "CREATE INDEX attachment_ticket ON attachment (ticket) WHERE removed_at IS NULL",
    "CREATE UNIQUE INDEX ticket_presence_one ON ticket_presence (ticket, account)",
)

ORDERS = (
    f"ALTER TABLE work_order ADD CONSTRAINT work_order_status CHECK (status IN ({ORDER_STATES}))",
    "ALTER TABLE work_order ADD CONSTRAINT work_order_part CHECK (part IN ('lead', 'assist'))",
    f"CREATE UNIQUE INDEX work_order_one_lead ON work_order (ticket) WHERE part = 'lead' AND {ORDER_OPEN}",
    "CREATE INDEX work_order_ticket ON work_order (ticket)",
    f"CREATE INDEX work_order_inbox ON work_order (unit, status, clock_due_at, id) WHERE {ORDER_OPEN}",
    "CREATE INDEX work_order_unit ON work_order (unit, id DESC)",
    "CREATE INDEX work_order_turns ON work_order (light_turns_at) WHERE light_turns_at IS NOT NULL",
    "CREATE INDEX clock_entry_order ON clock_entry (work_order, id)",
    "CREATE INDEX clock_entry_ticket ON clock_entry (ticket)",
    "CREATE INDEX contact_order ON contact (work_order)",
    "CREATE INDEX return_request_order ON return_request (work_order)",
    "CREATE INDEX notice_due_open ON notice_due (due_at, id) WHERE done_at IS NULL",
    "CREATE UNIQUE INDEX notice_due_once ON notice_due (event, party, coalesce(work_order, 0))",
)

PEOPLE = (
    "CREATE UNIQUE INDEX citizen_phone ON citizen (phone_hash) WHERE phone_hash IS NOT NULL",
    "CREATE INDEX citizen_name ON citizen (name_hash) WHERE name_hash IS NOT NULL",
    "CREATE INDEX call_waiting ON call (offered_at) WHERE status = 'queued'",
    "CREATE INDEX call_agent ON call (agent) WHERE status IN ('ringing', 'talking', 'held')",
    "CREATE INDEX call_citizen ON call (citizen, id DESC) WHERE citizen IS NOT NULL",
    "CREATE INDEX call_unsettled ON call (agent) WHERE status = 'ended' AND disposition = ''",
    "CREATE INDEX call_offered ON call (offered_at, id)",
    "CREATE UNIQUE INDEX call_ticket_once ON call_ticket (call, ticket)",
    "CREATE INDEX call_ticket_ticket ON call_ticket (ticket)",
)
