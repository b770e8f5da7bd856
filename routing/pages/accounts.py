"""`/accounts/{id}/…`: a temporary password, the end of every session, and what a person may do, in words."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import accounts, audit, clock, db, sessions
from core.admin import changes
from core.admin.subjects import subject_for
from core.errors import Invalid, Refused
from core.i18n import _
from core.web import FromPath, Request, page, read_form, redirect, requires
from routing.admin.rights import in_words
from routing.admin.staff import STAFF
from routing.posts import grants_for

GUARD = requires("admin.reference")


@get("/accounts/{account:int}/rights", guards=[GUARD])
async def rights(request: Request, account: FromPath[int]) -> Response[Any]:
    """A fragment for the account's page: posts that count today, and what they add up to."""
    subject_for(request.user, STAFF.key)
    grants = await grants_for(account, clock.today())
    signed_in = await db.fetch(
        "SELECT agent, seen_at FROM session WHERE account = $1 AND expires_at > $2 ORDER BY seen_at DESC LIMIT 5",
        account, clock.real_now(),
    )  # fmt: skip
    return page(
        "routing/_rights.html", posts=grants.posts, rights=in_words(grants.permissions), sessions=signed_in
    )


@get("/accounts/{account:int}/password", guards=[GUARD])
async def ask_password(request: Request, account: FromPath[int]) -> Response[Any]:
    return await _page(request, account, "password")


@post("/accounts/{account:int}/password", guards=[GUARD])
async def give_password(request: Request, account: FromPath[int]) -> Response[Any]:
    """The temporary password is in this answer and nowhere else."""
    form = await read_form(request)
    reason = form.text("reason", most=500)
    try:
        changes.check_reason(reason)
        password = await accounts.give_temporary(account, by=request.user, reason=reason)
    except Invalid as wrong:
        return await _page(request, account, "password", error=wrong.fields["reason"], reason=reason)
    except Refused as refusal:
        return await _page(request, account, "password", refused=refusal, reason=reason)
    return await _page(request, account, "password", password=password)


@get("/accounts/{account:int}/sessions", guards=[GUARD])
async def ask_sessions(request: Request, account: FromPath[int]) -> Response[Any]:
    return await _page(request, account, "sessions")


@post("/accounts/{account:int}/sessions", guards=[GUARD])
async def end_sessions(request: Request, account: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    reason = form.text("reason", most=500)
    try:
        changes.check_reason(reason)
    except Invalid as wrong:
        return await _page(request, account, "sessions", error=wrong.fields["reason"], reason=reason)
    await changes.row_of(STAFF, account)
    await audit.record(request.user, "account.end_sessions", f"account:{account}", reason=reason)
    await sessions.end_all(account)
    return redirect(f"/admin/staff/{account}", flash=_("这个账号的登录都已结束。"))


routes = [rights, ask_password, give_password, ask_sessions, end_sessions]


async def _page(
    request: Request, account: int, what: str, *, error: str = "", reason: str = "", password: str = "",
    refused: Refused | None = None,
) -> Response[Any]:  # fmt: skip
    subject_for(request.user, STAFF.key)
    values = await changes.row_of(STAFF, account)
    return page(
        "routing/account.html",
        status=422 if error else refused.status if refused else 200,
        desk="admin", account=account, values=values, what=what, error=error, reason=reason, password=password,
        refused=refused.message if refused else "",
    )  # fmt: skip
