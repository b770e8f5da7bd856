"""What a caller brought, read and checked: the one form behind the desk, the API, imports and the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import privacy
from core.errors import Invalid
from core.i18n import _
from crm.tickets.words import KIND
from routing.rulebook import MatterRow, Rulebook

SHORTEST_CONTENT = 5
LONGEST_CONTENT = 5000
TITLE = 30
#: What is cut would be lost without a word, so more is refused.
LONGEST = {"address": 200, "name": 50, "contact": 100}
#: Kinds that may concern the whole city and no place in it.
PLACELESS = frozenset({"consult", "suggestion", "praise", "other"})
#: The street code of a matter that has a place which nobody can tell any more: only imports of old records know it.
UNKNOWN_PLACE = "unknown"
REPLY_BY = frozenset({"sms", "call", "none"})


@dataclass(frozen=True)
class Registration:
    """A checked form. `phone` is E.164 or "", `street` a street code or "" for the whole city."""

    kind: str
    matter: str
    content: str
    title: str
    street: str
    address: str
    urgency: int
    confidential: bool
    anonymous: bool
    name: str
    phone: str
    contact: str
    reply_by: tuple[str, ...]
    line: str
    channel: str = "call"


def check(form: Mapping[str, Any], book: Rulebook, *, on: date | None = None) -> Registration:
    """Read a form (page, API or import). Raises Invalid with one message per field.

    `on`: the business day the matter has to be valid on; None asks for no day (old records keep ended matters).
    """
    wrong: dict[str, str] = {}
    kind = str(form.get("kind") or "")
    if kind not in KIND:
        wrong["kind"] = _("选一个诉求类型：咨询、求助、投诉、举报、建议、表扬、家庭服务或其他。")
    matter = book.matters.get(str(form.get("matter") or ""))
    if matter is None or not matter.leaf:
        wrong["matter"] = _("从列表里选一个事项（可输汉字、拼音、首字母或代码）。")
    elif on and not matter.open_on(on):
        wrong["matter"] = _not_open(matter, on)
    content = str(form.get("content") or "").strip()
    if not SHORTEST_CONTENT <= len(content) <= LONGEST_CONTENT:
        wrong["content"] = _("诉求内容要 {a} 到 {b} 个字，现在 {n} 个。").format(
            a=SHORTEST_CONTENT, b=LONGEST_CONTENT, n=len(content)
        )
    street = str(form.get("street") or "")
    if not street and form.get("place_unknown"):
        street = UNKNOWN_PLACE
    elif street and street not in book.streets:
        wrong["street"] = _("从列表里选一个街道。")
    elif not street and kind in KIND and kind not in PLACELESS:
        wrong["street"] = _("选事情发生的街道；不清楚时问最近的路口或小区。")
    urgency = _urgency(form.get("urgency"), matter.urgency if matter else 3, wrong)
    anonymous, phone = bool(form.get("anonymous")), _phone(str(form.get("phone") or ""), wrong)
    if not phone and not anonymous and "phone" not in wrong:
        wrong["phone"] = _("留一个电话，或勾选“匿名”。")
    given = {name: str(form.get(name) or "").strip() for name in LONGEST}
    for name, most in LONGEST.items():
        if len(given[name]) > most:
            wrong[name] = _("最多 {n} 个字，现在 {m} 个。").format(n=most, m=len(given[name]))
    reply_by = tuple(way for way in form.get("reply_by") or ("sms",) if way in REPLY_BY)
    if wrong:
        raise Invalid(wrong)
    assert matter is not None
    return Registration(
        kind, matter.code, content, _title(str(form.get("title") or "").strip() or content), street,
        given["address"], urgency,
        bool(form.get("confidential")) or kind == "report" or matter.confidential,
        anonymous, given["name"], phone, given["contact"],
        reply_by, str(form.get("line") or "12345"), str(form.get("channel") or "call"),
    )  # fmt: skip


def _not_open(matter: MatterRow, on: date) -> str:
    if matter.valid_from and on < matter.valid_from:
        return _("“{matter}”从 {day} 起才启用，请另选一个事项。").format(
            matter=matter.path_name, day=matter.valid_from
        )
    return _("“{matter}”已经停用，最后一天是 {day}，请另选一个事项。").format(
        matter=matter.path_name, day=matter.valid_to
    )


def _urgency(given: Any, default: int, wrong: dict[str, str]) -> int:
    if given in (None, ""):
        return default
    try:
        urgency = int(given)
    except (TypeError, ValueError):
        urgency = 0
    if urgency not in (1, 2, 3):
        wrong["urgency"] = _("紧急程度选 P1 危急、P2 基本生活或 P3 一般；P4 须经批准。")
        return default
    return urgency


def _phone(raw: str, wrong: dict[str, str]) -> str:
    if not raw.strip():
        return ""
    phone = privacy.phone_e164(raw)
    if phone is None:
        wrong["phone"] = _("“{given}”不是电话号码；手机 11 位，座机带区号，例如 022-23456789。").format(
            given=raw.strip()
        )
        return ""
    return phone


def _title(content: str) -> str:
    """The first clause: what lists show beside the matter. Numbers are masked before the cut, or half of one stays."""
    first = privacy.mask_text(content)
    for stop in "。！？；\n":
        first = first.split(stop)[0]
    return first[:TITLE]
