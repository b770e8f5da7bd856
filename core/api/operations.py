"""One operation of `/api/v1`: read by its form, done once, answered as JSON, and described for the document.

    @reads("/api/v1/orders", requires("desk.unit"), N_("本单位的承办单"), tag=UNITS, given=Inbox, gives=OrderPage)
    async def listed(call: Call[Inbox]) -> OrderPage: ...

`given` is a dataclass of `core.fields`: the query of what reads, the JSON body of what writes. `gives` is a
msgspec struct, from which the document knows the answer's shape.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler, route

from core import clock
from core.access import Access
from core.api import answers, reading
from core.api.once import once
from core.claims import Claim, digest_of
from core.errors import NotFound
from core.i18n import _
from core.officers import Officer
from core.web import Request

G = TypeVar("G")
BIGGEST_ID = 2**63 - 1
JSON = "application/json"


@dataclass(frozen=True)
class Nothing:
    """An operation that asks for nothing."""


@dataclass(frozen=True)
class Again:
    """The answer to a request that was answered before."""

    answer: Any


@dataclass(frozen=True)
class Operation:
    """What the document says of a route. `summary`, `more` and `tag` are msgids, or say themselves (callable).

    `keeps`: the answer may be kept for whoever repeats the request with the same `Idempotency-Key`.
    `claims`: of these calls the verb itself claims the key (`Call.claim`), and answers `Again` to a repeat.
    `cached`: answered with an `ETag`. `file`: "in" takes a file, "out" answers with one. `seen`: a move, told
    which version the caller had before their eyes.
    """

    method: str
    path: str
    access: Access
    summary: str
    tag: str
    given: type = Nothing
    gives: Any = None
    status: int = 200
    more: str | Callable[[], str] = ""
    keeps: bool = True
    claims: Callable[[Call[Any]], bool] | None = None
    cached: bool = False
    file: str = ""
    seen: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True)
class Call(Generic[G]):
    """A request as the handler of an operation reads it. `seen`: the version the caller had before their eyes."""

    request: Request
    given: G
    now: datetime
    seen: int | None = None
    file: reading.File | None = None
    claim: Claim | None = None
    path: dict[str, Any] = field(default_factory=dict)

    @property
    def officer(self) -> Officer:
        return self.request.user

    def id(self, name: str = "id") -> int:
        """A key out of the path. Raises NotFound for what no row can have."""
        found = int(self.path[name])
        if not 0 < found <= BIGGEST_ID:
            raise NotFound(_("没有这一项，或者您无权看。"))
        return found


Handler = Callable[[Call[Any]], Awaitable[Any]]


def reads(
    path: str, access: Access, summary: str, *, tag: str, gives: Any, given: type = Nothing, **more: Any
) -> Callable[[Handler], HTTPRouteHandler]:
    return partial(handler, Operation("GET", path, access, summary, tag, given, gives, **more))


def writes(
    path: str, access: Access, summary: str, *, tag: str, gives: Any, given: type = Nothing, method: str = "POST",
    **more: Any,
) -> Callable[[Handler], HTTPRouteHandler]:  # fmt: skip
    return partial(handler, Operation(method, path, access, summary, tag, given, gives, **more))


def handler(operation: Operation, do: Handler) -> HTTPRouteHandler:
    """The route of an operation."""

    async def run(request: Request) -> Response[Any]:
        answers.check_acceptable(request, operation.file)
        return await (_write if operation.writes else _read)(operation, do, request)

    size = {} if operation.file != "in" else {"request_max_body_size": reading.biggest_file()}
    make = route(
        operation.path,
        http_method=operation.method,  # type: ignore[arg-type]  # a name of HttpMethod
        guards=[operation.access],
        status_code=operation.status,
        opt={"operation": operation},
        **size,  # type: ignore[arg-type]
    )
    return make(run)


async def _read(operation: Operation, do: Handler, request: Request) -> Response[Any]:
    given = reading.query(operation.given, request)
    found = await do(Call(request, given, clock.now(), path=request.path_params))
    body = answers.encode(found)
    return answers.cached(request, body) if operation.cached else answers.json(body, operation.status)


async def _write(operation: Operation, do: Handler, request: Request) -> Response[Any]:
    sent = await reading.body(operation, request)
    call: Call[Any] = Call(request, sent.form, clock.now(), sent.seen, sent.file, path=request.path_params)
    key = reading.key(request) if operation.keeps else ""
    if not key:
        return answers.json(answers.encode(await do(call)), operation.status)
    claim = Claim(f"api:{call.officer.id}", key, digest_of(sent.content))
    if operation.claims and operation.claims(call):
        found = await do(replace(call, claim=claim))
        replayed = isinstance(found, Again)
        body = answers.encode(found.answer if isinstance(found, Again) else found)
    else:
        body, replayed = await once(claim, partial(do, call), status=operation.status, now=call.now)
    return answers.json(body, operation.status, replayed=replayed)
