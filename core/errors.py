"""What a verb answers when it will not: always with a reason a person can act on.

Raised below the page; `core.web` turns them into a page, a fragment or problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class Refused(Exception):
    """The verb did nothing. `message` is in the reader's language and says what to do."""

    status = 409
    code = "refused"

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code:
            self.code = code


class Invalid(Refused):
    """Input that cannot be taken: `fields` maps a field's name to the message shown beside it."""

    status = 422
    code = "invalid"

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        super().__init__(message or next(iter(fields.values()), ""))
        self.fields = dict(fields)


@dataclass(frozen=True)
class Change:
    """One thing that another person changed: field, as it was for the reader, as it is now."""

    field: str
    then: str
    now: str


class Conflict(Refused):
    """Somebody was first. `by` and `changes` say who and what; nothing typed is lost."""

    status = 409
    code = "conflict"

    def __init__(self, message: str, *, by: str = "", changes: tuple[Change, ...] = ()) -> None:
        super().__init__(message)
        self.by = by
        self.changes = changes


class NotFound(Refused):
    """Not there, or not for this reader: outsiders cannot tell which."""

    status = 404
    code = "not_found"


class Denied(Refused):
    """Signed in, but the right is missing."""

    status = 403
    code = "denied"
