"""Writing knowledge: a form, publishing, withdrawing."""

from datetime import datetime, time, timedelta
from typing import Any

from litestar import Response, get, post

from core import clock
from core.errors import Conflict, Invalid, Refused
from core.i18n import _
from core.web import Form, FromPath, FromQuery, Request, page, read_form, redirect, requires
from kb import articles
from kb.articles import Content


@get("/kb/new", guards=[requires("kb.edit")])
async def new(q: FromQuery[str] = "", matter: FromQuery[str] = "") -> Response[Any]:
    return _form({"question_forms": q, "matter": matter})


@post("/kb", guards=[requires("kb.edit")])
async def create(request: Request) -> Response[Any]:
    form = await read_form(request)
    try:
        code = await articles.create(_content(form), by=request.user, now=clock.now())
    except Invalid as wrong:
        return _form(form.raw(), errors=wrong.fields, status=422)
    return redirect(f"/kb/{code}", flash=_("草稿已存。核对后请发布，坐席才看得到。"))


@get("/kb/{code:str}/edit", guards=[requires("kb.edit")])
async def edit(code: FromPath[str]) -> Response[Any]:
    row = await articles.by_code(code)
    return _form(_shown(row), code=code, version=row["version"])


@post("/kb/{code:str}", guards=[requires("kb.edit")])
async def change(request: Request, code: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    version = form.integer("version", least=1, most=2**31 - 1)
    note = form.text("note")
    try:
        content = _content(form, code=code)
        await articles.change(
            code, content, version=version or 0, by=request.user, now=clock.now(), note=note
        )
    except Invalid as wrong:
        return _form(form.raw(), code=code, version=version, errors=wrong.fields, status=422)
    except Conflict as first:
        row = await articles.by_code(code)
        return _form(form.raw(), code=code, version=row["version"], conflict=first, status=409)
    return redirect(f"/kb/{code}", flash=_("改动已存，马上进入检索。"))


@post("/kb/{code:str}/publication", guards=[requires("kb.edit")])
async def publish(request: Request, code: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    version = form.integer("version", least=1, most=2**31 - 1) or 0
    try:
        await articles.publish(code, version=version, by=request.user, now=clock.now())
    except (Invalid, Conflict) as refusal:
        return _back(code, refusal)
    return redirect(f"/kb/{code}", flash=_("已发布，坐席马上能查到。"))


@post("/kb/{code:str}/withdrawal", guards=[requires("kb.edit")])
async def withdraw(request: Request, code: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    version = form.integer("version", least=1, most=2**31 - 1) or 0
    try:
        await articles.withdraw(
            code, version=version, by=request.user, now=clock.now(), note=form.text("note")
        )
    except (Invalid, Conflict) as refusal:
        return _back(code, refusal)
    return redirect(f"/kb/{code}", flash=_("已撤下，不再推荐给坐席。"))


def _content(form: Form, *, code: str | None = None) -> Content:
    """Raises Invalid with every complaint about the fields."""
    content = Content(
        code=code or form.text("code", most=40, required=True).upper(),
        title=form.text("title", most=120, required=True),
        body=form.text("body", most=20_000, required=True),
        folder=form.text("folder", most=60),
        matter=form.text("matter", most=40),
        question_forms=_lines(form.text("question_forms", most=4_000)),
        keywords=form.text("keywords", most=400).replace("，", " ").replace("、", " ").split(),
        source=form.text("source", most=300),
        valid_from=form.moment("valid_from", required=False),
        valid_to=form.moment("valid_to", required=False),
        reviewed_at=form.day("reviewed_at", required=False),
    )
    form.check()
    return content


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def _shown(row: Any) -> dict[str, Any]:
    """An article as the form's fields show it."""
    shown = {
        name: row[name] for name in ("code", "title", "body", "folder", "matter", "source", "reviewed_at")
    }
    shown |= {"question_forms": "\n".join(row["question_forms"]), "keywords": " ".join(row["keywords"])}
    shown |= {name: _local(row[name]) for name in ("valid_from", "valid_to")}
    return shown


def _local(moment: datetime | None) -> str:
    return clock.local(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _form(
    values: dict[str, Any],
    *,
    code: str = "",
    version: int | None = None,
    errors: dict[str, str] | None = None,
    conflict: Conflict | None = None,
    status: int = 200,
) -> Response[Any]:
    ends = clock.local(clock.now()) + timedelta(days=365)
    return page(
        "kb/edit.html",
        status=status,
        desk="kb",
        v=dict.fromkeys(articles.LABELS, "") | values,
        code=code,
        version=version,
        errors=errors or {},
        conflict=conflict,
        labels={name: _(label) for name, label in articles.LABELS.items()},
        year_from_now=datetime.combine(ends.date(), time()).strftime("%Y-%m-%dT%H:%M"),
    )


def _back(code: str, refusal: Refused) -> Response[Any]:
    return redirect(f"/kb/{code}", flash=refusal.message, kind="bad")


routes = [new, create, edit, change, publish, withdraw]
