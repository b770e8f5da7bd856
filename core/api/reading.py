"""What a request to `/api/v1` gives: query, JSON body or file, checked field by field by its form."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from core import fields
from core.errors import Invalid, Refused
from core.forms import BIGGEST, Form
from core.i18n import _
from core.settings import settings
from core.web import Request

if TYPE_CHECKING:
    from core.api.operations import Operation

LONGEST_KEY = 200
KEY = rf"[!-~]{{1,{LONGEST_KEY}}}"
#: Beside a file: the heads of its part.
SLACK = 64 * 1024


class Unsupported(Refused):
    status = 415
    code = "unsupported_media_type"


@dataclass(frozen=True)
class File:
    name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """`content`: what the same request sends again, whatever its spaces and boundaries."""

    form: Any
    seen: int | None
    content: bytes
    file: File | None = None


def biggest_file() -> int:
    return settings().attachment_max_mb * 2**20 + SLACK


def key(request: Request) -> str:
    """The caller's `Idempotency-Key`, "" for none. Raises Invalid."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return ""
    if not re.fullmatch(KEY, given):
        raise Invalid({"Idempotency-Key": _("1 到 {n} 个字母、数字或符号，不含空格。").format(n=LONGEST_KEY)})
    return given


def query(form: type, request: Request) -> Any:
    """The query as `form`; names it does not know are refused, so that no filter is lost by a slip of the pen."""
    known = {one.name: one for one in fields.asked(form)}
    given = Form(FormMultiDict(request.query_params.multi_items()))
    for name, text in request.query_params.multi_items():
        one = known.get(name)
        if one is None:
            said = _("没有这一项。可以给：{names}。").format(names=", ".join(known) or _("无"))
            given.wrong(name, said)
        elif one.kind is bool and text not in ("true", "false"):
            given.wrong(name, _("只能是 true 或 false。"))
        elif not text and (one.kind in (int, date, datetime, tuple) or one.field.options):
            given.wrong(name, _("给一个值，或去掉这一项。"))
    return fields.read(form, given)


async def body(operation: Operation, request: Request) -> Sent:
    if operation.file == "in":
        return await _with_file(operation, request)
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (raw or kind) and not (kind == "application/json" or kind.endswith("+json")):
        raise Unsupported(_("内容要用 application/json 发送。"))
    value = _decoded(raw) if raw or kind else {}
    digest = msgspec.json.encode(value, order="sorted")
    seen = _seen(value) if operation.seen else None
    form: Any = fields.read(operation.given, fields.from_json(operation.given, value))
    return Sent(form, seen, f"{request.method} {request.url.path}\n".encode() + digest)


async def _with_file(operation: Operation, request: Request) -> Sent:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Unsupported(_("文件要用 multipart/form-data 发送。"))
    given = Form(await request.form())
    found = given.values.get("file")
    if not isinstance(found, UploadFile) or not found.filename:
        raise Invalid({"file": _("先选一个文件。")})
    file = File(found.filename, await found.read())
    content = f"{request.method} {request.url.path}\n{file.name}\n{hashlib.sha256(file.data).hexdigest()}"
    return Sent(fields.read(operation.given, given), None, content.encode(), file)


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Invalid({"body": _("内容不是 JSON：{why}").format(why=broken)}) from broken


def _seen(value: Any) -> int | None:
    """The version, taken out of the body: it belongs to the move, not to what the move asks for."""
    given = value.pop("seen", None) if isinstance(value, dict) else None
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < BIGGEST:
        raise Invalid({"seen": _("应当是看到的版本号，整数。")})
    return given
