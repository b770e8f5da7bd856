"""The parts of a page in a real browser: keys while composing, type-ahead, lists, lights, drafts. No server."""

import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright

from core.render import environment
from core.settings import ROOT

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
NOW = datetime(2026, 11, 24, 2, 42, tzinfo=UTC)  # Tuesday 10:42 in the business zone
PAGE = """
{% extends "layout.html" %}
{% from "macros/lights.html" import ticket_light %}
{% from "macros/fields.html" import textarea, typeahead %}
{% from "macros/badges.html" import button, tail, urgency %}
{% block main %}
<form data-draft="ticket:new" action="/sent" method="get">
  {{ textarea("content", "诉求内容", "") }}
  {{ typeahead("matter", "事项", "/matters", key="Alt+KeyX") }}
  {{ button("登记并派单", key="Ctrl+Enter", initials="djbpd", style="main", type="button", attrs={"id": "main-button"}) }}
</form>
<div id="queue" data-live="queue:dispatch" data-live-refresh="/rows" data-live-into="#rows tbody"><div data-strip></div>
<table data-list id="rows"><tbody>{% for n in ("1", "2", "3") %}{{ row(n)|safe }}{% endfor %}</tbody></table></div>
<form data-bulk="#rows" hidden><h2 data-bulk-count></h2></form>
{% for due, start, days in lights %}<p class="lit">{{ ticket_light(due, start, limit_days=days) }}</p>{% endfor %}
{% endblock %}
"""
ROW = '<tr data-number="{0}"><td class="w-check"><input type="checkbox" aria-label="选"></td><td>{0}{1}</td></tr>'
MATTERS = """<ul data-count="2"><li role="option" id="m-1" data-value="030101" data-label="供热 › 不热">供热 › 不热</li>
<li role="option" id="m-2" data-value="030105" data-label="供热 › 报装">供热 › 报装</li></ul>"""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no chromium here; set CHROMIUM to its path")
    async with async_playwright() as driver:
        found = await driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        await found.close()


class Site:
    """What the server would answer, and what it was asked."""

    def __init__(self) -> None:
        self.drafts: dict[str, Any] = {}
        self.erased: list[str] = []
        self.queries: list[str] = []
        self.lights: list[tuple[str, str, int | None]] = []
        self.rows = [("1", ""), ("2", ""), ("3", "")]
        self.hints = ""

    def html(self) -> str:
        officer = SimpleNamespace(id=7, name="李静", density="dense")
        known = {"locale": "zh_CN", "officer": officer, "csrf_token": "t", "business_now": NOW.isoformat()}
        known |= {"draft_key": "a" * 43 + "=", "lights": self.lights, "row": lambda n: ROW.format(n, "")}
        return environment().from_string(PAGE).render(known)

    async def answer(self, route: Route) -> None:
        path, _, query = route.request.url.removeprefix("http://localhost").partition("?")
        if path == "/":
            await route.fulfill(body=self.html(), content_type="text/html")
        elif path.startswith("/static/"):
            await route.fulfill(path=ROOT / "static" / Path(*path.split("/")[3:]))
        elif path == "/matters":
            self.queries.append(query)
            await route.fulfill(body=MATTERS, content_type="text/html")
        elif path == "/rows":
            await route.fulfill(body="".join(ROW.format(*row) for row in self.rows), content_type="text/html")
        elif path == "/live" and self.hints:
            await route.fulfill(body=self.hints, content_type="text/event-stream")
        elif path == "/sign-out":
            await route.fulfill(body="<p>signed out</p>", content_type="text/html")
        elif path.startswith("/drafts/"):
            await self.draft(route, path)
        else:
            await route.fulfill(status=204 if path == "/healthz" else 404)

    async def draft(self, route: Route, path: str) -> None:
        if route.request.method == "PUT":
            self.drafts[path] = json.loads(route.request.post_data or "{}")
        elif route.request.method == "DELETE":
            self.erased.append(path)
            self.drafts.pop(path, None)
        elif path in self.drafts:
            return await route.fulfill(json=self.drafts[path])
        await route.fulfill(status=404 if route.request.method == "GET" else 204)


@pytest.fixture
async def site() -> Site:
    return Site()


@pytest.fixture
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    context = await browser.new_context()
    found = await context.new_page()
    errors: list[str] = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    await found.route("**/*", site.answer)
    yield found
    await context.close()
    assert not errors


async def opened(page: Page) -> Page:
    await page.goto("http://localhost/")
    await page.wait_for_function("document.querySelector('[data-clock]')?.textContent.includes(':')")
    return page


PRESS = """([init, selector]) => { const e = new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...init});
  (document.querySelector(selector) ?? document.body).dispatchEvent(e); return e.defaultPrevented; }"""


@pytest.mark.parametrize(
    ("init", "acts"),
    [
        ({"code": "KeyX", "key": "x", "altKey": True}, True),
        ({"code": "KeyX", "key": "≈", "altKey": True}, True),
        ({"code": "KeyX", "key": "x", "altKey": True, "ctrlKey": True}, False),
        ({"code": "KeyX", "key": "x", "altKey": True, "isComposing": True}, False),
        ({"code": "KeyX", "key": "Process", "altKey": True}, False),
        ({"code": "KeyX", "key": "x", "altKey": True, "keyCode": 229}, False),
        ({"code": "KeyX", "key": "x"}, False),
    ],
)
async def test_a_key_acts_only_with_its_exact_modifiers_and_never_while_composing(
    page: Page, init: dict[str, Any], acts: bool
) -> None:
    await opened(page)
    assert await page.evaluate(PRESS, [init, "body"]) is acts
    assert await page.evaluate("document.activeElement.id === 'f-matter'") is acts


async def test_ctrl_enter_presses_the_one_main_button_from_within_a_field(page: Page) -> None:
    await opened(page)
    await page.evaluate("document.getElementById('main-button').onclick = () => (window.pressed = 1)")
    await page.focus("#f-content")
    await page.keyboard.press("Control+Enter")
    assert await page.evaluate("window.pressed") == 1


async def test_a_command_is_found_by_its_initials(page: Page) -> None:
    await opened(page)
    await page.evaluate("document.getElementById('main-button').onclick = () => (window.pressed = 1)")
    await page.keyboard.press("F2")
    await page.keyboard.type("djb")
    await page.keyboard.press("Enter")
    assert await page.evaluate("window.pressed") == 1


async def test_the_type_ahead_searches_what_is_being_composed(page: Page, site: Site) -> None:
    await opened(page)
    await page.fill("#f-matter", "gr'b")
    await page.wait_for_selector(".listbox [role=option]")
    assert site.queries[-1] == "q=grb"


async def test_the_second_hit_is_taken_by_down_and_enter(page: Page) -> None:
    await opened(page)
    await page.fill("#f-matter", "gr")
    await page.wait_for_selector(".listbox [role=option]")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert await page.input_value("#f-matter") == "供热 › 报装"
    assert await page.input_value("[name=matter]") == "030105"


async def test_the_enter_that_ends_a_composition_takes_nothing(page: Page) -> None:
    await opened(page)
    await page.fill("#f-matter", "gr")
    await page.wait_for_selector(".listbox [role=option]")
    await page.evaluate(f"""() => {{ const el = document.getElementById("f-matter");
      el.dispatchEvent(new CompositionEvent("compositionend", {{bubbles: true}}));
      ({PRESS})([{{code: "Enter", key: "Enter"}}, "#f-matter"]); }}""")
    assert await page.input_value("[name=matter]") == ""


async def test_changed_text_no_longer_sends_what_was_picked(page: Page) -> None:
    await opened(page)
    await page.fill("#f-matter", "gr")
    await page.wait_for_selector(".listbox [role=option]")
    await page.keyboard.press("Enter")
    await page.keyboard.type("啊")
    assert await page.input_value("[name=matter]") == ""
    assert await page.input_value("[name=matter_text]") == "供热 › 不热啊"


async def test_a_list_is_walked_marked_and_cleared_by_keys(page: Page) -> None:
    await opened(page)
    await page.focus("[data-number='1']")
    await page.keyboard.press("Space")
    await page.keyboard.press("Shift+ArrowDown")
    assert await page.locator("tr[aria-selected=true]").count() == 2
    assert await page.inner_text("[data-bulk-count]") == "已选 2 件"
    await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.dataset.number") == "3"
    await page.keyboard.press("Escape")
    assert await page.locator("tr[aria-selected=true]").count() == 0
    assert await page.locator("[data-bulk]").is_hidden()


async def test_letters_stay_letters_in_a_field(page: Page) -> None:
    await opened(page)
    await page.focus("#f-content")
    await page.keyboard.type("jkx")
    assert await page.input_value("#f-content") == "jkx"


def minutes(due: float, start: float, days: int | None = None) -> tuple[str, str, int | None]:
    return (NOW + timedelta(minutes=due)).isoformat(), (NOW + timedelta(minutes=start)).isoformat(), days


@pytest.mark.parametrize(
    ("clock", "colour", "words"),
    [
        (minutes(20.5, -9.5), "green", "余 20 分"),
        (minutes(14.5, -15.5), "yellow", "余 14 分"),
        (minutes(5.5, -24.5), "orange", "余 5 分"),
        (minutes(-3.5, -33.5), "red", "超期 3 分"),
        (minutes(126.5, -60), "green", "余 2 时 06"),
        (minutes(23 * 60 + 30, -30), "green", "余 23 时"),
        (minutes(-132.5, -1000), "red", "超期 2 时 12 分"),
        # 18:00 on Tuesday 1 December, ten working days after 9 November: five are left
        (minutes((7 * 24 + 7) * 60 + 18, -15 * 24 * 60, 10), "yellow", "余 5 工作日"),
        # a limit of five working days on its last but a day: yellow although much is left
        (minutes((24 + 7) * 60 + 18, -60, 5), "yellow", "余 1 工作日"),
    ],
)
async def test_a_light_is_turned_from_stored_moments(
    page: Page, site: Site, clock: tuple[str, str, int | None], colour: str, words: str
) -> None:
    site.lights = [clock]
    await opened(page)
    light = page.locator(".lit .light")
    assert await light.inner_text() == words
    assert await light.get_attribute("data-light") == colour
    assert await light.locator("use").get_attribute("href") == f"#shape-{colour}"


async def test_what_was_typed_comes_back_and_can_be_dropped(page: Page, site: Site) -> None:
    await opened(page)
    await page.fill("#f-content", "家里暖气不热")
    await page.wait_for_timeout(2300)
    assert site.drafts["/drafts/ticket%3Anew"]["fields"]["content"] == ["家里暖气不热"]
    await opened(page)
    await page.wait_for_selector("#strips .strip")
    assert await page.input_value("#f-content") == "家里暖气不热"
    await page.click("#strips button")
    assert await page.input_value("#f-content") == ""
    await page.wait_for_timeout(100)
    assert site.erased == ["/drafts/ticket%3Anew"]


async def test_the_browsers_own_copy_is_sealed_and_goes_at_sign_out(page: Page, site: Site) -> None:
    await opened(page)
    await page.fill("#f-content", "secret words")
    await page.wait_for_timeout(2300)
    stored = await page.evaluate("localStorage.getItem('draft:7:ticket:new')")
    assert len(stored) > 40
    assert b"secret" not in base64.b64decode(stored)
    site.drafts.clear()
    await opened(page)
    await page.wait_for_selector("#strips .strip")
    assert await page.input_value("#f-content") == "secret words"
    async with page.expect_navigation(url="**/sign-out"):
        await page.click(".topbar [data-sign-out] button")
    await opened(page)
    assert await page.evaluate("localStorage.length") == 0


async def test_new_rows_wait_behind_a_strip_and_a_row_that_left_stays_greyed(page: Page, site: Site) -> None:
    site.hints = 'data: {"topic": "queue:dispatch", "counters": {"dispatch": 4}}\n\n'
    site.rows = [("0", ""), ("1", " changed"), ("3", "")]
    await opened(page)
    await page.wait_for_selector("[data-strip] .strip")
    assert await page.inner_text("[data-strip] b") == "有 1 件新单"
    shown = "[...document.querySelectorAll('#rows tr')].map((row) => `${row.dataset.number} ${row.className}`.trim())"
    assert await page.evaluate(shown) == ["1 row-changed", "2 row-gone", "3"]
    await page.check("[data-number='3'] input")
    await page.click("[data-strip] button")
    await page.wait_for_selector("[data-number='0']")
    assert await page.evaluate(shown) == ["0", "1", "3"]
    assert await page.is_checked("[data-number='3'] input")


async def test_every_shape_that_is_used_is_drawn() -> None:
    shapes = (ROOT / "templates/macros/_shapes.html").read_text("utf-8")
    for name in ("green", "yellow", "orange", "red", "blue", "grey", "done", "warn", "search", "disc"):
        assert f'id="shape-{name}"' in shapes
