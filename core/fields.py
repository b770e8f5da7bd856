"""A form described once, as a frozen dataclass: a page shows it, a post and a JSON body are read by it.

    @dataclass(frozen=True)
    class Note:
        leader: Annotated[str, Field(N_("领导"), "text", most=40)]
        content: Annotated[str, Field(N_("批示内容"), least=5)]
        copies: Annotated[tuple[int, ...], Field(N_("抄送单位"), "units", required=False)] = ()

Types read: str, int, bool, date, datetime, each also `| None`, and tuples of int or str. Every complaint is
made at once, beside its field, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from litestar.datastructures import FormMultiDict

from core.forms import BIGGEST, Form
from core.i18n import _

T = TypeVar("T")


@dataclass(frozen=True)
class Field:
    """What a person reads and may give. `widget`: area, text, choices, select, flag, number, day, moment,
    ticket, unit, units. `least` and `most` count characters, items, or bound the number itself."""

    label: str
    widget: str = "area"
    hint: str = ""
    options: Mapping[Any, str] = field(default_factory=dict)
    sentences: Mapping[Any, str] = field(default_factory=dict)
    least: int = 0
    most: int = 500
    required: bool = True
    example: Any = None


@dataclass(frozen=True)
class Asked:
    """One field of a form: its name, description, Python type without `| None`, and default."""

    name: str
    field: Field
    kind: type
    item: type | None
    default: Any


@cache
def asked(form: type) -> tuple[Asked, ...]:
    """The fields of a form's dataclass, in order."""
    hints = get_type_hints(form, include_extras=True)
    return tuple(_asked(f.name, hints[f.name], f.default) for f in fields(form))


def read(form: type[T], given: Form) -> T:
    """What was given, as `form`. Raises Invalid with a message per field."""
    values = {one.name: _read(one, given) for one in asked(form)}  # type: ignore[arg-type]  # a type is hashable
    given.check()
    return form(**values)


def from_json(form: type, body: Any) -> Form:
    """A JSON object as the fields of `form`: values of the wrong type and unknown names are complained about."""
    known = {one.name: one for one in asked(form)}
    pairs: list[tuple[str, str]] = []
    wrong: dict[str, str] = {}
    if not isinstance(body, dict):
        wrong["body"] = _("内容应当是一个 JSON 对象。")
        body = {}
    for name, value in body.items():
        one = known.get(name)
        if one is None:
            wrong[name] = _("没有这一项。可以给：{names}。").format(names=", ".join(known) or _("无"))
        elif value is not None or (one.field.required and one.kind is not bool):
            kept = _texts(one, value)
            if kept is not None and one.kind is str and not one.field.options and len(value) > one.field.most:
                wrong[name] = _("最多 {n} 个字，现在 {m} 个。").format(
                    n=one.field.most, m=len(value)
                )  # not yet trimmed
            if kept is None:
                wrong[name] = _("应当是{kind}，给的是 {given}。").format(
                    kind=_kind_word(one), given=str(value)[:60]
                )
            pairs += [(name, text) for text in kept or ()]
    found = Form(FormMultiDict(pairs))
    found.errors.update(wrong)
    return found


def schema(form: type) -> dict[str, Any]:
    """JSON Schema of the body; descriptions in the reader's language."""
    properties = {one.name: _nullable(one, _schema(one)) for one in asked(form)}
    required = [one.name for one in asked(form) if one.field.required and one.kind is not bool]
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


# --- reading ---


def _asked(name: str, hint: Any, default: Any) -> Asked:
    described = next((meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Field)), None)
    assert described is not None, f"{name} has no Field"
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    kinds = (
        [kind for kind in get_args(plain) if kind is not NoneType] if NoneType in get_args(plain) else [plain]
    )
    kind = kinds[0]
    item = get_args(kind)[0] if get_origin(kind) is tuple else None
    return Asked(name, described, tuple if item else kind, item, None if default is MISSING else default)


def _read(one: Asked, given: Form) -> Any:
    name, it = one.name, one.field
    if one.kind is bool:
        return given.flag(name)
    if one.kind is datetime:
        return given.moment(name, required=it.required)
    if one.kind is date:
        return given.day(name, required=it.required)
    if one.kind is tuple:
        return _read_many(one, given)
    if one.kind is int:
        return _read_number(one, given)
    if it.options:
        return given.choice(name, {str(key) for key in it.options}, required=it.required) or one.default or ""
    text = given.text(name, most=it.most, required=it.required)
    if text and len(text) < it.least:
        given.wrong(name, _("至少写 {n} 个字，现在 {m} 个。").format(n=it.least, m=len(text)))
    return text or one.default or ""


def _read_number(one: Asked, given: Form) -> int | None:
    it = one.field
    if it.options:
        chosen = given.choice(one.name, {str(key) for key in it.options}, required=it.required)
        return int(chosen) if chosen else one.default
    reference = it.widget in ("unit", "ticket")
    most = BIGGEST - 1 if it.widget == "ticket" else 2**31 - 1 if reference else it.most
    if reference and not given.text(one.name) and given.text(f"{one.name}_text"):
        given.wrong(one.name, _("从列表里选一项，或者清空这一栏。"))
        return None
    if it.required and not given.text(one.name):
        given.wrong(one.name, _("请填写这一项。"))
        return None
    found = given.integer(one.name, least=1 if reference else it.least, most=most, required=it.required)
    return one.default if found is None and not given.errors.get(one.name) else found


def _read_many(one: Asked, given: Form) -> tuple[Any, ...]:
    it = one.field
    texts = [
        text for value in given.every(one.name, most=it.most) for text in value.replace(",", " ").split()
    ]
    if it.required and len(texts) < max(1, it.least):
        given.wrong(one.name, _("请至少选 {n} 项。").format(n=max(1, it.least)))
    if it.options and any(text not in {str(key) for key in it.options} for text in texts):
        given.wrong(one.name, _("从给出的几项里选一项。"))
    if one.item is not int:
        return tuple(dict.fromkeys(texts))
    if not all(text.isascii() and text.isdigit() and int(text) < 2**31 for text in texts):
        given.wrong(one.name, _("请从列表里选。"))
        return ()
    return tuple(dict.fromkeys(int(text) for text in texts))


# --- JSON ---


def _texts(one: Asked, value: Any) -> list[str] | None:
    """The value as a browser would have sent it; None when its JSON type is not the field's."""
    if value == "" and (one.kind is not str or one.field.options or one.field.least):
        return None  # a browser's way to say nothing; a program leaves it out
    if one.kind is tuple:
        ok = isinstance(value, list) and all(_is_item(one, item) for item in value)
        return [str(item) for item in value] if ok else None
    if one.kind is bool:
        return ["1" if value else ""] if isinstance(value, bool) else None
    if one.field.widget == "ticket":  # a number as people say it, not one to count with
        return [value] if isinstance(value, str) and value.isascii() and value.isdigit() else None
    return [str(value)] if _is(one.kind, value) else None


def _is_item(one: Asked, value: Any) -> bool:
    if one.field.widget == "tickets":
        return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 13
    return _is(one.item or str, value) and (one.item is not int or 0 < value < 2**31) and value != ""


def _is(kind: type, value: Any) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def _kind_word(one: Asked) -> str:
    if one.kind is tuple:
        return _("一列")
    if one.field.options:
        return _("给出的几项之一")
    words = {bool: _("true 或 false"), int: _("整数"), date: _("日期"), datetime: _("日期和时间")}
    return words.get(one.kind, _("文字"))


def _schema(one: Asked) -> dict[str, Any]:
    it = one.field
    found: dict[str, Any] = _bare(one.kind, it)
    if one.kind is tuple:
        found = {
            "type": "array",
            "items": _item(one.item or str, it),
            "maxItems": it.most,
            **({"minItems": max(1, it.least)} if it.required else {}),
        }
    words = _("、").join(f"`{key}` {_(word)}" for key, word in it.options.items())
    found["description"] = " ".join(
        part for part in (_(it.label), _(it.hint) if it.hint else "", words) if part
    )
    if it.example is not None:
        found["examples"] = [it.example]
    if one.default not in (None, "", (), False):
        found["default"] = one.default
    return found


def _nullable(one: Asked, found: dict[str, Any]) -> dict[str, Any]:
    """What need not be given may be null."""
    if one.field.required and one.kind is not bool:
        return found
    if "enum" in found:
        found = found | {"enum": [*found["enum"], None]}
    return found | {"type": [found["type"], "null"]}


def sample(form: type) -> dict[str, Any]:
    """A body that could be sent: what is required, and whatever has an example."""
    return {
        one.name: _sample(one)
        for one in asked(form)
        if one.field.example is not None or (one.field.required and one.kind is not bool)
    }


def _sample(one: Asked) -> Any:
    it = one.field
    if it.example is not None:
        return it.example
    if it.options:
        first = next(iter(it.options))
        return [first] if one.kind is tuple else first
    if one.kind is tuple:
        return list(range(1, max(1, it.least) + 1))
    if it.widget == "ticket":
        return "2611240604027"
    by_kind = {int: max(1, it.least), date: "2026-12-05", datetime: "2026-12-05T18:00:00+08:00"}
    return by_kind.get(one.kind, _(it.label).ljust(it.least, "…"))


def _item(kind: type, it: Field) -> dict[str, Any]:
    """One of many: bounds of the field are the list's."""
    if it.options or it.widget == "tickets":
        return _bare(kind, it)
    return (
        {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
        if kind is int
        else {"type": "string", "minLength": 1}
    )


def _bare(kind: type, it: Field) -> dict[str, Any]:
    if it.options:
        return {"type": "integer" if kind is int else "string", "enum": list(it.options)}
    if it.widget in ("ticket", "tickets"):
        return {"type": "string", "pattern": "^[0-9]{13}$"}
    if kind is str:
        return {"type": "string", "maxLength": it.most, **({"minLength": it.least} if it.least else {})}
    if kind is int:
        wide, top = it.widget in ("unit", "units"), 2**31 - 1
        return {"type": "integer", "minimum": 1 if wide else it.least, "maximum": top if wide else it.most}
    if kind is bool:
        return {"type": "boolean"}
    return {"type": "string", "format": "date" if kind is date else "date-time"}
