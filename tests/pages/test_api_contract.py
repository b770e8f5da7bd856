"""The document of `/api/v1` holds: what it allows is taken or refused as it says, what it forbids is refused.

Schemathesis makes requests from the document, right ones and wrong ones, always the same (`EXAMPLES` of each an
operation; `API_EXAMPLES=200` for a long run by hand). They go to the real application over a real database.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.parameters import ParameterLocation

from core import clock, db, sessions
from core.api import openapi
from crm import calls
from routing.posts import post_add
from tests import people
from tests.crm.cast import HEATING, NOW, dispatched, registered, replied
from tests.people import Hire

pytestmark = [pytest.mark.api, pytest.mark.usefixtures("database")]

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
load_all_checks()
#: What every answer has to be, whatever was sent.
ALWAYS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
]  # fmt: skip


@pytest.fixture
async def program(app: Litestar, officer: Hire, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """Somebody who may do everything that programs may, and tickets at every stage to do it to."""
    boss = (await officer("supervisor", named=True)).officer
    for role, unit in (("unit_head", "D120104-GR"), ("kb_editor", "")):
        place = await db.fetchval(
            "SELECT id FROM unit WHERE code = $1 OR ($1 = '' AND kind = 'hotline') LIMIT 1", unit
        )
        await post_add(boss.id, unit=place, role=role)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))  # after what the cast did
    for _ in range(4):
        await registered()
        await dispatched()
        await replied()
        await calls.receive(
            carrier_id=os.urandom(4).hex(), line="12345", phone="13800221234", now=clock.now()
        )
    sessions.forget_all()
    scopes = [scope for o in openapi.operations(app) for scope in o.access.permissions]
    token = await sessions.issue_token(boss.id, "contract", sorted(set(scopes)))
    monkeypatch.setattr("core.api.rate.count", _uncounted)
    return people.connect(app, authorization=f"Bearer {token}")


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


async def _uncounted(_token: int) -> None: ...


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
async def test_the_document_holds(program: httpx.AsyncClient, mode: GenerationMode) -> None:
    document = (await program.get("/api/v1/openapi.json")).json()
    known = {
        "ticket": itertools.cycle(
            [str(row["id"]) for row in await db.fetch("SELECT id FROM ticket ORDER BY id")]
        ),
        "id": itertools.cycle([row["id"] for row in await db.fetch("SELECT id FROM work_order ORDER BY id")]),
    }
    loop = asyncio.get_running_loop()

    def send(request: requests.PreparedRequest) -> httpx.Response:
        heads = [(name.encode(), _bytes(value)) for name, value in request.headers.items()]
        asked = program.request(
            request.method or "", request.url or "", content=request.body or b"", headers=heads
        )
        return asyncio.run_coroutine_threadsafe(asked, loop).result(30)

    await asyncio.to_thread(_try_all, document, mode, known, send)


def _try_all(document: Any, mode: GenerationMode, known: Any, send: Callable[..., httpx.Response]) -> None:
    wrong: list[str] = []
    checks = CHECKS.get_by_names([*ALWAYS, *(["negative_data_rejection"] if mode.is_negative else [])])
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def hold(case: schemathesis.Case) -> None:
            _at_something_there(case, known)
            asked = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
            case.validate_response(send(asked), checks=checks)

        try:
            hold()
        except (Exception, BaseExceptionGroup) as failure:
            wrong.append(f"{operation.label}\n{failure}")
    assert not wrong, f"{len(wrong)} operations\n\n" + "\n\n".join(wrong)


def _at_something_there(case: schemathesis.Case, known: Any) -> None:
    """Invented numbers find nothing: three in four requests with a well-formed path name what is there."""
    meta = case.meta and case.meta.components.get(ParameterLocation.PATH)
    if meta is not None and meta.mode.is_negative:
        return
    for name in known:
        if name in (case.path_parameters or {}):
            case.path_parameters[name] = next(known[name])


async def test_every_route_stands_in_the_document_and_nothing_else(app: Litestar) -> None:
    from litestar.routes import HTTPRoute

    served = {
        (route.path, method)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }
    own = {("/api/v1/openapi.json", "GET"), ("/api/v1/docs", "GET")}
    assert served - own == {(o.path, o.method) for o in openapi.operations(app)}


async def test_every_body_has_an_example_that_its_form_reads(app: Litestar) -> None:
    from core import fields

    for operation in openapi.operations(app):
        if operation.writes and operation.file != "in":
            fields.read(operation.given, fields.from_json(operation.given, fields.sample(operation.given)))


async def test_the_document_is_openapi(program: httpx.AsyncClient) -> None:
    """In each language, and with a description for everything that is given."""
    for language in ("zh-CN", "en", "zh-TW"):
        document = (await program.get("/api/v1/openapi.json", headers={"Accept-Language": language})).json()
        schemathesis.openapi.from_dict(document).validate()
        for methods in document["paths"].values():
            for operation in methods.values():
                assert operation["summary"]
                assert all(parameter["description"] for parameter in operation["parameters"])


async def test_people_read_the_document_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/docs", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert 'id="post-tickets-ticket-moves-dispatch"' in answer.text
    assert HEATING["kind"] in answer.text


async def test_every_example_is_what_its_schema_says(program: httpx.AsyncClient) -> None:
    document = (await program.get("/api/v1/openapi.json")).json()
    components = {"components": document["components"]}
    wrong = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (c for body in bodies for c in body.get("content", {}).values() if "example" in c):
                found = jsonschema_rs.validator_for(content["schema"] | components).iter_errors(
                    content["example"]
                )
                wrong += [f"{method} {path}: {error.message}" for error in found]
    assert wrong == []
