"""What a page needs, from one place: guards, rendering, forms, cursors, redirects."""

from typing import Any

from litestar import Request as LitestarRequest
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery

from core.access import Access, NotSignedIn, access_of, check_routes, machine, public, requires, signed_in
from core.cursors import BadCursor, cursor, read_cursor
from core.forms import Form, own_path, read_form, redirect
from core.officers import Officer
from core.render import Nav, add_globals, add_layout, desks, drop_cookie, fragment, keep_cookie, page, set_nav
from core.sessions import Session
from core.visits import Visit, visit

#: A request behind `signed_in` or `requires`: `request.user` is the officer, `request.auth` the session.
Request = LitestarRequest[Officer, Session, State]
#: A request behind `public`: ask `visit().officer`.
OpenRequest = LitestarRequest[Any, Any, State]

__all__ = [
    "Access",
    "BadCursor",
    "Form",
    "FromPath",
    "FromQuery",
    "Nav",
    "NotSignedIn",
    "OpenRequest",
    "Request",
    "Visit",
    "access_of",
    "add_globals",
    "add_layout",
    "check_routes",
    "cursor",
    "desks",
    "drop_cookie",
    "fragment",
    "keep_cookie",
    "machine",
    "own_path",
    "page",
    "public",
    "read_cursor",
    "read_form",
    "redirect",
    "requires",
    "set_nav",
    "signed_in",
    "visit",
]
