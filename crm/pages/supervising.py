"""The supervisor's desk (督办): the three rates, what is behind each number, and what is needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get

from core import clock
from core.cursors import cursor, read_cursor
from core.i18n import N_, _
from core.privacy import mask_text
from core.web import FromQuery, Nav, Request, page, requires
from crm.kpi import queries
from crm.kpi.formulas import EXCLUDED, FORMULAS
from crm.kpi.rates import COUNTED, MET
from crm.kpi.rules import rules
from crm.lines import lines
from crm.pages import rate_board, rate_export, rate_rows, supervision_list
from crm.pages.names import names
from crm.pages.rate_filters import BY, CLASSES, Filters, columns, read, spans, today
from crm.tickets import desk_work
from crm.tickets.words import disposition_word, status_word

SUPERVISOR = requires("desk.supervise")
nav = [Nav("supervise", N_("督办"), "/supervise", ("desk.supervise",), order=35)]
PAGE = 50
MOST_EXPORTED = 5_000
#: Sets of verdicts, as the URL and the page name them.
SETS = {"numerator": N_("分子"), "denominator": N_("分母"), "missed": N_("未完成"), "excluded": N_("排除")}
VERDICTS = {"yes": N_("计入分子"), "tried": N_("已尝试"), "no": N_("未完成")}


@get("/supervise", guards=[SUPERVISOR])
async def show(request: Request) -> Response[bytes]:
    open_ones = await desk_work.supervision_counts(request.user, now=clock.now())
    return page("crm/supervise/page.html", desk="supervise", supervisions=open_ones, **await _board(request))


@get("/supervise/board", guards=[SUPERVISOR])
async def board(request: Request) -> Response[bytes]:
    return page("crm/supervise/_board.html", **await _board(request))


@get("/supervise/rows", guards=[SUPERVISOR])
async def rows(request: Request, after: FromQuery[str] = "", of: FromQuery[str] = "") -> Response[bytes]:
    """The facts behind a number, in order of their basis; as they are now."""
    filters = _filters(request)
    formula, verdicts = FORMULAS[filters.rate or "connection"], _verdicts(of, filters.rate or "connection")
    now, set_ = clock.now(), rules()
    period, scope = rate_board.narrowed(filters, now), await rate_board.scope_of(filters, on=True)
    key = read_cursor(after, datetime, int)
    found = await queries.rows(
        request.user,
        formula.key,
        verdicts,
        period,
        scope,
        set_,
        after=(key[0], key[1]) if key else None,
        limit=PAGE,
    )
    counts = await rate_board.counts_of(formula.key, period, scope, set_)
    more = cursor(found[PAGE - 1]["at"], found[PAGE - 1]["fact"]) if len(found) > PAGE else ""
    called = await names()
    return page(
        "crm/supervise/rows.html", desk="supervise", filters=filters, formula=formula, of=of,
        rows=found[:PAGE], called=called, figure=rate_board.figure(formula, counts, set_), rules=set_,
        on=rate_board.on_name(filters, called, await lines()), verdict=_words(),
        excluded=rate_board.excluded(counts, set_), counts=counts, state=status_word, disposition=disposition_word,
        clean=lambda text: text if request.user.can("ticket.unmask") else mask_text(text),
        total=sum(counts.get(verdict, 0) for verdict in verdicts), title=_set_word(of),
        next=f"{filters.rows_url(formula.key, of)}&after={more}" if more else "", taken_at=await queries.taken_at(period),
    )  # fmt: skip


@get("/supervise/export", guards=[SUPERVISOR])
async def export(request: Request, format: FromQuery[str] = "xlsx") -> Response[bytes]:
    """The table that one sees, with numerators and denominators, as XLSX or CSV."""
    filters, now = _filters(request), clock.now()
    found = await rate_board.board(request.user, filters, rules(), now=now)
    table = rate_export.table(found, filters)
    return rate_export.answer(table, format, name=f"rates-{filters.first}-{filters.last}-{filters.by}")


@get("/supervise/rows/export", guards=[SUPERVISOR])
async def export_rows(
    request: Request, of: FromQuery[str] = "", format: FromQuery[str] = "xlsx"
) -> Response[bytes]:  # fmt: skip
    """The facts behind a number, at most `MOST_EXPORTED`; no text, name or phone."""
    filters, now, set_ = _filters(request), clock.now(), rules()
    key = filters.rate or "connection"
    found = await queries.rows(
        request.user, key, _verdicts(of, key), rate_board.narrowed(filters, now),
        await rate_board.scope_of(filters, on=True), set_, limit=MOST_EXPORTED,
    )  # fmt: skip
    table = rate_export.facts(FORMULAS[key], found[:MOST_EXPORTED], await names(), _words())
    return rate_export.answer(
        table, format, name=f"{key}-{of or 'denominator'}-{filters.first}-{filters.last}"
    )


async def _board(request: Request) -> dict[str, Any]:
    filters, set_, now = _filters(request), rules(), clock.now()
    found = await rate_board.board(request.user, filters, set_, now=now)
    called, known = await names(), await lines()
    return {
        "board": found,
        "filters": filters,
        "rules": set_,
        "called": called,
        "formulas": FORMULAS,
        "columns": [(key, _(FORMULAS[key].title)) for key in columns(filters.by)],
        "by": [
            (by, _(word), filters.url(by=by, open=frozenset(), rate="", on="")) for by, word in BY.items()
        ],
        "classes": [
            (
                _(word),
                filters.url(kind=kind, unit=None, open=frozenset(), rate="", on=""),
                kind == filters.kind,
            )
            for kind, word in CLASSES.items()
        ],
        "spans": [
            (_(word), filters.url(first=first, last=last), (first, last) == (filters.first, filters.last))
            for word, (first, last) in spans(today()).items()
        ],
        "lines": [(number, rate_rows.line_name(row)) for number, row in known.items()],
        "line_name": rate_rows.line_name(known[filters.line]) if filters.line in known else "",
        "refresh": f"/supervise/board?{filters.query()}",
        "help": lambda formula: _(formula.help).format(seconds=set_.short_abandon),
    }


def _filters(request: Request) -> Filters:
    return read(request.query_params, today=today())


def _verdicts(of: str, key: str) -> tuple[str, ...]:
    """Which facts a link means; anything unknown is the denominator."""
    if of == "numerator":
        return MET
    if of == "missed":
        return ("no",)
    if of == "excluded":
        return FORMULAS[key].excludes
    return (of,) if of in EXCLUDED or of in COUNTED else COUNTED


def _words() -> dict[str, str]:
    return {
        **{code: _(word) for code, word in VERDICTS.items()},
        **{code: _(what) for code, (what, _why) in EXCLUDED.items()},
    }


def _set_word(of: str) -> str:
    word = SETS.get(of, SETS["denominator"])
    return _words().get(of, _(word))


routes = [show, board, rows, export, export_rows, *supervision_list.routes]
