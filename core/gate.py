"""What every request passes: who is it, did a page of ours send it, and what the answer's head says.

Plain ASGI, as it runs for each request: no database query while the session's copy is fresh.
"""

from __future__ import annotations

import hmac
import logging
from functools import lru_cache
from time import perf_counter
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from core import i18n, sessions, visits
from core.access import access_of
from core.api import rate
from core.errors import Denied
from core.i18n import _
from core.settings import settings

log = logging.getLogger("hotline.web")

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
FORMS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class NotOurs(Denied):
    """A write without the token that our own pages carry."""

    code = "csrf"


class Gate:
    """Middleware around every route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["hotline_started"] = perf_counter()  # type: ignore[typeddict-unknown-key]
        assert scope["type"] == ScopeType.HTTP, "check_routes lets nothing else in"
        access = access_of(scope["route_handler"])
        if access.cookies:
            visit = visits.begin(scope)
            await recognise(visit, scope)
            if scope["method"] not in SAFE and not visit.bearer and (access.open or visit.session):
                await check_token(visit, scope, receive, send)
            scope["user"], scope["auth"] = visit.officer, visit.session
        await self.app(scope, receive, send)


async def recognise(visit: visits.Visit, scope: Any) -> None:
    """Look up the session, or on the API the bearer token, which then counts alone."""
    if visit.path.startswith("/api/"):
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                visit.bearer = await sessions.bearer(value[7:].decode("latin-1").strip())
                if visit.bearer:
                    await greet(visit, visit.bearer, scope)
                return
    if token := visit.cookies.get(visits.session_cookie()):
        visit.session = await sessions.find(token)


async def greet(visit: visits.Visit, bearer: sessions.Bearer, scope: Any) -> None:
    """Its owner's language, unless the program asks for one; and not too often. Raises `TooMany`."""
    if all(name != b"accept-language" for name, _ in scope["headers"]):
        visit.locale = bearer.account.locale
        i18n.set_locale(visit.locale)
    await rate.count(bearer.id)


async def check_token(visit: visits.Visit, scope: Any, receive: Receive, send: Send) -> None:
    """Raises `NotOurs` unless header or form carries the token of the session (or of the visit before it)."""
    headers = dict(scope["headers"])
    expected = visit.session.csrf if visit.session else visit.cookies.get(visits.pre_cookie(), "")
    given = headers.get(b"x-csrf-token", b"").decode("latin-1")
    if not given and headers.get(b"content-type", b"").lower().startswith(FORMS):
        form = await Request[Any, Any, Any](scope, receive, send).form()
        given = str(form.get("_csrf", ""))
    foreign = headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none")
    if foreign or not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotOurs(_("这一页打开太久了，请刷新后再试；您写的文字存在草稿里。"))


async def seal_answer(message: Message, scope: Scope) -> None:
    """Before anything is sent: security headers, and one line of log without names, numbers or queries."""
    if message["type"] != "http.response.start":
        return
    headers = list(message["headers"])
    present = {name.lower() for name, _ in headers}
    headers += [pair for pair in _heads(settings().secure_cookies) if pair[0] not in present]
    message["headers"] = headers
    if log.isEnabledFor(logging.INFO):
        log_request(scope, message["status"])


def log_request(scope: Any, status: int) -> None:
    started = scope.get("hotline_started")
    handler = scope.get("route_handler")
    visit = scope.get("hotline_visit")
    officer = visit.officer if isinstance(visit, visits.Visit) else None
    log.info(
        "request",
        extra={
            "method": scope.get("method"),
            "route": scope.get("path_template") or (handler and min(handler.paths)) or "-",
            "status": status,
            "ms": round((perf_counter() - started) * 1000, 1) if isinstance(started, float) else None,
            "account": officer.id if officer else None,
        },
    )


@lru_cache
def _heads(secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    heads = {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }
    if secure:
        heads["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in heads.items())
