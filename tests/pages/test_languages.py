"""Every desk in English and in traditional Chinese: nothing is left in another language but what people wrote.

Pages are found in the routes, so a new one is looked at without a word here; those of one ticket, order, article,
run or citizen are named. An English page may say in Chinese what is marked so (`lang="zh-CN"`, `tongue` in templates).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

import httpx
import pytest
from litestar import Litestar

from callbacks import links
from core import clock, db, i18n, traditional
from core.db import tx
from kb.seed import load
from tests.crm import journeys
from tests.crm.cast import HEATING
from tests.people import Hire, Visitor

#: By turns until one may open the page.
ROLES: Final = (
    "supervisor", "admin", "kb_editor", "unit_head", "unit_handler", "agent", "dispatcher", "reviewer",
)  # fmt: skip
STATES: Final = (
    "received", "handling", "return_review", "conference", "suspended", "replied", "follow_up", "closed",
)  # fmt: skip
#: Answers of programs, streams and files.
ELSEWHERE: Final = ("/api/", "/static", "/live", "/favicon", "/healthz", "/schema")
#: Want what these requests lack: a wish in the query, the demonstration's telephone, nobody signed in.
ASK_MORE: Final = {
    "/", "/sign-in", "/orders/print", "/phone", "/phone/duty", "/phone/thread", "/admin/calendar-year",
}  # fmt: skip
ASKED: Final = "供热"
#: What citizens, officers and editors wrote, and how languages call themselves.
WRITTEN: Final = (
    *HEATING.values(), "写明情况和依据：配件已到，今天换好。", "同一小区同一条管道停水", "家中暖气不热的受理口径", ASKED,
    *i18n.NAMES.values(),
)  # fmt: skip

_SILENT: Final = re.compile(r"<!--.*?-->|<(script|style|textarea)\b.*?</\1\s*>", re.DOTALL)
_MARKED: Final = re.compile(r"<(\w+)\b[^<>]*\blang=\"zh[^<>]*>.*?</\1\s*>", re.DOTALL)
_KEPT: Final = re.compile(r"<(\w+)\b[^<>]*\btranslate=\"no\"[^<>]*>.*?</\1\s*>", re.DOTALL)
#: A law is called what it is called.
_LAW: Final = re.compile("《[^》]*》?")
_SHOWN: Final = re.compile(r' (?:title|alt|placeholder|aria-label)="([^"]*)"')


@pytest.fixture
async def desks(officer: Hire) -> dict[str, Visitor]:
    return {
        role: await officer(
            role, journeys.UNIT if role.startswith("unit") else "", named=role == "supervisor"
        )
        for role in ROLES
    }


async def test_every_page_speaks_the_readers_language(app: Litestar, desks: dict[str, Visitor]) -> None:
    await load.load()
    paths = [*_plain(app), *await _subjects(desks["admin"]), *await _of_one(desks)]
    wrong: list[str] = []
    for locale in ("en", "zh_TW"):
        for path in paths:
            answer = await _open(desks, path, locale)
            if answer is None:
                wrong.append(f"{path}: nobody may open it")
                continue
            if f'lang="{i18n.TAGS[locale]}"' not in answer.text and "<html" in answer.text:
                wrong.append(f"{locale} {path}: <html lang> is another")
            wrong += [f"{locale} {path}: {left[:90]}" for left in dict.fromkeys(_left(answer.text, locale))]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def _plain(app: Litestar) -> list[str]:
    """All that can be opened without an id."""
    found = {route.path for route in app.routes if "GET" in getattr(route, "methods", ())}
    found = {
        path for path in found if not (path.startswith(ELSEWHERE) or path.endswith("/export") or "{" in path)
    }
    return [*sorted(found - ASK_MORE), "/api/v1/docs"]


async def _subjects(admin: Visitor) -> list[str]:
    """The lists of what an admin keeps, and the first row of each."""
    keys = sorted(set(re.findall(r'href="/admin/([\w-]+)"', (await admin.get("/admin")).text)))
    lists = [path for key in keys if (path := f"/admin/{key}") not in ASK_MORE]
    pages = [(await admin.get(path)).text for path in lists]
    rows = [row[1] for page in pages if (row := re.search(r'data-href="(/admin/[\w-]+/\d+)"', page))]
    year = clock.local(clock.now()).year
    return [*lists, *rows, "/admin/units/new", "/admin/matters/changes", f"/admin/calendar-year/{year}"]


async def _of_one(desks: dict[str, Visitor]) -> list[str]:
    cast = await journeys.cast_of({role: desk.officer for role, desk in desks.items()})
    at = {state: await journeys.at(cast, state) for state in STATES}
    order = await journeys.order_of(at["replied"])
    article = await db.fetchval("SELECT code FROM article ORDER BY code LIMIT 1")
    async with tx() as t:
        link = await links.make(t, at["replied"], at=clock.real_now())
    return [
        *(f"/tickets/{number}" for number in at.values()), f"/dispatch/{at['received']}",
        f"/dispatch/{at['return_review']}/ruling", f"/dispatch/{at['suspended']}/case", f"/review/{at['replied']}",
        f"/review/{at['follow_up']}/follow-up", f"/orders/{order}", f"/orders/{order}/print",
        f"/orders/{await journeys.order_of(at['handling'])}/reply", f"/kb/{article}", f"/kb/{article}/edit",
        f"/kb?q={ASKED}", f"/matters?q={ASKED}", "/streets?q=友谊", f"/units?q={ASKED}", f"/search?q={ASKED}",
        link.removeprefix("http://testserver"),
    ]  # fmt: skip


async def _open(desks: dict[str, Visitor], path: str, locale: str) -> httpx.Response | None:
    for desk in desks.values():
        desk.client.cookies.set("locale", locale)
        answer = await desk.get(path)
        if answer.status_code == 200:
            return answer
    return None


def _left(page: str, locale: str) -> Iterator[str]:
    shown = (_MARKED if locale == "en" else _KEPT).sub("", _SILENT.sub("", page))
    for piece in [*re.sub(r"<[^>]*>", "\n", shown).split("\n"), *_SHOWN.findall(shown)]:
        text = unescape(piece).strip()
        if locale == "zh_TW" and traditional.letter_by_letter(text) != text:
            yield text
        for written in WRITTEN if locale == "en" else ():
            text = "" if text and text in written else text.replace(written, "")
        text = _LAW.sub("", text)
        if locale == "en" and traditional.is_chinese(text):
            yield text


async def test_a_matter_is_found_by_traditional_letters(officer: Hire) -> None:
    visitor = await officer("agent")
    assert "供热" in (await visitor.get("/matters?q=供熱")).text
