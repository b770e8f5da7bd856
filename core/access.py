"""Guards. Every route carries exactly one of these; `check_routes` stops the start otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from core.errors import Denied, Refused
from core.i18n import _
from core.visits import of


class NotSignedIn(Refused):
    status = 401
    code = "not_signed_in"


class PasswordFirst(Denied):
    """Signed in with a password that an administrator gave."""

    code = "password_first"


#: What may be done all the same with a temporary password: choose one's own, or leave.
_BEFORE_PASSWORD = ("/account", "/account/password", "/sign-out", "/locale")


@dataclass(frozen=True)
class Access:
    """Who may come in. `cookies` is false where programs call that prove themselves in another way."""

    name: str
    permissions: tuple[str, ...] = ()
    open: bool = False
    cookies: bool = True

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        if self.open:
            return
        officer = of(connection.scope).officer
        if officer is None:
            raise NotSignedIn(_("请先登录。"))
        session = of(connection.scope).session
        if session and session.password_temporary and connection.scope["path"] not in _BEFORE_PASSWORD:
            raise PasswordFirst(_("先把临时密码改成自己的，再开始工作。"))
        if self.permissions and not officer.can(*self.permissions):
            raise Denied(_("您的岗位没有这项权限。"))


#: Anybody; a signed-in reader is known, and writing needs the CSRF token all the same.
public = Access("public", open=True)
#: A program or a file: no cookie is read, no session looked up. The handler checks signatures itself.
machine = Access("machine", open=True, cookies=False)
#: Any officer.
signed_in = Access("signed_in")


def requires(*permissions: str) -> Access:
    """Officers who hold any of `permissions`."""
    assert permissions, "name a permission, or use `signed_in`"
    return Access("requires", permissions)


def access_of(handler: BaseRouteHandler) -> Access:
    """The one guard of a route. What Litestar adds by itself (OPTIONS) reads no cookie."""
    known: Access | None = handler.opt.get("access")
    if known is None:
        found = guards_on(handler)
        known = handler.opt["access"] = found[0] if found else machine
    return known


def guards_on(handler: BaseRouteHandler) -> list[Access]:
    return [g for layer in handler.ownership_layers for g in (layer.guards or ()) if isinstance(g, Access)]


def check_routes(app: Litestar) -> None:
    """Raises RuntimeError naming every route that has no guard, or more than one."""
    wrong = [
        f"{','.join(sorted(handler.http_methods))} {route.path} ({len(guards_on(handler))} guards)"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if len(guards_on(handler)) != 1 and handler.http_methods != {"OPTIONS"}
    ]
    wrong += [f"{route.path} is not HTTP" for route in app.routes if not isinstance(route, HTTPRoute)]
    if wrong:
        raise RuntimeError("each route needs exactly one guard: " + "; ".join(wrong))
