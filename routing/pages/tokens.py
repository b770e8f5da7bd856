"""`/account/tokens`: one's own tokens for programs; `/admin/tokens`: everybody's, to see and to revoke."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import clock, tokens
from core.errors import Denied, Invalid
from core.i18n import _
from core.officers import Officer
from core.web import FromPath, Request, page, read_form, redirect, requires, signed_in
from routing.admin.rights import WORDS, in_words

ADMIN = requires("admin.tokens")


@get("/account/tokens", guards=[signed_in])
async def show(request: Request) -> Response[Any]:
    return await _page(request)


@post("/account/tokens", guards=[signed_in], status_code=200)
async def issue(request: Request) -> Response[Any]:
    """The token stands in this one answer and nowhere else."""
    _people_only(request)
    form = await read_form(request)
    name, days = form.text("name", most=60), form.integer("days", required=False) or 0
    scopes = form.every("scopes", most=50)
    try:
        form.check()
        made = await tokens.issue(request.user, name, scopes, days)
    except Invalid as wrong:
        return await _page(
            request, status=422, errors=wrong.fields, typed=form.raw() | {"scopes": scopes, "days": str(days)}
        )
    return await _page(request, made=made, made_name=name)


@post("/account/tokens/{token:int}/revocation", guards=[signed_in])
async def revoke(request: Request, token: FromPath[int]) -> Response[Any]:
    _people_only(request)
    await tokens.revoke(request.user, token)
    return redirect("/account/tokens", flash=_("已撤销，用它的程序马上进不来了。"))


@get("/admin/tokens", guards=[ADMIN])
async def everybodys() -> Response[Any]:
    rows = await tokens.everybodys()
    return page(
        "core/all_tokens.html", desk="admin", rows=rows, live=_live(rows), said=in_words, most=tokens.MOST_SHOWN
    )  # fmt: skip


@post("/admin/tokens/{token:int}/revocation", guards=[ADMIN])
async def revoke_anybodys(request: Request, token: FromPath[int]) -> Response[Any]:
    await tokens.revoke(request.user, token)
    return redirect("/admin/tokens", flash=_("已撤销，用它的程序马上进不来了。"))


routes: list[Any] = [show, issue, revoke, everybodys, revoke_anybodys]


def _people_only(request: Request) -> None:
    """A token that could make tokens would outlive its end."""
    if request.auth is None:
        raise Denied(_("令牌由人在网页上建和撤。"))


async def _page(
    request: Request, *, status: int = 200, errors: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None, **more: Any,
) -> Response[Any]:  # fmt: skip
    rows = await tokens.own(request.user)
    return page(
        "core/tokens.html", status=status, rows=rows, live=_live(rows), offered=_offered(request.user),
        said=in_words, errors=errors or {}, typed=typed or {}, lives=tokens.LIVES, **{"made": "", **more},
    )  # fmt: skip


def _offered(officer: Officer) -> list[tuple[str, str]]:
    """(permission, words). Administration is for people, and so are the desks, but for the unit's: it is its access."""
    return [
        (name, _(word)) for name, word in WORDS.items()
        if officer.can(name) and not name.startswith(("admin.", "runs.", "audit."))
        and (name == "desk.unit" or not name.startswith("desk."))
    ]  # fmt: skip


def _live(rows: list[Any]) -> set[int]:
    now = clock.real_now()
    return {row["id"] for row in rows if tokens.is_live(row, now)}
