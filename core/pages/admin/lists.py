"""`/admin`: what there is to administer, and a subject's rows."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from core import clock, i18n
from core.admin import lists
from core.admin.columns import Column
from core.admin.lists import Asked
from core.admin.subjects import Subject, subject_for, subjects_for
from core.errors import NotFound
from core.i18n import N_, _
from core.web import FromPath, FromQuery, Request, page, requires

MOST_OPTIONS = 12
STATES = {"valid": N_("现行"), "ended": N_("已停用"), "all": N_("全部")}


@get("/admin", guards=[requires("admin.see")])
async def show(request: Request) -> Response[Any]:
    groups = [(name, list(found)) for name, found in groupby(subjects_for(request.user), lambda s: s.group)]
    return page("core/admin/home.html", desk="admin", groups=groups)


@get("/admin/{subject:str}", guards=[requires("admin.see")])
async def index(request: Request, subject: FromPath[str]) -> Response[Any]:
    about = subject_for(request.user, subject)
    asked = Asked.of(about, dict(request.query_params))
    today = clock.today()
    rows, total, following = await lists.page_of(about, asked, on=today)
    shown = [column for column in about.columns if column.listed]
    return page(
        "core/admin/list.html",
        desk="admin", subject=about, rows=[_line(about, shown, row, today) for row in rows], columns=shown,
        total=total, first=not asked.after, asked=asked, filters=await _filters(about, asked),
        states=[(s, _(w), _address(about, asked, state=s)) for s, w in STATES.items()] if asked.state else [],
        next=_address(about, asked, after=following) if following else None,
        sheet_address=f"/admin/{about.key}/sheet.xlsx?{urlencode(asked.query())}",
    )  # fmt: skip


@get("/admin/{subject:str}/options/{name:str}", guards=[requires("admin.see")])
async def options(
    request: Request, subject: FromPath[str], name: FromPath[str], q: FromQuery[str] = ""
) -> Response[Any]:
    """What a reference may hold, for the type-ahead field: by value, or a part of its words."""
    column = next((c for c in subject_for(request.user, subject).columns if c.name == name), None)
    if column is None or column.refers is None:
        raise NotFound
    typed = q.strip().lower()
    found = [
        (value, word)
        for value, word in await lists.choices_of(column, i18n.locale())
        if typed in value.lower() or typed in word.lower()
    ]
    found.sort(key=lambda option: (option[0].lower() != typed, not option[1].lower().startswith(typed)))
    return page("core/admin/_options.html", options=found[:MOST_OPTIONS], count=len(found))


def _line(subject: Subject, shown: list[Column], row: lists.Row, today: Any) -> dict[str, Any]:
    return {
        "id": row.id, "depth": min(row.depth, 6), "title": subject.title(row.values),
        "cells": [_cell(column, row) for column in shown],
        "ended": not subject.is_valid(row.values, today),
    }  # fmt: skip


def _cell(column: Column, row: lists.Row) -> str:
    """English readers see the English name where a row has one."""
    english = row.english.get(column.name) if i18n.locale() == "en" else ""
    return english or column.shown(row.values[column.name])


async def _filters(subject: Subject, asked: Asked) -> list[dict[str, Any]]:
    """A select a filtered column: its words, and what is chosen."""
    chosen = dict(asked.chosen)
    found = []
    for column in lists.filters(subject):
        words = [option for option in column.options() if option[0]]
        if column.refers:
            words = await lists.choices_of(column, i18n.locale())
        found.append(
            {
                "name": column.name,
                "label": _(column.label),
                "options": words,
                "value": chosen.get(column.name, ""),
            }
        )
    return found


def _address(subject: Subject, asked: Asked, **changes: str) -> str:
    query = asked.query(**changes)
    return f"/admin/{subject.key}" + (f"?{urlencode(query)}" if query else "")


routes = [show, index, options]
