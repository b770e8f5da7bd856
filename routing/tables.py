"""Tables of floor 1: who must act (units, posts, enterprises later), where (streets), about what (matters), by when."""

from piccolo.columns import (
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
)
from piccolo.table import Table

from core.privacy import SEALED, SealedColumn


class Unit(Table):
    """A place in the administration's tree that can hold a ticket. `path` holds the codes down to itself: `/TJ/D120104/…/`."""

    id: Serial
    code = Text(unique=True)
    name = Text()
    name_en = Text(default="")
    pinyin = Text(default="")
    initials = Text(default="")
    kind = Text()  # city department agency district bureau street utility hotline
    function = Text(default="")  # a bureau's field (城市管理, …): what catalogue lines name
    parent = Integer(null=True, default=None)
    path = Text(default="")
    level = SmallInt(default=0)
    district = Text(default="")
    street = Text(default="")
    duty_phone = Bytea(null=True, default=None)  # sealed
    hours = Text(default="")
    successor = Integer(null=True, default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class Post(Table):
    """Somebody's post in a unit for a time: staff × unit × role × validity × substitute."""

    id: Serial
    account = Integer()
    unit = ForeignKey(Unit, on_delete=OnDelete.restrict, null=False)
    role = Text()
    named = Boolean(default=False)  # named for confidential tickets
    title = Text(default="")
    substitute = Integer(null=True, default=None)  # the account that stands in
    substitute_from = Date(null=True, default=None)
    substitute_to = Date(null=True, default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class Street(Table):
    """A street-level area by its official code."""

    id: Serial
    code = Text(unique=True)
    name = Text()
    name_en = Text(default="")
    district = Text()  # six-digit code
    district_name = Text()
    district_name_en = Text(default="")
    pinyin = Text(default="")
    initials = Text(default="")
    lon = DoublePrecision(null=True, default=None)
    lat = DoublePrecision(null=True, default=None)


class Matter(Table):
    """A node of the matter tree; leaves are what a ticket is about. Codes: two digits a level."""

    id: Serial
    code = Text(unique=True)
    parent_code = Text(default="")
    level = SmallInt()
    leaf = Boolean(default=False)
    name = Text()
    name_en = Text(default="")
    path_name = Text(default="")
    path_name_en = Text(default="")
    pinyin = Text(default="")
    initials = Text(default="")
    kind = Text(default="help")
    urgency = SmallInt(default=3)
    confidential = Boolean(default=False)
    no_push_down = Boolean(default=False)
    follow_up = Text(default="must")  # must sample none
    questions = Array(base_column=Text())
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class CatalogueLine(Table):
    """派单目录: matter (any level) × place → lead and assists. Most specific wins, see `routing.rules`."""

    id: Serial
    code = Text(unique=True)
    matter_code = Text()
    district = Text(null=True, default=None)
    street = Text(null=True, default=None)
    lead_unit_code = Text(null=True, default=None)
    lead_function = Text(null=True, default=None)
    assists = Array(base_column=Text())
    legal_basis = Text(default="")
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class TimeLimit(Table):
    """One cell of the limits table: kind × urgency × clock → amount and unit, by version."""

    id: Serial
    kind = Text()  # '*' where the kind does not matter
    urgency = SmallInt()
    clock = Text()  # dispatch sign contact close return extension follow_up redo
    amount = Integer()
    unit = Text()  # min hour workday
    version = Text()
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class CalendarDay(Table):
    """A day that differs from its weekday: a day off (`off`) or a make-up working day (`work`)."""

    id: Serial
    day = Date(unique=True)
    kind = Text()
    name = Text(default="")
    name_en = Text(default="")
    source = Text(default="")
    version = Text(default="")


class ReferenceVersion(Table):
    """A counter a table of reference data; processes re-read their copy when it moves."""

    id: Serial
    name = Text(unique=True)
    version = BigInt(default=1)


#: What `hotline rekey` seals again.
SEALED.extend(
    [
        SealedColumn("unit", "duty_phone"),
    ]
)
