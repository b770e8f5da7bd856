"""One request's reader: who, in which language, from which cookies. Pages ask here; verbs take arguments."""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from core import i18n
from core.officers import Officer
from core.said_of_late import moment
from core.sessions import Bearer, Session
from core.settings import settings


@dataclass
class Visit:
    path: str = ""
    locale: str = "zh_CN"
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ""
    is_fragment: bool = False
    session: Session | None = None
    bearer: Bearer | None = None
    #: What to set as the pre-session cookie with the answer; empty when the browser has one.
    fresh_token: str = ""
    #: When answering began: a page has seen what was committed before (see `core.live.subscribe`).
    begun: int = field(default_factory=moment)

    @property
    def officer(self) -> Officer | None:
        found = self.session or self.bearer
        return found.account if found else None

    @property
    def csrf(self) -> str:
        """What forms send back: of the session, or of a cookie before there is one."""
        if self.session:
            return self.session.csrf
        if kept := self.cookies.get(pre_cookie()):
            return kept
        self.fresh_token = self.fresh_token or secrets.token_urlsafe(24)
        return self.fresh_token


_visit: ContextVar[Visit] = ContextVar("visit")


def visit() -> Visit:
    """The request being answered; an empty one outside of any."""
    return _visit.get(None) or Visit(locale=i18n.locale())


def begin(scope: Any) -> Visit:
    """Read a request's cookies and language; sessions are looked up by the gate."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    cookies = _cookies(headers.get(b"cookie", b""))
    client = scope.get("client")
    found = Visit(
        path=scope["path"],
        locale=i18n.choose(cookies.get("locale"), headers.get(b"accept-language", b"").decode("latin-1")),
        cookies=cookies,
        address=client[0] if client else "",
        is_fragment=b"hx-request" in headers and b"hx-boosted" not in headers,
    )
    i18n.set_locale(found.locale)
    _visit.set(found)
    scope["hotline_visit"] = found
    return found


def of(scope: Any) -> Visit:
    found: Visit | None = scope.get("hotline_visit")
    return found or begin(scope)


def _cookies(header: bytes) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.decode("latin-1").split(";"))
    return {name: value for name, _, value in pairs if name}


def session_cookie() -> str:
    """`__Host-` ties it to this host and to TLS; browsers refuse the prefix without."""
    return "__Host-session" if settings().secure_cookies else "hotline_session"


def pre_cookie() -> str:
    return "__Host-before" if settings().secure_cookies else "hotline_before"
