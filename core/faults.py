"""What a refusal or a failure looks like: a page, a strip for HTMX, or problem+json, in the reader's words."""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
import jinja2
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException

from core import db, visits
from core.errors import Conflict, Invalid, Refused
from core.i18n import N_, _
from core.render import fragment, page

log = logging.getLogger("hotline.web")

_WORDS = {
    400: N_("请求不完整，请从上一页重新来。"),
    401: N_("请先登录。"),
    403: N_("您的岗位没有这项权限。"),
    404: N_("没有这一页，或者不归您看。"),
    405: N_("这个地址不接受这样的操作。"),
    406: N_("没有您要的格式。"),
    413: N_("内容太大，请分开提交。"),
    415: N_("内容不是这里收的格式。"),
    429: N_("操作太频繁，请稍后再试。"),
    500: N_("系统出了故障，这一步没有做成。"),
    503: N_("数据库暂时连不上，正在自动重连。您写的文字存在本机草稿里。"),
}
_REFUSED = N_("这一步没有做成。")
_PAGES = {400, 401, 403, 404, 409, 413, 429, 500, 503}
RETRY_SECONDS = 5
#: The server ended one of two transactions that waited for each other.
_CROSSED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


@dataclass(frozen=True)
class Fault:
    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    error_id: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Litestar's handler for every exception."""
    visit = visits.of(request.scope)
    fault = fault_of(error)
    if fault.status >= 500:
        report(error, fault)
    if visit.path.startswith("/api/") or _wants_json(request):
        return _as_problem(fault, visit.path)
    if visit.is_fragment:
        return _as_strip(fault)
    if fault.status == 401 and request.method == "GET":
        return _to_sign_in(request)
    if fault.code == "password_first":
        return _to_password(fault)
    return _as_page(fault)


def fault_of(error: Exception) -> Fault:
    if isinstance(error, Refused):
        return _of_refusal(error)
    if isinstance(error, HTTPException):
        status = error.status_code
        more: dict[str, Any] = {}
        if isinstance(error, ValidationException) and isinstance(error.extra, list):
            more = {"errors": {str(e.get("key", "")): str(e.get("message", "")) for e in error.extra}}
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, "bad_request")
        known = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
        words = _(_WORDS.get(status, _WORDS[400] if status < 500 else _WORDS[500]))
        return Fault(status, code if status < 500 else "failed", words, headers=known, more=more)
    if is_unstorable(error):
        return Fault(400, "bad_request", _(_WORDS[400]))
    if is_database_away(error):
        return Fault(503, "database_away", _(_WORDS[503]), {"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, _CROSSED):
        return Fault(
            503, "crossed", _("与别人的操作撞在一起，什么都没有写。请再试一次。"), {"Retry-After": "1"}
        )
    return Fault(500, "failed", _(_WORDS[500]), error_id=secrets.token_hex(4))


def _of_refusal(error: Refused) -> Fault:
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, Invalid):
        more["errors"] = error.fields
    if isinstance(error, Conflict):
        more |= {"by": error.by, "changes": [asdict(change) for change in error.changes]}
    if minutes := getattr(error, "minutes", None):
        headers["Retry-After"] = str(minutes * 60)
    if seconds := getattr(error, "seconds", None):
        headers["Retry-After"] = str(seconds)
    message = error.message or _(_WORDS.get(error.status, _REFUSED))
    return Fault(error.status, error.code, message, headers, more=more)


def is_unstorable(error: BaseException) -> bool:
    """A number too large or a character that no column can hold: only an address typed by hand has these."""
    too_large = isinstance(error, asyncpg.DataError) and bool(
        re.search(r"value out of \w+ range", str(error))
    )
    return too_large or isinstance(error, asyncpg.CharacterNotInRepertoireError)


def is_database_away(error: BaseException) -> bool:
    """The driver could not reach the server; an `OSError` from anywhere else is our own fault."""
    if not isinstance(error, db.UNREACHABLE):
        return False
    if isinstance(error, asyncpg.InterfaceError):  # also what the driver calls our own mistakes
        return "clos" in str(error)
    if isinstance(error, asyncpg.InternalClientError):
        return "cannot switch to state" in str(error)
    frames = traceback.walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__", "")).startswith("asyncpg") for frame, _line in frames)


def report(error: Exception, fault: Fault) -> None:
    """For the log: kinds and places, and no value that a person typed."""
    if fault.status == 503:
        log.warning("database away: %s", type(error).__name__)
        return
    places = "".join(traceback.format_tb(error.__traceback__)[-12:])
    state = getattr(error, "sqlstate", None)  # the server's own text quotes values
    said = f"SQLSTATE {state}" if state else re.sub(r"['\"].*['\"]|\d{4,}", "…", str(error))[:200]
    log.error("failure %s: %s: %s\n%s", fault.error_id, type(error).__name__, said, places)


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def _as_problem(fault: Fault, path: str) -> Response[Any]:
    """`core.api.problems.Problem` describes it."""
    title = _(_WORDS.get(fault.status, _REFUSED))
    body: dict[str, Any] = {
        "type": f"urn:hotline:problem:{fault.code}",
        "title": title,
        "status": fault.status,
    }
    body |= {"code": fault.code, "detail": fault.message, "instance": path} | fault.more
    if fault.error_id:
        body["error_id"] = fault.error_id
    headers = fault.headers | ({"WWW-Authenticate": "Bearer"} if fault.status == 401 else {})
    return Response(body, status_code=fault.status, media_type="application/problem+json", headers=headers)


def _as_strip(fault: Fault) -> Response[Any]:
    """Goes to the strips on top, so that the form which was sent stays as it is.

    The layout swaps 409 and 422 only; of the others the page's script reads the heading.
    """
    swapped = fault.status in (409, 422)
    body = fragment("core/_strip.html", message=fault.message, error_id=fault.error_id, swapped=swapped)
    headers = fault.headers | {"HX-Retarget": "#strips", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
    return Response(body, status_code=fault.status, media_type=MediaType.HTML, headers=headers)


def _as_page(fault: Fault) -> Response[Any]:
    name = fault.status if fault.status in _PAGES else 400
    try:
        return page(
            f"errors/{name}.html",
            status=fault.status,
            shown_status=fault.status,
            headers=fault.headers,
            code=fault.code,
            message=fault.message,
            error_id=fault.error_id,
            errors=fault.more.get("errors", {}),
        )
    except jinja2.TemplateError:
        log.exception("the error page itself failed")
        return Response(
            fault.message, status_code=fault.status, media_type=MediaType.TEXT, headers=fault.headers
        )


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    from core.forms import redirect  # forms raise what is answered here

    query = request.scope["query_string"].decode("latin-1")
    return redirect("/sign-in", next=f"{request.scope['path']}{'?' + query if query else ''}")


def _to_password(fault: Fault) -> Response[Any]:
    from core.forms import redirect

    return redirect("/account", flash=fault.message, kind="warn")
