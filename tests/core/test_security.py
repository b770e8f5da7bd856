"""What stands between a stranger and the desk: guards, tokens, cookies, heads."""

import json
import logging

import httpx
import pytest
from litestar import Litestar, get, post

from core import accounts, assets, sessions
from core.access import access_of, check_routes, guards_on
from core.web import machine, public, requires, signed_in
from hotline.app import create_app
from tests.core.conftest import PASSWORD, Browser, connect


def test_every_route_has_exactly_one_guard() -> None:
    app = create_app()
    check_routes(app)
    assert len([h for r in app.routes for h in getattr(r, "route_handlers", []) if guards_on(h)]) > 10


@pytest.mark.parametrize("guards", [[], [public, signed_in], [requires("a"), requires("b")]])
def test_a_route_with_another_number_of_guards_stops_the_start(guards: list[object]) -> None:
    @get("/loose", guards=guards)
    async def loose() -> None: ...

    with pytest.raises(RuntimeError, match="/loose"):
        check_routes(Litestar([loose], openapi_config=None, logging_config=None))


def test_only_what_proves_itself_reads_no_cookie() -> None:
    """A new `machine` route must be thought about: it skips the CSRF check."""
    app = create_app()
    open_to_machines = {
        route.path
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if access_of(handler) is machine and handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert all(path.startswith("/carrier/") for path in open_to_machines), open_to_machines


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nope", "/healthz", "/static/x/css/base.css"])
async def test_every_answer_carries_the_policy(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_pages_hold_no_inline_script_or_style(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    for path in ("/account", "/nope"):
        text = (await browser.get(path)).text
        assert " style=" not in text
        assert "<script>" not in text
        assert " onclick=" not in text


async def test_a_page_is_not_kept_by_the_browser_and_a_file_is(browser: Browser) -> None:
    assert (await browser.get("/sign-in")).headers["cache-control"] == "no-store"
    kept = await browser.get(assets.url("css/base.css"), headers={"accept-encoding": "gzip"})
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-encoding"] == "gzip"
    again = await browser.get(assets.url("css/base.css"), headers={"if-none-match": kept.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["../pyproject.toml", "..%2fpyproject.toml", "%2e%2e/core/db.py", "vendor/../../Makefile"]
)
async def test_nothing_outside_static_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(f"/static/x/{path}")).status_code == 404


async def test_signing_in_gives_a_new_session(browser: Browser, alice: int) -> None:
    """Fixation: a session that an attacker planted is not the one that becomes Alice's."""
    await browser.sign_in("alice")
    first = browser.client.cookies["hotline_session"]
    await browser.post("/sign-in", {"username": "alice", "password": PASSWORD})
    assert browser.client.cookies["hotline_session"] != first


async def test_a_planted_cookie_opens_nothing(browser: Browser, alice: int) -> None:
    browser.client.cookies.set("hotline_session", "planted")
    await browser.sign_in("alice")
    values = [c.value for c in browser.client.cookies.jar if c.name == "hotline_session"]
    assert await sessions.find("planted") is None
    assert any(v and v != "planted" for v in values)


async def test_cookies_are_out_of_reach_for_scripts(browser: Browser, alice: int) -> None:
    answer = await browser.sign_in("alice")
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("hotline_session"))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session


async def test_behind_tls_cookies_are_tied_to_the_host(
    browser: Browser, alice: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.settings import settings

    monkeypatch.setattr(settings(), "secure_cookies", True)
    browser.client.base_url = httpx.URL("https://testserver")
    answer = await browser.sign_in("alice")
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-session"))
    assert "Secure" in session
    assert "Path=/" in session
    assert "Domain" not in session
    assert "max-age=" in answer.headers["strict-transport-security"]


async def test_signing_in_needs_the_forms_token(browser: Browser, alice: int) -> None:
    await browser.get("/sign-in")
    browser.token = "guessed"
    answer = await browser.post("/sign-in", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 403
    assert "hotline_session" not in browser.client.cookies
    assert "这一页已过期" in answer.text
    assert "权限" not in answer.text


async def test_writing_needs_the_sessions_token(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    browser.token = "guessed"
    assert (await browser.post("/account/preferences", {"density": "roomy"})).status_code == 403


async def test_another_sessions_token_is_worth_nothing(app: Litestar, browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    async with connect(app) as client:
        other = Browser(client)
        await other.sign_in("alice")
        browser.token = other.token
    assert (await browser.post("/account/preferences", {"density": "roomy"})).status_code == 403


async def test_the_token_may_come_in_the_head(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    answer = await browser.client.put(
        "/drafts/a", json={"fields": {}}, headers={"X-CSRF-Token": browser.token}
    )
    assert answer.status_code == 204


async def test_a_write_from_another_site_is_refused_even_with_the_token(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    answer = await browser.post(
        "/account/preferences", {"density": "roomy"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_after_the_session_a_write_says_sign_in_first(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    await sessions.end_all(alice)
    assert (await browser.post("/account/preferences", {"density": "roomy"})).status_code == 401


async def test_a_page_without_a_session_leads_to_sign_in_and_back(browser: Browser, alice: int) -> None:
    answer = await browser.get("/account?x=1")
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Fx%3D1"
    await browser.get(answer.headers["location"])
    form = {"username": "alice", "password": PASSWORD, "next": "/account?x=1"}
    assert (await browser.post("/sign-in", form)).headers["location"] == "/account?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\/evil",
        "/\t/evil.example",
        "javascript:1",
    ],
)
async def test_signing_in_never_leads_to_another_site(browser: Browser, alice: int, elsewhere: str) -> None:
    await browser.get("/sign-in", params={"next": elsewhere})
    form = {"username": "alice", "password": PASSWORD, "next": elsewhere}
    assert (await browser.post("/sign-in", form)).headers["location"] == "/"


async def test_signing_out_takes_the_cookie_and_the_session(browser: Browser, alice: int) -> None:
    await browser.sign_in("alice")
    token = browser.client.cookies["hotline_session"]
    answer = await browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert "hotline_session" not in browser.client.cookies
    assert await sessions.find(token) is None


async def test_a_right_that_is_missing_is_403_and_held_is_not(database: str, alice: int) -> None:
    @get("/a", guards=[requires("desk.agent", "desk.dispatch")], status_code=204)
    async def agents() -> None: ...

    @get("/b", guards=[requires("desk.review")], status_code=204)
    async def reviewers() -> None: ...

    app = _small([agents, reviewers])

    async def grants(_account: int, _on: object) -> accounts.Grants:
        return accounts.Grants(permissions=frozenset({"desk.agent"}))

    accounts.set_grants(grants)
    token = await accounts.sign_in("alice", PASSWORD, address="")
    async with connect(app, cookie=f"hotline_session={token}") as client:
        assert (await client.get("/a")).status_code == 204
        assert (await client.get("/b")).status_code == 403


async def test_a_bearer_token_counts_on_the_api_alone(database: str, alice: int) -> None:
    @post("/api/v1/x", guards=[signed_in], status_code=204)
    async def api() -> None: ...

    @post("/x", guards=[signed_in], status_code=204)
    async def desk() -> None: ...

    token = await sessions.issue_token(alice, "地图", ["ticket.see"])
    async with connect(_small([api, desk]), authorization=f"Bearer {token}") as client:
        assert (await client.post("/api/v1/x")).status_code == 204
        assert (await client.post("/x")).status_code == 401


async def test_on_the_api_a_wrong_token_is_not_saved_by_a_cookie(database: str, alice: int) -> None:
    @get("/api/v1/x", guards=[signed_in], status_code=204)
    async def api() -> None: ...

    session = await accounts.sign_in("alice", PASSWORD, address="")
    async with connect(
        _small([api]), authorization="Bearer no", cookie=f"hotline_session={session}"
    ) as client:
        answer = await client.get("/api/v1/x")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_log_line_names_the_route_and_no_value(
    browser: Browser, alice: int, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.sign_in("alice")
    with caplog.at_level(logging.INFO, logger="hotline.web"):
        await browser.get("/drafts/13800001234?phone=13900001234")
    lines = [record for record in caplog.records if record.getMessage() == "request"]
    assert lines[-1].route == "/drafts/{key}"  # type: ignore[attr-defined]
    assert lines[-1].account == alice  # type: ignore[attr-defined]
    assert "3900001234" not in json.dumps([vars(line) for line in lines], default=str)
    assert "3800001234" not in json.dumps([vars(line) for line in lines], default=str)


def _small(handlers: list[object]) -> Litestar:
    from core import faults
    from core.gate import Gate, seal_answer

    return Litestar(
        handlers,  # type: ignore[arg-type]
        middleware=[Gate],
        before_send=[seal_answer],
        exception_handlers={Exception: faults.answer},
        openapi_config=None,
        logging_config=None,
    )
