"""Tables of the ground floor: accounts, sessions, audit, runs, drafts. Partitioned logs are raw SQL (migrations)."""

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.table import Table


class Installation(Table):
    """One row a key: what this database is for (`purpose`: production, demo, bench) and the like."""

    id: Serial
    key = Text(unique=True)
    value = Text()


class BusinessClock(Table):
    """At most one row, in demo and bench databases only: see `core.clock`."""

    id: Serial
    real_at = Timestamptz()
    business_at = Timestamptz()
    rate = DoublePrecision(default=1.0)


class Account(Table):
    """Who may sign in. What they may do comes from posts (floor 1) as opaque permission strings."""

    id: Serial
    username = Text(unique=True)
    name = Text()
    password_hash = Text()
    locale = Text(default="zh_CN")
    density = Text(default="dense")
    active = Boolean(default=True)
    created_at = Timestamptz()
    password_set_at = Timestamptz(null=True, default=None)
    password_temporary = Boolean(default=False)  # given by an admin: to be changed before anything else


class Session(Table):
    """A signed-in browser. The cookie holds the token, the table only its hash; real time throughout."""

    id: BigSerial
    token_hash = Bytea(unique=True)
    account = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    csrf = Text()
    draft_key = Bytea()
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()
    address = Text(default="")
    agent = Text(default="")


class ApiToken(Table):
    """A bearer token for `/api/v1`: only its hash is kept; scopes narrow what its account may do."""

    id: Serial
    token_hash = Bytea(unique=True)
    account = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    name = Text()
    scopes = Array(base_column=Text())
    created_at = Timestamptz()
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = Text(default="")
    tail = Text(default="")  # its last characters, to know it by
    used_at = Timestamptz(null=True, default=None)
    counted_at = Timestamptz(null=True, default=None)  # the minute that `calls` counts
    calls = Integer(default=0)


class SignInTry(Table):
    """Failed sign-ins by subject (`name:…`, `address:…`), for throttling across processes."""

    id: BigSerial
    subject = Text(unique=True)
    failures = Integer(default=0)
    first_at = Timestamptz()
    last_at = Timestamptz()
    locked_until = Timestamptz(null=True, default=None)


class AuditEntry(Table):
    """Who changed what outside the ticket's own story: before and after, and why."""

    id: BigSerial
    at = Timestamptz()
    account = BigInt(null=True, default=None)
    name = Text(default="")
    action = Text()
    subject = Text()
    reason = Text(default="")
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    change = BigInt(null=True, default=None)  # of `admin_change`: what was changed together


class Run(Table):
    """Long work: import, export, reindex, rekey, seed. Progress, cancel, resume and rejects for all of them."""

    id: Serial
    kind = Text()
    title = Text(default="")
    parameters = JSONB(default="{}")
    cursor = JSONB(default="{}")
    state = Text(default="waiting")  # waiting running done cancelled failed
    done = BigInt(default=0)
    total = BigInt(null=True, default=None)
    rejected = BigInt(default=0)
    rejects_file = Text(default="")
    error = Text(default="")
    cancel_asked = Boolean(default=False)
    started_by = BigInt(null=True, default=None)
    created_at = Timestamptz()
    started_at = Timestamptz(null=True, default=None)
    beat_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)


class Draft(Table):
    """A half-written form, sealed; one a person and form."""

    id: BigSerial
    account = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    key = Text()
    body = Bytea()
    saved_at = Timestamptz()


class IdempotencyClaim(Table):
    """Work claimed by the caller's own id before it is done: webhooks, imports, API calls."""

    id: BigSerial
    source = Text()
    source_id = Text()
    claimed_at = Timestamptz()
    request_hash = Bytea(null=True, default=None)
    status = SmallInt(null=True, default=None)
    answer = JSONB(null=True, default=None)
