"""`/admin/texts`: every SMS by event and language, and an editor that shows what arrives and what it costs."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from callbacks import wording_rules
from callbacks.admin.texts import LANGUAGES, TEXTS
from callbacks.texts import LOCALES, TEMPLATES
from core import clock
from core.admin import changes, history
from core.admin.columns import Values
from core.admin.writing import RowChange
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import N_, _
from core.settings import settings
from core.web import Form, FromPath, FromQuery, Request, page, read_form, redirect, requires

ADMIN = requires("admin.texts")
#: When each is sent. One that is not here is told by its key.
EVENTS = {
    "registered": N_("登记，待派"), "registered_dispatched": N_("登记并派出"), "dispatched": N_("派出"),
    "redispatched": N_("重办派出"), "answered": N_("答复，将回访"), "answered_closed": N_("答复并办结"),
    "closed": N_("回访办结"), "registered_one_way": N_("登记，待派（不能回短信）"),
    "registered_dispatched_one_way": N_("登记并派出（不能回短信）"), "dispatched_one_way": N_("派出（不能回短信）"),
    "redispatched_one_way": N_("重办派出（不能回短信）"), "call_us": N_("只请来电（保密件）"), "status": N_("回“查”：状态"),
    "status_with": N_("回“查”：状态和承办单位"), "status_over": N_("回“查”：已超过期限"), "link": N_("回“链接”"),
    "list": N_("几张在办单，选数字"), "list_only": N_("几张在办单"), "no_match": N_("没有查到"),
    "choose_again": N_("没有这一项"), "urged": N_("回“催”：已记下"), "urged_already": N_("回“催”：今天已记过"),
    "added": N_("回“补”：已记入"), "add_how": N_("怎么补充"), "not_open": N_("单已不在办"),
    "withdraw_call": N_("撤诉请来电"), "help": N_("帮助"), "too_many": N_("问得太多"), "opted_out": N_("已退订通知"),
    "stopped": N_("已停发全部"), "opted_in": N_("已恢复"), "test": N_("测试短信"), "unit_new": N_("单位：新工单"),
    "unit_recalled": N_("单位：已收回"), "unit_return_granted": N_("单位：退单成立"),
    "unit_return_refused": N_("单位：退单不成立"), "unit_sent_back": N_("单位：答复被退回"),
    "unit_duty": N_("单位：叫醒值守"),
    "extended": N_("批准延期"), "waiting_for_you": N_("挂起，等市民补充"), "waiting_reminder": N_("提醒市民补充"),
    "paused": N_("挂起，其他理由"), "joined": N_("与同一事项一起办理"), "joined_with": N_("与同一事项一起办理，已有单位"),
    "apart": N_("恢复单独办理"), "announcement": N_("通报进展"), "refused": N_("不予受理"),
    "redo_refused": N_("不予重办"), "kept_closed": N_("异议不成立"), "extended_one_way": N_("批准延期（不能回短信）"),
    "waiting_for_you_one_way": N_("挂起，等市民补充（不能回短信）"),
    "waiting_reminder_one_way": N_("提醒市民补充（不能回短信）"), "joined_one_way": N_("与同一事项一起办理（不能回短信）"), "apart_one_way": N_("恢复单独办理（不能回短信）"),
    "survey": N_("短信回访"), "survey_thanks": N_("短信回访：谢谢"), "survey_call": N_("短信回访：将回电"),
    "survey_again": N_("短信回访：请回两位数"),
    "taken_up": N_("回“补”：已办结的单，转研判"), "withdraw_code": N_("回“撤”：请回验证码"),
    "withdraw_wrong": N_("验证码不对"), "withdrawn": N_("已撤回"), "unit_redo": N_("单位：重办"),
    "unit_assist": N_("单位：协办"), "unit_passed_down": N_("单位：上级转派"), "unit_taken_back": N_("单位：收回自办"),
    "unit_succeeded": N_("单位：承接"), "unit_rerated": N_("单位：时限重定"),
    "unit_extension_granted": N_("单位：准予延期"), "unit_extension_refused": N_("单位：不准延期"),
    "unit_hold_granted": N_("单位：准予挂起"), "unit_hold_refused": N_("单位：不准挂起"),
    "unit_resumed": N_("单位：恢复办理"), "unit_designated": N_("单位：会商指定"),
    "unit_designated_same": N_("单位：会商定原单位"), "unit_urged": N_("单位：催办"), "unit_supervised": N_("单位：督办"),
    "unit_supervision_raised": N_("单位：督办升级"), "unit_leader_note": N_("单位：领导批示"),
    "unit_merged": N_("单位：已并单"), "unit_unmerged": N_("单位：撤销并单"), "unit_withdrawn": N_("单位：市民撤诉"),
    "unit_news": N_("单位：有新情况"),
}  # fmt: skip


@get("/admin/texts", guards=[ADMIN])
async def index(request: Request, q: FromQuery[str] = "", locale: FromQuery[str] = "") -> Response[Any]:
    reworded = await _reworded()
    rows = []
    for name in TEMPLATES:
        for language in LOCALES:
            row = reworded.get((name, language))
            body = row[1]["body"] if row else wording_rules.default(name, language)
            if (locale in LOCALES and language != locale) or not _is_found(q, name, body):
                continue
            rows.append(
                {"name": name, "event": event(name), "locale": language, "language": _language(language), "body": body,
                 "version": row[1]["version"] if row else TEMPLATES[name].version, "own": row is not None,
                 "counted": wording_rules.preview(body, language).counted}
            )  # fmt: skip
    languages = [(code, _(word)) for code, word in LANGUAGES]
    return page(
        "callbacks/admin/texts.html", desk="admin", rows=rows, q=q, locale_asked=locale, languages=languages
    )  # fmt: skip


@get("/admin/texts/{name:str}/{locale:str}", guards=[ADMIN])
async def show(request: Request, name: FromPath[str], locale: FromPath[str]) -> Response[Any]:
    _check(name, locale)
    return await _editor(name, locale)


@post("/admin/texts/{name:str}/{locale:str}/preview", guards=[ADMIN], status_code=200)
async def look(request: Request, name: FromPath[str], locale: FromPath[str]) -> Response[Any]:
    """As one types: what arrives, and what the carrier counts."""
    _check(name, locale)
    body = _body(await read_form(request))
    return page("callbacks/admin/_preview.html", **_shown(name, locale, body))


@post("/admin/texts/{name:str}/{locale:str}", guards=[ADMIN], status_code=200)
async def save(request: Request, name: FromPath[str], locale: FromPath[str]) -> Response[Any]:
    """The site's own text; `back` takes the one that comes with the system again."""
    _check(name, locale)
    form = await read_form(request)
    body, reason = _body(form), form.text("reason", most=500)
    row = (await _reworded()).get((name, locale))
    try:
        if form.text("seen") != (str(row[1]["version"]) if row else ""):
            raise Conflict(_("这条短信刚被别人改过，请看过现在的再改。您写的都在。"))
        if sentence := "" if form.flag("back") else wording_rules.wrong(name, locale, body):
            raise Invalid({"body": sentence})
        done = await changes.apply(
            TEXTS, [_change(name, locale, body, row, back=form.flag("back"))], by=request.user, reason=reason,
            now=clock.now(), kind="remove" if form.flag("back") else "edit",
        )  # fmt: skip
    except Refused as refused:
        return await _editor(name, locale, body=body, reason=reason, refused=refused)
    said = (
        _("“{event}”改好了，几秒后发出的都用新的。").format(event=event(name))
        if done
        else _("和现在没有不同。")
    )
    return redirect("/admin/texts", flash=said)


def event(name: str) -> str:
    return _(EVENTS[name]) if name in EVENTS else name


def _change(name: str, locale: str, body: str, row: tuple[int, Values] | None, *, back: bool) -> RowChange:
    if row is None:
        ours = body == wording_rules.default(name, locale)
        after = None if back or ours else {"name": name, "locale": locale, "body": body, "version": 0}
        return RowChange(-1, None, after)
    number, before = row
    return RowChange(number, before, None if back else {**before, "body": body})


def _check(name: str, locale: str) -> None:
    if name not in TEMPLATES or locale not in LOCALES:
        raise NotFound


def _body(form: Form) -> str:
    """In one line: a line break would be sent as it stands."""
    return " ".join(form.text("body", most=2000).splitlines()).strip()


async def _reworded() -> dict[tuple[str, str], tuple[int, Values]]:
    world = await changes.world_of(TEXTS)
    return {(values["name"], values["locale"]): (row, values) for row, values in world.items()}


def _is_found(q: str, name: str, body: str) -> bool:
    typed = q.strip().lower()
    return not typed or any(typed in text.lower() for text in (name, body, event(name)))


def _language(locale: str) -> str:
    return _(dict(LANGUAGES)[locale])


def _shown(name: str, locale: str, body: str) -> dict[str, Any]:
    shown = wording_rules.preview(body, locale)
    price = settings().sms_segment_price
    return {
        "shown": shown, "wrong": wording_rules.wrong(name, locale, body), "price": price,
        "cost": price * shown.counted.count * 1000,
    }  # fmt: skip


async def _editor(
    name: str, locale: str, *, body: str | None = None, reason: str = "", refused: Refused | None = None
) -> Response[Any]:
    row = (await _reworded()).get((name, locale))
    ours = wording_rules.default(name, locale)
    now = row[1]["body"] if row else ours
    errors = dict(refused.fields) if isinstance(refused, Invalid) else {}
    told = await history.of_row(TEXTS, row[0]) if row else []
    placeholders = [("{" + p + "}", _(wording_rules.PLACEHOLDERS[p][0])) for p in wording_rules.allowed(name)]
    return page(
        "callbacks/admin/text.html", status=refused.status if refused else 200, desk="admin", name=name,
        event=event(name), text_locale=locale, language=_language(locale), now=now, default=ours, own=row is not None,
        body=now if body is None else body, reason=reason, errors=errors, placeholders=placeholders,
        refused="" if errors or refused is None else refused.message, changes=told, others=LOCALES,
        version=row[1]["version"] if row else TEMPLATES[name].version, seen=row[1]["version"] if row else "",
        **_shown(name, locale, now if body is None else body),
    )  # fmt: skip


routes = [index, show, look, save]
