"""Signing in and out, the language switch, and the way from `/` to one's own desk."""

from typing import Any

from litestar import Response, get, post

from core import accounts, i18n, installation, sessions
from core.errors import Refused
from core.settings import settings
from core.visits import pre_cookie, session_cookie
from core.web import (
    FromQuery,
    OpenRequest,
    Request,
    desks,
    drop_cookie,
    keep_cookie,
    own_path,
    page,
    public,
    read_form,
    redirect,
    signed_in,
    visit,
)

LOCALE_SECONDS = 400 * 24 * 3600


@get("/", guards=[signed_in])
async def home(request: Request) -> Response[Any]:
    """The first desk of this officer."""
    own = desks(request.user)
    return redirect(own[0].href if own else "/account")


@get("/sign-in", guards=[public])
async def show(next: FromQuery[str] = "/") -> Response[Any]:
    if visit().officer:
        return redirect(next)
    return await _form(next=next)


@post("/sign-in", guards=[public])
async def sign_in(request: OpenRequest) -> Response[Any]:
    form = await read_form(request)
    username, next_ = form.text("username", most=100), form.text("next", most=2000)
    agent = request.headers.get("user-agent", "")
    try:
        token = await accounts.sign_in(
            username, form.text("password", most=1000, strip=False), address=visit().address, agent=agent
        )
    except Refused as refusal:
        return await _form(next=next_, username=username, refusal=refusal)
    answer = with_session(redirect(own_path(next_ or "/")), token)
    session = await sessions.find(token)
    chosen = session.account.locale if session else ""
    if chosen != settings().default_locale and "locale" not in visit().cookies:
        keep_locale(answer, chosen)  # the default may just never have been touched: the browser's wish stays
    return answer


@post("/sign-out", guards=[signed_in])
async def sign_out(request: Request) -> Response[Any]:
    await accounts.sign_out(request.auth)
    answer = redirect("/sign-in")
    drop_cookie(answer, session_cookie())
    answer.delete_cookie("locale", path="/")  # the next at a shared desk has a language of their own
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


@post("/locale", guards=[public])
async def switch_locale(request: OpenRequest) -> Response[Any]:
    """Remembered in the browser, and for the account when there is one; back to where one was."""
    form = await read_form(request)
    chosen = form.choice("locale", i18n.LOCALES)
    form.check()
    if officer := visit().officer:
        await accounts.prefer(officer.id, locale=chosen)
    answer = redirect(_came_from(request))
    keep_locale(answer, chosen)
    return answer


def with_session(answer: Response[Any], token: str) -> Response[Any]:
    """A new session's cookie; the one before it, and the token of the form, are gone."""
    keep_cookie(answer, session_cookie(), token)
    drop_cookie(answer, pre_cookie())
    return answer


def keep_locale(answer: Response[Any], chosen: str) -> None:
    answer.set_cookie(key="locale", value=chosen, max_age=LOCALE_SECONDS, path="/", samesite="lax")


async def _form(*, next: str, username: str = "", refusal: Refused | None = None) -> Response[Any]:
    return page(
        "core/sign_in.html",
        status=refusal.status if refusal else 200,
        next=own_path(next),
        username=username,
        refused=refusal.message if refusal else "",
        demo=await installation.demo_accounts(),
    )


def _came_from(request: OpenRequest) -> str:
    """The path of the page that held the switch."""
    referer = request.headers.get("referer", "")
    here = f"//{request.headers.get('host', '')}/"
    return own_path("/" + referer.split(here, 1)[1]) if here in referer else "/"


routes = [home, show, sign_in, sign_out, switch_locale]
