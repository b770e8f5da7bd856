"""`/units/{id}/succession`: a unit ends and another inherits; what will move is shown before it is done."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import clock, db, i18n
from core.admin import changes
from core.admin.subjects import subject_for
from core.errors import NotFound, Refused
from core.i18n import _
from core.web import Form, FromPath, Request, page, read_form, redirect, requires
from routing.admin import succession
from routing.admin.shares import Share
from routing.admin.succession import KIND_WORDS, Wanted
from routing.admin.units import DISTRICTS, STREETS, UNITS

#: Rows of the form that say who takes which part.
ROWS = range(1, 7)
GUARD = requires("admin.reference")


@get("/units/{unit:int}/succession", guards=[GUARD])
async def ask(request: Request, unit: FromPath[int]) -> Response[Any]:
    subject_for(request.user, UNITS.key)
    return await _page(
        unit, {"kind": "merge", "on_day": clock.today().isoformat(), "posts_follow": "1", "lines_follow": "1"}
    )


@post("/units/{unit:int}/succession", guards=[GUARD])
async def succeed(request: Request, unit: FromPath[int]) -> Response[Any]:
    subject_for(request.user, UNITS.key)
    form = await read_form(request)
    kind, heir = form.text("kind"), form.text("heir")
    on_day = form.day("on_day")
    others = tuple(dict.fromkeys(form.text("others", most=2000).split()))
    reason = form.text("reason", most=500)
    if (await _is_done(unit, heir)) and not form.errors:
        return redirect(f"/admin/units/{unit}")  # sent twice
    try:
        form.check()
        assert on_day is not None, "the form said so"
        wanted = Wanted(
            kind, heir, on_day, others, form.flag("posts_follow"),
            await _shares(form) if kind == "split" else (), form.flag("lines_follow"),
        )  # fmt: skip
        form.check()
        if wanted.shares:
            await succession.check(unit, wanted, now=clock.now())
            seen = await succession.fingerprint(unit, wanted)
            if form.text("seen") != seen:
                return await _page(unit, form.raw(), parts=await _parts(unit, wanted), seen=seen)
        await succession.succeed(unit, wanted, by=request.user, reason=reason, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(unit, form.raw(), refusal)
    return redirect(f"/admin/units/{unit}", flash=_("已定下继任单位；在办的承办单到日子自动转过去。"))


routes = [ask, succeed]


async def _is_done(unit: int, heir: str) -> bool:
    return bool(heir) and (await changes.row_of(UNITS, unit))["successor"] == heir


async def _shares(form: Form) -> tuple[Share, ...]:
    """Row by row as typed; complaints go to the form."""
    names = {row["code"]: row for row in await db.fetch("SELECT id, code, name FROM unit")}
    known = {
        "district": {row["value"] for row in await db.fetch(DISTRICTS)},
        "street": {row["value"] for row in await db.fetch(STREETS)},
        "matter": {row["code"] for row in await db.fetch("SELECT code FROM matter")},
    }
    found = []
    for n in ROWS:
        code, parts = form.text(f"share_{n}"), {part: form.text(f"{part}_{n}") for part in known}
        if not any([code, form.text(f"share_{n}_text"), *parts.values()]):
            continue
        if code not in names or any(value and value not in known[part] for part, value in parts.items()):
            form.wrong("shares", _("第 {n} 行：单位和范围都要从列表里选。").format(n=n))
            continue
        found.append(Share(names[code]["id"], code, names[code]["name"], **parts))
    return tuple(found)


async def _parts(unit: int, wanted: Wanted) -> list[tuple[str, int]]:
    """Who would get how many open orders; the heir last."""
    counts = await succession.parts_of(unit, wanted)
    words = {share.code: share.name for share in wanted.shares}
    heir = await db.fetchval("SELECT name FROM unit WHERE code = $1", wanted.heir)
    return [*((words[code], n) for code, n in counts.items() if code), (heir or wanted.heir, counts[""])]


async def _page(
    unit: int, typed: dict[str, str], refusal: Refused | None = None, *,
    parts: list[tuple[str, int]] | None = None, seen: str = "",
) -> Response[Any]:  # fmt: skip
    values = await changes.row_of(UNITS, unit)
    if values["successor"] and refusal is None:
        return redirect(f"/admin/units/{unit}")
    errors = getattr(refusal, "fields", {})
    return page(
        "routing/succession.html",
        status=refusal.status if refusal else 200,
        desk="admin", unit=unit, values=values, typed=typed, errors=errors, foreseen=await succession.foresee(unit),
        refused=refusal.message if refusal and not errors else "", rows=ROWS, parts=parts or [], seen=seen,
        kinds=[(kind, _(word)) for kind, word in KIND_WORDS.items()], english=i18n.locale() == "en",
        labels={"heir": _("继任单位"), "on_day": _("从哪天起"), "others": _("其余新单位"), "shares": _("谁接哪一块"), "reason": _("为什么改")},
    )  # fmt: skip
