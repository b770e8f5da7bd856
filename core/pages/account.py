"""One's own account: password and density."""

from typing import Any

from litestar import Response, get, post

from core import accounts
from core.errors import Refused
from core.i18n import _
from core.pages.sign_in import with_session
from core.web import Request, page, read_form, redirect, signed_in, visit


@get("/account", guards=[signed_in])
async def show() -> Response[Any]:
    return page("core/account.html", errors={})


@post("/account/password", guards=[signed_in])
async def change_password(request: Request) -> Response[Any]:
    form = await read_form(request)
    old, new = (form.text(name, most=1000, required=True, strip=False) for name in ("old", "new"))
    if new != form.text("again", most=1000, strip=False):
        form.wrong("again", _("两次输入的新密码不一样。"))
    if form.errors:
        return page("core/account.html", status=422, errors=form.errors)
    try:
        token = await accounts.change_password(request.auth, old=old, new=new, address=visit().address)
    except Refused as refusal:
        errors = getattr(refusal, "fields", None) or {"old": refusal.message}
        return page("core/account.html", status=refusal.status, errors=errors)
    done = redirect("/account", flash=_("密码改好了。其他地方的登录都已退出。"))
    return with_session(done, token)


@post("/account/preferences", guards=[signed_in])
async def prefer(request: Request) -> Response[Any]:
    form = await read_form(request)
    density = form.choice("density", accounts.DENSITIES)
    form.check()
    await accounts.prefer(request.user.id, density=density)
    return redirect("/account", flash=_("行距已改。"))


routes = [show, change_password, prefer]
