"""What is answered when something is wrong, and the small pages of the ground floor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.datastructures import FormMultiDict

from core import accounts, clock, db, drafts, i18n, installation, live, sessions
from core.cursors import BadCursor, cursor, read_cursor
from core.errors import Change, Conflict, Invalid, NotFound
from core.forms import Form
from core.web import public
from hotline.app import create_app, life
from tests.core.conftest import GROUND, PASSWORD, Browser, connect
from tests.core.test_live import until
from tests.core.test_security import _small


@get("/conflict", guards=[public])
async def conflict() -> None:
    raise Conflict("李静先改了", by="李静", changes=(Change("unit", "A", "B"),))


@get("/invalid", guards=[public])
async def invalid() -> None:
    raise Invalid({"street": "从列表里选一个街道。"})


@get("/missing", guards=[public])
async def missing() -> None:
    raise NotFound


@get("/broken", guards=[public])
async def broken() -> None:
    int(f"{'1380000'}{1234}x")


@get("/stopped", guards=[public])
async def stopped() -> None:
    raise OSError("disk full")


@get("/huge", guards=[public])
async def huge() -> None:
    await db.fetchval("SELECT 1 WHERE $1::bigint > 0", 2**70)


@get("/nul", guards=[public])
async def nul() -> None:
    await db.fetchval("SELECT $1::text", "a\0b")


WRONG = [conflict, invalid, missing, broken, stopped, huge, nul]
STATUS = {
    "/conflict": 409,
    "/invalid": 422,
    "/missing": 404,
    "/broken": 500,
    "/stopped": 500,
    "/huge": 400,
    "/nul": 400,
}


@pytest.mark.parametrize("path", list(STATUS))
async def test_a_browser_gets_a_page(database: str, path: str) -> None:
    async with connect(_small(WRONG)) as client:
        answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == STATUS[path]
    assert "<!doctype html>" in answer.text
    assert "13800001234" not in answer.text


async def test_what_was_filled_in_wrong_is_not_called_somebody_elses_change(database: str) -> None:
    async with connect(_small(WRONG)) as client:
        wrong = (await client.get("/invalid", headers={"accept": "text/html"})).text
        first = (await client.get("/conflict", headers={"accept": "text/html"})).text
    assert "从列表里选一个街道。" in wrong
    assert "错误 422" in wrong
    assert "有人先办了一步" not in wrong
    assert "有人先办了一步" in first


@pytest.mark.parametrize("path", list(STATUS))
async def test_a_program_gets_problem_json(database: str, path: str) -> None:
    async with connect(_small(WRONG)) as client:
        answer = await client.get(path, headers={"accept": "application/json"})
    assert answer.status_code == STATUS[path]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == STATUS[path]
    assert answer.json()["detail"]


async def test_a_problem_says_what_changed_and_which_field(database: str) -> None:
    async with connect(_small(WRONG), accept="application/json") as client:
        assert (await client.get("/conflict")).json()["changes"] == [
            {"field": "unit", "then": "A", "now": "B"}
        ]
        assert (await client.get("/invalid")).json()["errors"] == {"street": "从列表里选一个街道。"}


@pytest.mark.parametrize("path", ["/conflict", "/invalid"])
async def test_a_fragment_goes_beside_the_form_not_over_it(database: str, path: str) -> None:
    async with connect(_small(WRONG)) as client:
        answer = await client.get(path, headers={"HX-Request": "true"})
    assert answer.headers["hx-retarget"] == "#strips"
    assert "<html" not in answer.text


async def test_a_failure_is_logged_by_place_without_what_was_typed(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(_small(WRONG)) as client:
        answer = await client.get("/broken", headers={"accept": "application/json"})
    assert answer.json()["error_id"] in caplog.text
    assert "in broken" in caplog.text
    assert "13800001234" not in caplog.text


async def test_what_is_wrong_is_said_in_the_readers_language(database: str) -> None:
    async with connect(_small(WRONG), **{"accept-language": "en-GB,en;q=0.9"}) as client:
        assert "no such page" in (await client.get("/nowhere")).text
    async with connect(_small(WRONG), **{"accept-language": "en", "cookie": "locale=zh_CN"}) as client:
        assert "没有这一页" in (await client.get("/nowhere")).text


async def test_a_wrong_method_says_which_are_right(browser: Browser) -> None:
    answer = await browser.client.delete("/account", headers={"accept": "application/json"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_body_that_is_too_large_is_413(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    answer = await browser.post("/account/preferences", {"density": "x" * 2_000_000})
    assert answer.status_code == 413


# --- the database goes away and comes back ---


@asynccontextmanager
async def cable(url: str) -> AsyncIterator["Cable"]:
    """A way to the database that can be cut; settings and pool go through it."""
    from core.settings import settings

    laid = Cable(parse_qs(urlsplit(url).query)["host"][0])
    await laid.plug()
    parts = urlsplit(url)
    through = f"postgresql://hotline@127.0.0.1:{laid.port}{parts.path}"
    await db.close_pool()
    settings().database_url = db.engine().config["dsn"] = through
    try:
        yield laid
    finally:
        await laid.unplug()


class Cable:
    def __init__(self, sockets: str) -> None:
        self.socket = f"{sockets}/.s.PGSQL.5432"
        self.port = 0
        self.writers: set[asyncio.StreamWriter] = set()

    async def plug(self) -> None:
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_unix_connection(self.socket)
        self.writers |= {writer, outer}
        await asyncio.gather(self._copy(reader, outer), self._copy(inner, writer), return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        finally:
            writer.close()


async def test_a_lost_database_is_503_and_comes_back_by_itself(database: str) -> None:
    async with cable(database) as laid:
        app = create_app(GROUND)
        async with life(app), connect(app) as client:
            sessions.forget_all()
            await accounts.add("alice", "李静", password=PASSWORD)
            browser = Browser(client)
            await browser.sign_in("alice")
            await until(live.connected)
            await laid.unplug()
            sessions.forget_all()
            away = await client.get("/account")
            assert away.status_code == 503
            assert away.headers["retry-after"] == "5"
            assert "数据库暂时连不上" in away.text
            assert "content-security-policy" in away.headers
            assert (await client.get("/healthz")).status_code == 503
            fragment = await client.get("/account", headers={"HX-Request": "true"})
            assert (fragment.status_code, "<html" in fragment.text) == (503, False)
            await laid.plug()
            assert (await client.get("/account")).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
            await until(live.connected)


async def test_the_application_starts_without_a_database(database: str) -> None:
    async with cable(database) as laid:
        await laid.unplug()
        app = create_app(GROUND)
        async with life(app), connect(app) as client:
            assert (await client.get("/sign-in")).status_code == 503
            await laid.plug()
            assert (await client.get("/sign-in")).status_code == 200


# --- small pages ---


async def test_home_is_the_first_desk_one_may_open(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    assert (await browser.get("/")).headers["location"] == "/account"


async def test_the_language_is_kept_for_the_browser_and_the_account(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    answer = await browser.post(
        "/locale", {"locale": "en"}, headers={"referer": "http://testserver/account?x=1"}
    )
    assert answer.headers["location"] == "/account?x=1"
    assert '<html lang="en"' in (await browser.get("/account")).text
    assert await db.fetchval("SELECT locale FROM account WHERE id = $1", alice) == "en"


async def test_an_accounts_language_is_taken_at_sign_in(browser: Browser, alice: int) -> None:
    await accounts.prefer(alice, locale="en")
    await browser.sign_in("alice")
    assert '<html lang="en"' in (await browser.get("/account")).text


async def test_a_password_is_changed_from_the_account_page(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    wrong = await browser.post(
        "/account/password", {"old": PASSWORD, "new": "新的密码 新的密码 x", "again": "other"}
    )
    assert wrong.status_code == 422
    right = {"old": PASSWORD, "new": "新的密码 长一些 xyz", "again": "新的密码 长一些 xyz"}
    assert (await browser.post("/account/password", right)).status_code == 303
    page = await browser.get("/account")
    assert page.status_code == 200
    assert "密码改好了" in page.text
    assert "密码改好了" not in (await browser.get("/account")).text


async def test_only_a_demo_shows_accounts(browser: Browser) -> None:
    entry = (
        '[{"username":"lijing","password":"demo-demo-demo","name":"李静","post":"坐席","post_en":"Agent"}]'
    )
    await installation.keep("demo_accounts", entry)
    await installation.keep("purpose", "production")
    assert "lijing" not in (await browser.get("/sign-in")).text
    await installation.keep("purpose", "demo")
    assert 'data-username="lijing"' in (await browser.get("/sign-in")).text


async def test_production_time_cannot_be_turned(database: str) -> None:
    now = clock.real_now()
    await db.execute("INSERT INTO business_clock (real_at, business_at, rate) VALUES ($1, $1, 60)", now)
    try:
        await installation.keep("purpose", "production")
        await installation.follow_clock()
        assert clock.rate() == 1
        await installation.keep("purpose", "demo")
        await installation.follow_clock()
        assert clock.rate() == 60
    finally:
        clock.run_at(None)


async def test_a_draft_is_kept_sealed_and_only_for_its_writer(
    browser: Browser, app: Litestar, alice: int
) -> None:
    await browser.sign_in("alice")
    head = {"X-CSRF-Token": browser.token}
    draft = '{"fields":{"text":["暖气不热"]},"at":"2026-11-22T10:00:00Z"}'
    path = f"/drafts/{quote('ticket:new')}"
    assert (await browser.client.put(path, content=draft, headers=head)).status_code == 204
    assert (await browser.client.get(path)).text == draft
    assert "暖气".encode() not in await db.fetchval("SELECT body FROM draft")
    await accounts.add("bob", "王敏", password=PASSWORD)
    async with connect(app) as client:
        await Browser(client).sign_in("bob")
        assert (await client.get(path)).status_code == 204
    assert (await browser.client.delete(path, headers=head)).status_code == 204
    assert (await browser.client.get(path)).status_code == 204


@pytest.mark.parametrize("text", ["", "[1]", "no json", "{"])
async def test_a_draft_that_is_none_is_refused(browser: Browser, alice: int, text: str) -> None:
    await browser.sign_in("alice")
    answer = await browser.client.put("/drafts/a", content=text, headers={"X-CSRF-Token": browser.token})
    assert answer.status_code == 422


async def test_drafts_do_not_fill_the_disk(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 2)
    for key in ("a", "b"):
        await drafts.keep(alice, key, "{}")
    with pytest.raises(Exception, match="草稿太多"):
        await drafts.keep(alice, "c", "{}")
    await drafts.keep(alice, "a", '{"again":1}')
    assert await drafts.find(alice, "a") == '{"again":1}'


# --- reading ---

KEYS = st.tuples(
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8"), max_size=50),
)


@given(KEYS)
def test_a_cursor_comes_back_as_it_was(key: tuple[datetime | None, int, str]) -> None:
    assert read_cursor(cursor(*key), datetime, int, str) == key


@given(st.text(max_size=80))
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    if not text:
        return
    with pytest.raises(BadCursor):
        read_cursor(text, datetime, int, str)


def test_a_form_complains_of_everything_at_once() -> None:
    form = Form(FormMultiDict({"text": "", "kind": "x", "n": "many", "day": "tomorrow"}))
    form.text("text", required=True)
    form.choice("kind", ("help", "consult"))
    form.integer("n")
    form.day("day")
    with pytest.raises(Invalid) as refused:
        form.check()
    assert set(refused.value.fields) == {"text", "kind", "n", "day"}


def test_a_forms_moment_is_business_time() -> None:
    found = Form(FormMultiDict({"at": "2026-11-24T10:45"})).moment("at")
    assert found == datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["٣", "1_000", "1.5", "", "-", "²", "9" * 30])
def test_a_form_takes_plain_numbers_only(typed: str) -> None:
    form = Form(FormMultiDict({"n": typed}))
    assert form.integer("n") is None
    assert form.errors


NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "when", "said"),
    [
        ("zh_CN", NOW, "10:45"),
        ("zh_CN", datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "11-23 10:00"),
        ("zh_CN", datetime(2025, 11, 23, 2, 0, tzinfo=UTC), "2025-11-23 10:00"),
        ("en", datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "23 Nov 10:00"),
        ("en", datetime(2025, 11, 23, 2, 0, tzinfo=UTC), "23 Nov 2025 10:00"),
        ("zh_CN", datetime(2026, 11, 23, 16, 30, tzinfo=UTC), "00:30"),
    ],
)
def test_a_moment_is_said_shortly(locale: str, when: datetime, said: str) -> None:
    i18n.set_locale(locale)
    assert i18n.moment(when, NOW) == said


def test_citizens_read_dates_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    i18n.set_locale("zh_CN")
    assert i18n.in_full(NOW) == "11 月 24 日 10:45"
    assert i18n.weekday(date(2026, 11, 24)) == "周二"
    i18n.set_locale("en")
    assert i18n.in_full(NOW) == "10:45 on 24 Nov"


@pytest.mark.parametrize(
    ("cookie", "asked", "chosen"),
    [
        ("en", "zh-CN", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "zh-TW,zh;q=0.9", "zh_TW"),
        (None, "fr-FR,fr", "zh_CN"),
        ("../etc", "", "zh_CN"),
    ],
)
def test_the_language_is_what_was_chosen_or_asked_for(cookie: str | None, asked: str, chosen: str) -> None:
    assert i18n.choose(cookie, asked) == chosen


def test_the_driver_is_the_only_one_to_say_the_database_is_away() -> None:
    from core.faults import is_database_away

    assert not is_database_away(OSError("disk full"))
    assert not is_database_away(
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress")
    )
