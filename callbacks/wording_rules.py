"""What a text to citizens and units may say: its placeholders, and the words that must not be in it. Pure.

Twilio's words: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out. A carrier acts on them whatever we
meant, so an ordinary text must not ask anybody to write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Final

from callbacks.segments import Segments, odd_ones, segments
from callbacks.texts import LOCALES, TEMPLATES
from core.i18n import N_, _
from crm.tickets.open_words import INTERNAL

#: What each placeholder stands for, and what a preview puts there, in Chinese and in English.
PLACEHOLDERS: Final[dict[str, tuple[str, str, str]]] = {
    "number": (N_("完整单号，只在登记时告知一次"), "2611240604027", "2611240604027"),
    "tail": (N_("单号的后五位"), "04027", "04027"),
    "unit": (N_("承办单位"), "南开区供热办", "Nankai Heating Office"),
    "due": (N_("答复期限"), "11月25日10:45", "10:45 on 25 Nov"),
    "state": (N_("市民看得懂的状态"), "办理中", "in progress"),
    "result": (N_("办理结果"), "解决", "solved"),
    "items": (N_("市民的在办工单，带数字"), "1)…04027办理中 2)…11873已派单", "1) ...04027 in progress"),
    "more": (N_("还有几张没有列出"), "", ""),
    "url": (N_("工单页的链接"), "https://12345.example/s/AbCdEfGhIjKl", "https://12345.example/s/AbCdEfGhIjKl"),
    "urgency": (N_("紧急程度的数字"), "2", "2"),
    "what": (N_("需要市民补充什么"), "房产证照片", ""),
    "why": (N_("为什么暂缓"), "法定程序", "a legal procedure"),
    "text": (N_("通报内容，照写的发"), "抢修中，预计今天22时前恢复", "抢修中，预计今天22时前恢复"),
    "path": (N_("法律给的途径"), "请走诉讼、仲裁或行政复议", "it is one for a court"),
    "code": (N_("撤回用的三位数字"), "482", "482"),
    "n": (N_("第几次催办"), "2", "2"),
    "about": (N_("为什么叫醒值守人员"), "到时未联系市民", "the citizen was not contacted in time"),
}  # fmt: skip
#: They opt a phone out, or in, or get the carrier's own answer.
CARRIER_WORDS: Final = (
    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
    "START", "YES", "UNSTOP", "HELP", "INFO",
)  # fmt: skip
#: The most that one message may cost: a carrier towards mainland China takes no more.
MOST_SEGMENTS: Final = 8
LONGEST: Final = 700
_NAME: Final = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class Shown:
    """A text as it would arrive, and what the carrier counts. `odd`: characters that make an English text dear."""

    body: str
    counted: Segments
    odd: tuple[str, ...]


def default(name: str, locale: str) -> str:
    found: str = getattr(TEMPLATES[name], locale)
    return found


def is_for_unit(name: str) -> bool:
    return name.startswith("unit_")


def allowed(name: str) -> tuple[str, ...]:
    """Placeholders that the code fills for this template."""
    both = [p for locale in LOCALES for p in _named(default(name, locale)) or ()]
    return tuple(dict.fromkeys(both))


def wrong(name: str, locale: str, body: str) -> str:
    """What to mend, in a sentence; empty when the text will do."""
    return next(_complaints(name, locale, body), "")


def preview(body: str, locale: str) -> Shown:
    """With sample values; a text that is wrong shows as far as it can be filled."""
    place = 2 if locale == "en" else 1
    text = body
    for placeholder, known in PLACEHOLDERS.items():
        text = text.replace("{" + placeholder + "}", known[place])
    return Shown(text, segments(text), tuple(odd_ones(text)) if locale == "en" else ())


def _complaints(name: str, locale: str, body: str) -> Iterator[str]:
    if not body.strip():
        yield _("请填写这一项。")
        return
    if len(body) > LONGEST:
        yield _("最多 {n} 个字，现在 {m} 个。").format(n=LONGEST, m=len(body))
    named = _named(body)
    if named is None:
        yield _("花括号不成对，或里面不是占位符。占位符写成 {example}，花括号本身不能用。").format(
            example="{tail}"
        )
        return
    known = allowed(name)
    if unknown := next((p for p in named if p not in known), ""):
        offered = _("、").join("{" + p + "}" for p in known) or _("没有")
        yield _("没有占位符 {unknown}。这条短信可用的有：{offered}。").format(
            unknown="{" + unknown + "}", offered=offered
        )
    if lost := next((p for p in _named(default(name, locale)) or () if p in _KEPT and p not in named), ""):
        yield _("要保留 {placeholder}，否则市民看不到{what}。").format(
            placeholder="{" + lost + "}", what=_(PLACEHOLDERS[lost][0])
        )
    if word := _forbidden(name, locale, body):
        yield word
    if preview(body, locale).counted.count > MOST_SEGMENTS:
        yield _("太长：会分成 {n} 条，最多 {most} 条。").format(
            n=preview(body, locale).counted.count, most=MOST_SEGMENTS
        )


#: Without these a text says nothing.
_KEPT: Final = frozenset(
    {"number", "tail", "url", "items", "state", "result", "what", "text", "path", "code"}
)


def _named(body: str) -> list[str] | None:
    """The placeholders in order; None for a text that cannot be filled."""
    try:
        parts = list(Formatter().parse(body))
    except ValueError:
        return None
    found = []
    for text, field, spec, conversion in parts:
        if "{" in text or "}" in text:
            return None
        if field is None:
            continue
        if spec or conversion or not _NAME.fullmatch(field):
            return None
        found.append(field)
    return found


def _forbidden(name: str, locale: str, body: str) -> str:
    ours = default(name, locale)
    for word in CARRIER_WORDS:
        pattern = rf"(?<![A-Za-z]){word}(?![A-Za-z])"
        if re.search(pattern, body) and not re.search(pattern, ours):
            return _("“{word}”是运营商的保留词，市民照着回会被停发或得到别的答复，请换一个词。").format(
                word=word
            )
    if not is_for_unit(name):
        for word in INTERNAL:
            if word in body:
                return _("“{word}”是内部用语，不能写给市民。").format(word=word)
    return ""
