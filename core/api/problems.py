"""application/problem+json (RFC 9457): what a program reads of a refusal, and when it comes."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from core.i18n import N_, _

MEDIA: Final = "application/problem+json"

WHEN: Final[dict[int, str]] = {
    400: N_("请求不完整，例如 `after` 不是我们给的。"),
    401: N_("没有令牌，或令牌已过期、已撤销。"),
    403: N_("令牌或岗位没有这项权限。"),
    404: N_("没有，或者不归您看：看不出是哪一种。"),
    406: N_("`Accept` 里没有 application/json。"),
    409: N_("现在做不了：状态已变，或有人先动了（`by`、`changes`）。"),
    413: N_("内容太大。"),
    415: N_("内容不是所要的类型。"),
    422: N_("有几项填得不对，`errors` 逐项说明。"),
    429: N_("太频繁，等 `Retry-After` 秒。"),
    500: N_("系统出了故障；把 `error_id` 告诉管理员。"),
    503: N_("数据库暂时连不上，等 `Retry-After` 秒再来。"),
}
CODES: Final = {
    400: "bad_cursor", 401: "not_signed_in", 403: "denied", 404: "not_found", 406: "not_acceptable", 409: "conflict",
    413: "too_large", 415: "unsupported_media_type", 422: "invalid", 429: "too_many", 500: "failed",
    503: "database_away",
}  # fmt: skip


class Changed(msgspec.Struct, forbid_unknown_fields=True):
    """One thing that somebody else changed meanwhile."""

    field: str
    then: str
    now: str


class Problem(msgspec.Struct, omit_defaults=True):
    """Why nothing was done."""

    type: Annotated[str, Meta(description=N_("`urn:hotline:problem:` 加 `code`"))]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Annotated[str, Meta(description=N_("给程序看，不随语言变"))]
    detail: Annotated[str, Meta(description=N_("给人看，说明该怎么办"))]
    instance: Annotated[str, Meta(description=N_("请求的地址"))]
    errors: Annotated[dict[str, str] | None, Meta(description=N_("字段名 → 哪里不对"))] = None
    by: Annotated[str | None, Meta(description=N_("谁先动了"))] = None
    changes: list[Changed] | None = None
    error_id: str | None = None


def example(code: int) -> dict[str, Any]:
    name = CODES[code]
    found: dict[str, Any] = {
        "type": f"urn:hotline:problem:{name}", "title": _(WHEN[code]), "status": code, "code": name,
        "detail": _(WHEN[code]), "instance": "/api/v1/tickets",
    }  # fmt: skip
    if code == 422:
        found["errors"] = {"content": _("诉求内容要 {a} 到 {b} 个字，现在 {n} 个。").format(a=5, b=5000, n=2)}
    if code == 409:
        found |= {"by": "陈楠", "changes": [{"field": "status", "then": "received", "now": "dispatched"}]}
    return found
