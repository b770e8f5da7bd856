"""What a citizen's SMS asks for. Pure: the grammar of `docs/sms.md`, blind to case, width and spaces.

    query = (查|查询|进度|CX|STATUS|S) [ticket] | ticket      urge = (催|催办|URGE) [ticket] [text]
    add   = (补|补充|ADD) ticket text                         withdraw = (撤|撤诉|WITHDRAW) [ticket]
    link  = (链接|LINK) [ticket]
    help  = 帮助 | ? | MENU      out = 退订 | TD | T           in = 订阅 | 开通
    digits = one to three digits: the answer to an open question (a list, a survey, a code)

Words that carriers take for themselves (STOP, START and their kin) mean what they mean there: everything off, on.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from core.traditional import simplified
from crm.tickets import number

#: Fewer digits than this name no ticket.
SHORTEST_TAIL = 4


class Ask(StrEnum):
    QUERY = "query"
    URGE = "urge"
    ADD = "add"
    WITHDRAW = "withdraw"
    LINK = "link"
    DIGITS = "digits"
    HELP = "help"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    STOP = "stop"
    START = "start"
    CARRIER_HELP = "carrier_help"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Intent:
    """`number`: digits as written, a whole number or a tail, "" for none. `locale` "" where no word tells it."""

    ask: Ask
    number: str = ""
    text: str = ""
    locale: str = ""


#: With the language of the answer. Longer words first; traditional characters as well.
WORDS: tuple[tuple[str, Ask, str], ...] = (
    ("查询", Ask.QUERY, "zh_CN"),
    ("查詢", Ask.QUERY, "zh_CN"),
    ("查", Ask.QUERY, "zh_CN"),
    ("进度", Ask.QUERY, "zh_CN"),
    ("進度", Ask.QUERY, "zh_CN"),
    ("CX", Ask.QUERY, "zh_CN"),
    ("STATUS", Ask.QUERY, "en"),
    ("S", Ask.QUERY, "en"),
    ("催办", Ask.URGE, "zh_CN"),
    ("催辦", Ask.URGE, "zh_TW"),
    ("催", Ask.URGE, "zh_CN"),
    ("URGE", Ask.URGE, "en"),
    ("补充", Ask.ADD, "zh_CN"),
    ("補充", Ask.ADD, "zh_TW"),
    ("补", Ask.ADD, "zh_CN"),
    ("補", Ask.ADD, "zh_TW"),
    ("ADD", Ask.ADD, "en"),
    ("撤诉", Ask.WITHDRAW, "zh_CN"),
    ("撤訴", Ask.WITHDRAW, "zh_TW"),
    ("撤", Ask.WITHDRAW, "zh_CN"),
    ("链接", Ask.LINK, "zh_CN"),
    ("鏈接", Ask.LINK, "zh_TW"),
    ("LINK", Ask.LINK, "en"),
    ("WITHDRAW", Ask.WITHDRAW, "en"),
)
#: These stand alone.
ALONE: dict[str, tuple[Ask, str]] = {
    "帮助": (Ask.HELP, "zh_CN"),
    "幫助": (Ask.HELP, "zh_TW"),
    "?": (Ask.HELP, ""),
    "MENU": (Ask.HELP, "en"),
    "退订": (Ask.OPT_OUT, "zh_CN"),
    "退訂": (Ask.OPT_OUT, "zh_TW"),
    "TD": (Ask.OPT_OUT, "zh_CN"),
    "T": (Ask.OPT_OUT, "zh_CN"),
    "订阅": (Ask.OPT_IN, "zh_CN"),
    "訂閱": (Ask.OPT_IN, "zh_TW"),
    "开通": (Ask.OPT_IN, "zh_CN"),
    "開通": (Ask.OPT_IN, "zh_TW"),
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"), (Ask.STOP, "en")),
    **dict.fromkeys(("START", "UNSTOP", "YES"), (Ask.START, "en")),
    **dict.fromkeys(("HELP", "INFO"), (Ask.CARRIER_HELP, "en")),
}  # fmt: skip

_SEPARATORS = " -–—·."
_RUN = re.compile(rf"\d(?:[{re.escape(_SEPARATORS)}]{{0,3}}\d)*")
_EDGE = " \t.,;:!~'\"、。，；：！“”‘’「」『』《》【】()<>*#"
#: Said between the word and the number: 查工单号 04027.
_FILLER = re.compile(
    r"^(?:(?:一下|我的|工\s*单|单\s*号|编\s*号|尾\s*号|号|进\s*度|no|ticket|number)[ :,.#]*)+", re.IGNORECASE
)
_WORDS = tuple(
    (re.compile(r"\s*".join(word) + (r"(?![A-Za-z])" if word.isascii() else ""), re.IGNORECASE), ask, locale)
    for word, ask, locale in WORDS
)


def read(body: str) -> Intent:
    """Never raises: what is not in the grammar is `UNKNOWN`."""
    plain = _plain(body)
    alone = ALONE.get(re.sub(r"\s", "", plain).upper())
    if alone:
        return Intent(alone[0], locale=alone[1])
    for pattern, ask, locale in _WORDS:
        found = pattern.match(plain)
        if found:
            intent = _after(ask, plain[found.end() :], locale)
            return intent or Intent(Ask.UNKNOWN, text=plain, locale=locale)
    digits = number.digits_of(plain)
    if digits is None or len(digits) > number.DIGITS:
        return Intent(Ask.UNKNOWN, text=plain, locale=_language(plain))
    if len(digits) < SHORTEST_TAIL:
        return Intent(Ask.DIGITS, digits)
    return Intent(Ask.QUERY, digits)


def _plain(body: str) -> str:
    """NFKC without what cannot be seen; a question mark alone stays."""
    folded = unicodedata.normalize("NFKC", body)
    seen = "".join(
        " " if c.isspace() else c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return seen.strip(_EDGE) or seen.strip()


def _after(ask: Ask, rest: str, locale: str) -> Intent | None:
    """What follows the word: a number, then perhaps text. None when the word does not allow what is there."""
    rest = _FILLER.sub("", rest.strip(_EDGE))
    digits, text = _number(rest)
    text = text.strip(_EDGE)
    if ask in (Ask.QUERY, Ask.WITHDRAW, Ask.LINK):
        digits = number.digits_of(rest) or ""
        if rest and not SHORTEST_TAIL <= len(digits) <= number.DIGITS:
            return None
        text = ""
    return Intent(ask, digits, text, locale)


def _number(rest: str) -> tuple[str, str]:
    """The ticket number that `rest` begins with, and what comes after it; ("", rest) without one."""
    run = _RUN.match(rest)
    if not run:
        return "", rest
    digits = "".join(c for c in run.group() if c.isdigit())
    if len(digits) >= number.DIGITS and number.read(digits[: number.DIGITS]):
        return digits[: number.DIGITS], rest[_end_of(rest, number.DIGITS) :]
    first = re.match(r"\d+", rest)
    assert first is not None  # a run begins with a digit
    if SHORTEST_TAIL <= len(first.group()) <= number.DIGITS:
        return first.group(), rest[first.end() :]
    if SHORTEST_TAIL <= len(digits) <= number.DIGITS:
        return digits, rest[run.end() :]
    return "", rest


def _end_of(rest: str, digits: int) -> int:
    """Where the `digits`-th digit of `rest` ends."""
    places = [place for place, c in enumerate(rest) if c.isdigit()]
    return places[digits - 1] + 1


def _language(plain: str) -> str:
    if any("\u3400" <= c <= "\u9fff" for c in plain):
        return "zh_CN" if simplified(plain) == plain else "zh_TW"
    return "en" if any(c.isascii() and c.isalpha() for c in plain) else ""
