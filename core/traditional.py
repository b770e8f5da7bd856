"""Traditional Chinese as written in Taiwan, from simplified: OpenCC's dictionaries, then our own terms.

The pages' words are converted with OpenCC's phrases (`traditional`; 默认 → 預設), what a page shows from the
database letter by letter (`page`; a citizen's 程序 is no computer program). Both then get the terms of
`locale/zh_TW/terms.tsv`. The other way round (`simplified`) who types traditional finds simplified. What people
typed is never changed where it is stored or edited: fields keep their text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from core.settings import ROOT

#: A pair a line; what OpenCC makes of the first is replaced by the second.
TERMS: Final = ROOT / "locale" / "zh_TW" / "terms.tsv"
_HAN: Final = re.compile("[\u3400-\u9fff“”]")
_LETTER: Final = re.compile("[\u3400-\u9fff]")

#: Kept as they are: scripts, styles, text that is being edited, and what is marked as a name.
_PIECE: Final = re.compile(
    r"<!--.*?-->"
    r"|<(script|style|textarea)\b.*?</\1\s*>"
    r"|<(\w+)\b[^<>]*\btranslate=\"no\"[^<>]*>[^<]*</\2\s*>"
    r"|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
#: The attributes that are read out or shown; never `value`, `data-…` or an address.
_SHOWN: Final = re.compile(r'(\s(?:title|alt|placeholder|aria-label|aria-description|label)=")([^"]*)(")')


def is_chinese(text: str) -> bool:
    return _LETTER.search(text) is not None


def traditional(text: str) -> str:
    """The pages' own words: `网络短信` → `網路簡訊`; text that is traditional already stays."""
    return _converted(text, "s2twp")


def letter_by_letter(text: str) -> str:
    """What people wrote, and what names things: no phrase is exchanged but for our own terms."""
    return _converted(text, "s2tw")


@lru_cache(maxsize=16_384)
def _converted(text: str, how: str) -> str:
    if not _HAN.search(text):
        return text
    pattern, ours = _terms(how)
    return pattern.sub(lambda found: ours[found.group()], _converter(how).convert(text))


def simplified(text: str) -> str:
    """For search: `簡訊` → `短信`, `網路` → `网络`, other letters one by one; simplified text stays."""
    if not _HAN.search(text):
        return text
    pattern, back = _terms_back()
    found: str = _converter("t2s").convert(pattern.sub(lambda found: back[found.group()], text))
    return found


def page(html: str) -> str:
    """A page or fragment for readers of traditional Chinese: its text and what is read out of its attributes."""
    shown: list[str] = []
    end = 0
    for tag in _PIECE.finditer(html):
        shown.append(_text(html[end : tag.start()]))
        piece = tag.group()
        shown.append(piece if _is_kept(tag) else _SHOWN.sub(_attribute, piece))
        end = tag.end()
    shown.append(_text(html[end:]))
    return "".join(shown)


def _is_kept(tag: re.Match[str]) -> bool:
    return tag.group(1) is not None or tag.group(2) is not None or tag.group().startswith("<!--")


def _attribute(found: re.Match[str]) -> str:
    return f"{found.group(1)}{_converted(found.group(2), 's2tw')}{found.group(3)}"


def _text(text: str) -> str:
    return letter_by_letter(text) if text and not text.isspace() else text


@lru_cache
def _converter(name: str) -> Any:
    from opencc import OpenCC  # reads its dictionaries: a tenth of a second, for those who need it

    return OpenCC(name)


def terms() -> list[tuple[str, str]]:
    """Our own words, simplified and traditional."""
    lines = TERMS.read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(ours, theirs) for ours, theirs in pairs]


@lru_cache
def _terms(how: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What OpenCC makes of either side of a pair, to our word: a text may be converted twice."""
    makers = {_converter("s2tw").convert, _converter(how).convert}
    return _any_of({make(word): pair[1] for pair in terms() for word in pair for make in makers})


@lru_cache
def _terms_back() -> tuple[re.Pattern[str], dict[str, str]]:
    letters = _converter("t2s").convert
    return _any_of(
        {ours: plain for plain, ours in reversed(terms()) if letters(ours) != plain}
    )  # the first wins


def _any_of(words: dict[str, str]) -> tuple[re.Pattern[str], dict[str, str]]:
    """Longest first, so that a word is not taken for its beginning."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)"), words
