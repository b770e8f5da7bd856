"""Text as tokens, for every index and search: words and character bigrams of Chinese, words of the rest.

Words come from rjieba, not jieba: over 2,000 knowledge texts both give the same 109,703 tokens (accurate mode,
no HMM), rjieba in 0.04 s and 34 MB a process, jieba in 0.6 s and 72 MB. The dictionary is read at the first
call of `words`; a process that only needs bigrams never pays for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from operator import add

from core.traditional import simplified

#: Ideographs (CJK Unified and its extensions, compatibility forms) or a run of letters and digits.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[.][0-9]+)*")
_HAN_FIRST = re.compile(rf"[{_HAN}]")
#: Seven digits and more are a phone, an account or an identity number: never in an index in clear.
_NUMBER = re.compile(r"[0-9]{7}")


def normal(text: str) -> str:
    """NFKC, lower case, simplified: `Ａ１` → `a1`, `簡訊` → `短信`."""
    return simplified(unicodedata.normalize("NFKC", text).lower())


def words(text: str) -> list[str]:
    """Words in order, long ones followed by the words inside them: `"办理居住证"` → `["办理", "居住", "居住证"]`."""
    found: list[str] = []
    for run in _runs(normal(text)):
        if _is_han(run):
            found.extend(_cut(run))
        else:
            found.append(run)
    return found


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring ideographs, other words whole: `"开WiFi办公"` → `["开", "wifi", "办公"]`.

    An ideograph that stands alone is its own token. Pairs never reach across punctuation or Latin letters.
    """
    found: list[str] = []
    for run in _runs(normal(text)):
        if _is_han(run):
            found.extend(_pairs(run))
        else:
            found.append(run)
    return found


def terms(text: str) -> list[str]:
    """What the knowledge index counts: words and pairs, repeats kept.

    A word of two ideographs is there twice, as word and as pair: what the dictionary knows weighs more.
    """
    return words(text) + bigrams(text)


def grams(*texts: str) -> list[str]:
    """Distinct tokens for a `text[]` index over short texts: bigrams, without long numbers.

    `"退费8号 13812345678"` → `["退费", "8", "号"]`: a phone number is found by its keyed hash only.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _runs(normal(text)):
            if _is_han(run):
                found.update(dict.fromkeys(_pairs(run)))
            elif not _NUMBER.search(run):
                found[run] = None
    return list(found)


def query_grams(query: str) -> list[str]:
    """The tokens that a text must all hold to match `query`; empty when there is nothing to look for.

    Pairs inside words only, so that words may stand apart in the text; letters that make no word stay together:
    `"暖气不热"` → `["暖气", "不热"]`, `"王顶堤"` → `["王顶", "顶堤"]`.
    """
    parts: list[str] = []
    for run in _runs(normal(query)):
        if not _is_han(run):
            parts.append(run)
            continue
        loose = ""
        for word in _cut_once(run):
            if len(word) > 1:
                parts += [loose, word]
                loose = ""
            else:
                loose += word
        parts.append(loose)
    telling = [part for part in parts if len(part) > 1] or parts
    return grams(*filter(None, telling))


def _runs(text: str) -> Iterator[str]:
    for match in _RUN.finditer(text):
        yield match.group()


def _pairs(run: str) -> list[str]:
    return list(map(add, run, run[1:])) if len(run) > 1 else [run]


def _is_han(run: str) -> bool:
    return _HAN_FIRST.match(run) is not None


def _cut(run: str) -> list[str]:
    import rjieba  # loads a 34 MB dictionary at its first call

    found: list[str] = rjieba.cut_for_search(run, False)
    return found


def _cut_once(run: str) -> list[str]:
    import rjieba

    found: list[str] = rjieba.cut(run, False)
    return found
