"""The document of `/api/v1` (OpenAPI 3.1), made from the routes themselves: nothing of it is kept by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from core import fields, i18n
from core.api import problems
from core.api.operations import JSON, Operation
from core.api.reading import LONGEST_KEY
from core.api.samples import sample
from core.i18n import N_, _

PREFIX: Final = "/api/v1/"
#: Floors below and above name their groups of operations here, in the order the document shows them.
TITLE: Final = N_("热线接口")
ABOUT: Final = N_(
    "工作台能做的，接口都能做：同样的操作、同样的权限、同样的校验。\n\n"
    "**令牌**：在“我的账号 › 接口令牌”里建，放进 `Authorization: Bearer …`。令牌的权限不会超过它主人的。\n\n"
    "**错误**：一律是 `application/problem+json`（RFC 9457）；`code` 给程序看，`detail` 给人看，`errors` 按字段说明。\n\n"
    "**重复请求**：写操作都认 `Idempotency-Key`。同一个键再来一次，回的是第一次的答复，标头有 `Idempotent-Replayed: true`；"
    "被拒绝的不算，改好可以用同一个键再来。\n\n"
    "**翻页**：列表带 `next`，把它原样放进 `after`；`next` 为 null 就到底了。\n\n"
    "**语言**：`Accept-Language`；没有时用令牌主人的语言。"
)


def operations(app: Litestar) -> list[Operation]:
    """Every operation, by address."""
    return sorted(
        {
            (o.path, o.method): o
            for route in app.routes
            if isinstance(route, HTTPRoute)
            for h in route.route_handlers
            if isinstance(o := h.opt.get("operation"), Operation)
        }.values(),
        key=lambda o: (o.path, o.method),
    )


def document(app: Litestar, *, version: str) -> dict[str, Any]:
    """In the reader's language; kept until it changes, which is never while the process lives."""
    found = _kept.get((id(app), i18n.locale()))
    if found is None:
        found = _kept[id(app), i18n.locale()] = _document(operations(app), version)
    return found


_kept: dict[tuple[int, str], dict[str, Any]] = {}


def _document(found: list[Operation], version: str) -> dict[str, Any]:
    types = [o.gives for o in found if o.gives is not None]
    shapes, components = msgspec.json.schema_components(
        [*types, problems.Problem], ref_template="#/components/schemas/{name}"
    )
    schemas = {name: _said(shape) for name, shape in components.items()}
    by_type = dict(zip(map(id, types), map(_said, shapes), strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for o in found:
        shape = by_type.get(id(o.gives))
        paths.setdefault(_address(o.path), {})[o.method.lower()] = _operation(o, shape, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _(TITLE), "version": version, "description": _(ABOUT),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": _(tag)} for tag in dict.fromkeys(o.tag for o in found)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(code): _problem(code) for code in problems.WHEN},
            "securitySchemes": _schemes(),
        },
    }  # fmt: skip


def _operation(o: Operation, shape: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    rights = _("、").join(f"`{right}`" for right in o.access.permissions)
    more = o.more() if callable(o.more) else _(o.more) if o.more else ""
    needs = _("需要权限（其一）：{rights}").format(rights=rights) if rights else ""
    found: dict[str, Any] = {
        "operationId": _name(o),
        "tags": [_(o.tag)],
        "summary": _(o.summary),
        "description": "\n\n".join(part for part in (more, needs) if part),
        "parameters": [
            *_in_path(o),
            *([] if o.writes else _in_query(o)),
            *(_key() if o.writes and o.keeps else []),
        ],
        "responses": _answers(o, shape, schemas),
    }
    if o.access.open:
        found["security"] = []
    if o.writes and (o.file == "in" or fields.asked(o.given) or o.seen):
        found["requestBody"] = _body(o)
    return found


def _body(o: Operation) -> dict[str, Any]:
    schema = fields.schema(o.given)
    if o.file == "in":
        file = {"type": "string", "contentMediaType": "application/octet-stream", "description": _("文件")}
        schema["properties"]["file"] = file
        schema["required"].append("file")
        return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    if o.seen:
        said = _("您看到的版本号（工单的，或承办单的）；别人先动了，就回 409 和改动。")
        schema["properties"]["seen"] = {"type": ["integer", "null"], "minimum": 0, "description": said}
    content = {"schema": schema, "example": fields.sample(o.given)}
    return {"required": bool(schema["required"]), "content": {JSON: content}}


def _answers(o: Operation, shape: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(o.status).phrase}
    if o.file == "out":
        good["content"] = {
            "*/*": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
        }
    elif shape is not None:
        good["content"] = {JSON: {"schema": shape, "example": sample(shape, schemas)}}
    if o.writes and o.keeps:
        good["headers"] = {
            "Idempotent-Replayed": {"schema": {"const": "true"}, "description": _("这是第一次的答复")}
        }
    found = {str(o.status): good}
    if o.cached:
        good["headers"] = {"ETag": {"schema": {"type": "string"}}}
        found["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    if o.file == "out":
        found["206"] = good
        found["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    return found | {str(code): {"$ref": f"#/components/responses/{code}"} for code in refusals(o)}


def refusals(o: Operation) -> Iterable[int]:
    """The problems an operation may answer with."""
    found = {400, 406, 422, 429, 500, 503} | (set() if o.access.open else {401, 403})
    if "{" in o.path:
        found.add(404)
    if o.writes:
        found |= {404, 409, 413, 415}
    return sorted(found)


def _problem(code: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    found: dict[str, Any] = {
        "description": _(problems.WHEN[code]),
        "content": {problems.MEDIA: {"schema": schema, "example": problems.example(code)}},
    }
    if code in (429, 503):
        seconds = {"schema": {"type": "string", "pattern": "^[0-9]+$"}, "description": _("几秒后再试")}
        found["headers"] = {"Retry-After": seconds}
    return found


def _in_path(o: Operation) -> list[dict[str, Any]]:
    """`{ticket:str}` → a ticket's number; `{id:int}` → a key."""
    found = []
    for part in o.path.split("/"):
        if part.startswith("{"):
            name, _colon, kind = part[1:-1].partition(":")
            schema: dict[str, Any] = {"type": "string", "minLength": 1}
            if kind == "int":
                schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
            elif name == "ticket":
                schema = {"type": "string", "pattern": "^[0-9]{13}$", "examples": ["2611240604027"]}
            said = _("工单编号，13 位") if name == "ticket" else _("编号")
            found.append(
                {"name": name, "in": "path", "required": True, "description": said, "schema": schema}
            )
    return found


def _in_query(o: Operation) -> list[dict[str, Any]]:
    schema = fields.schema(o.given)
    found = []
    for name, one in schema["properties"].items():
        kinds = one["type"] if isinstance(one["type"], list) else [one["type"]]
        plain = {k: v for k, v in one.items() if k != "description"} | {"type": kinds[0]}
        if "enum" in plain:
            plain["enum"] = [value for value in plain["enum"] if value is not None]
        found.append(
            {
                "name": name, "in": "query", "required": name in schema["required"], "schema": plain,
                "description": one["description"],
                **({"style": "form", "explode": False} if kinds[0] == "array" else {}),
            }
        )  # fmt: skip
    return found


def _key() -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
    said = _("您自己的编号；同一个编号再来，回第一次的答复，不再做一次。")
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "description": said}
    return [key | {"schema": schema, "example": "order-20261124-0001"}]


def _schemes() -> dict[str, Any]:
    return {
        "token": {"type": "http", "scheme": "bearer", "description": _("接口令牌，`hl_` 开头")},
        "session": {
            "type": "apiKey", "in": "cookie", "name": "hotline_session",
            "description": _("已登录的浏览器；写操作还要带 `X-CSRF-Token`"),
        },
    }  # fmt: skip


def _address(path: str) -> str:
    return "/".join(f"{{{p[1:-1].partition(':')[0]}}}" if p.startswith("{") else p for p in path.split("/"))


def _name(o: Operation) -> str:
    """`post-tickets-ticket-moves-reply`: stays while the address stays."""
    parts = _address(o.path).removeprefix(PREFIX).replace("{", "").replace("}", "").split("/")
    return "-".join([o.method.lower(), *parts]).replace(".", "-")


def _said(schema: Any) -> Any:
    """Descriptions in the reader's language, however deep."""
    if isinstance(schema, list):
        return [_said(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    said = {key: _said(part) for key, part in schema.items()}
    words = said.get("description")
    return said | {"description": _(words)} if isinstance(words, str) else said
