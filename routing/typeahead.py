"""What a few typed letters mean: Chinese, pinyin, initials, English or a code, with the letters that matched.

Pure, in the process. A name is a row of letters, each with its syllable; typed text is eaten letter by letter,
every letter by itself or by the head of its syllable: `供热`, `gongre`, `gr`, `gongr` and `供r` all find 供热.
From one part of a path the typed text may jump to the start of a later one (`wydt`: 物业管理 › 电梯); last come
names that hold the typed initials in order with gaps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from core.traditional import simplified

LONGEST: Final = 32
_DROPPED: Final = re.compile(r"['’‘`´\s›>·・,，、-]+")
_PART: Final = re.compile(r"(?<=[›·\s(（])|(?<=[区市县])(?=[^›·\s]{2})")
_ENGLISH_WORD: Final = re.compile(r"[A-Za-z0-9']+")

# Ranks: the lower the better, steps far enough apart that details only order within a rank.
_WHOLE, _CODE, _START, _INSIDE, _ENGLISH, _GAPS = 0.0, 10.0, 20.0, 40.0, 50.0, 100.0
_JUMP = 6.0


def plain(typed: str) -> str:
    """As it is compared: NFKC, lower case, simplified, without apostrophes, spaces and path separators
    (`ＧＲ'b` → `grb`, `供熱` → `供热`)."""
    return _DROPPED.sub("", simplified(unicodedata.normalize("NFKC", typed).lower()))[:LONGEST]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be found. `pinyin` holds one syllable for each letter or digit of `text`."""

    key: str
    text: str
    pinyin: str
    code: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text, and whether it is what was typed."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """`marks` are positions in `text`, `marks_en` in `text_en`; `spelling` the syllables with their matched heads;
    `code_mark` is how much of `code` was typed."""

    key: str
    text: str
    code: str
    text_en: str
    marks: tuple[int, ...]
    marks_en: tuple[int, ...]
    spelling: tuple[Run, ...]
    code_mark: int
    rank: float

    def runs(self) -> list[Run]:
        return _runs(self.text, self.marks)

    def runs_en(self) -> list[Run]:
        return _runs(self.text_en, self.marks_en)


@dataclass(frozen=True, slots=True)
class _Letters:
    """An entry taken apart: its letters, their places in the text and syllables, and where parts start."""

    entry: Entry
    letters: str
    places: tuple[int, ...]
    syllables: tuple[str, ...]
    initials: str
    parts: tuple[int, ...]
    alphabet: frozenset[str]
    english: str
    english_places: tuple[int, ...]
    english_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    """Letters (index) with how much of each syllable was typed; 0 = the letter itself."""

    rank: float
    eaten: tuple[tuple[int, int], ...] = ()
    english: tuple[int, ...] = ()
    code: int = 0


class Index:
    """Entries ready to be searched; made once, used by every look-up of the process."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._all = [_take_apart(entry) for entry in entries]
        self._starts: dict[str, list[tuple[int, int]]] = {}
        self._english: dict[str, list[tuple[int, int]]] = {}
        self._codes = [(plain(item.entry.code), n) for n, item in enumerate(self._all) if item.entry.code]
        for n, item in enumerate(self._all):
            for place, (letter, syllable) in enumerate(zip(item.letters, item.syllables, strict=True)):
                for head in {letter, syllable[0]}:
                    self._starts.setdefault(head, []).append((n, place))
            for start in item.english_starts:
                self._english.setdefault(item.english[start], []).append((n, start))

    def search(
        self,
        typed: str,
        limit: int = 8,
        *,
        often: Mapping[str, int] | None = None,
        keep: Callable[[str], bool] | Collection[str] | None = None,
    ) -> list[Hit]:
        """The best hits. `often` (key → how often chosen) orders equals; `keep` leaves out other keys."""
        query = plain(typed)
        if not query:
            return []
        found = self._matches(query)
        if len(found) < limit:
            for n, match in self._gapped(query).items():
                found.setdefault(n, match)
        kept = _keeper(keep)
        often = often or {}
        ordered = sorted(
            (match.rank, -often.get(self._all[n].entry.key, 0), n)
            for n, match in found.items()
            if kept is None or kept(self._all[n].entry.key)
        )
        return [_hit(self._all[n], found[n]) for _rank, _often, n in ordered[:limit]]

    def _matches(self, query: str) -> dict[int, _Match]:
        found: dict[int, _Match] = {}
        for code, n in self._codes:
            if code.startswith(query):
                _better(found, n, _Match(_WHOLE if code == query else _CODE, code=len(query)))
        alphabet = frozenset(query)
        for n, place in self._starts.get(query[0], ()):
            item = self._all[n]
            if item.alphabet >= alphabet and (len(query) > 1 or place in item.parts):
                match = _eat(item, query, place)
                if match is not None:
                    _better(found, n, match)
        for n, start in self._english.get(query[0], ()):
            item = self._all[n]
            if item.english.startswith(query, start):
                rank = _ENGLISH + (0 if start == 0 else 2)
                _better(found, n, _Match(rank, english=item.english_places[start : start + len(query)]))
        return found

    def _gapped(self, query: str) -> dict[int, _Match]:
        found: dict[int, _Match] = {}
        alphabet = frozenset(query)
        for n, place in self._starts.get(query[0], ()) if len(query) > 1 else ():
            item = self._all[n]
            match = _with_gaps(item, query, place) if item.alphabet >= alphabet else None
            if match is not None:
                _better(found, n, match)
        return found


def _take_apart(entry: Entry) -> _Letters:
    text = unicodedata.normalize("NFC", entry.text)
    places = tuple(n for n, char in enumerate(text) if char.isalnum())
    letters = "".join(text[n].lower() for n in places)
    syllables = tuple(entry.pinyin.split())
    if len(syllables) != len(letters):
        raise ValueError(f"{entry.key}: {len(letters)} letters, {len(syllables)} syllables")
    breaks = {0, *(found.start() for found in _PART.finditer(text))}
    index = {place: n for n, place in enumerate(places)}
    parts = tuple(sorted({n for place, n in index.items() if place in breaks}))
    initials = "".join(syllable[0] for syllable in syllables)
    words = list(_ENGLISH_WORD.finditer(entry.text_en))
    spots = [n for word in words for n in range(*word.span()) if entry.text_en[n] != "'"]
    at = {place: n for n, place in enumerate(spots)}
    return _Letters(
        entry, letters, places, syllables, initials, parts, frozenset(letters).union(*syllables),
        "".join(entry.text_en[n].lower() for n in spots), tuple(spots),
        tuple(at[word.start()] for word in words if word.start() in at),
    )  # fmt: skip


def _eat(item: _Letters, query: str, start: int) -> _Match | None:
    """The query from letter `start` on, letter after letter, jumping only to starts of parts. None if it does not fit."""
    if item.syllables[start].startswith(query):  # most of what is typed first: no search needed
        eaten: tuple[tuple[int, int], ...] | None = ((start, len(query)),)
    else:
        eaten = _search(item, query, start)
    return None if eaten is None else _Match(_rank(item, eaten, start), eaten)


def _search(item: _Letters, query: str, start: int) -> tuple[tuple[int, int], ...] | None:
    dead: set[tuple[int, int]] = set()

    def go(letter: int, at: int) -> tuple[tuple[int, int], ...] | None:
        if at == len(query):
            return ()
        if letter >= len(item.letters) or (letter, at) in dead:
            return None
        for size, kind in _bites(item, letter, query, at):
            for following in (letter + 1, *(part for part in item.parts if part > letter + 1)):
                rest = go(following, at + size)
                if rest is not None:
                    return ((letter, kind), *rest)
                if at + size == len(query):
                    break
        dead.add((letter, at))
        return None

    return go(start, 0)


def _bites(item: _Letters, letter: int, query: str, at: int) -> list[tuple[int, int]]:
    """Ways to eat one letter: (characters of the query, characters of the syllable), longest first; 0 = itself."""
    syllable = item.syllables[letter]
    longest = 0
    while longest < len(syllable) and query.startswith(syllable[longest], at + longest):
        longest += 1
    bites = [(size, size) for size in range(longest, 0, -1)]
    if query[at] == item.letters[letter] and syllable != item.letters[letter]:
        bites.insert(0, (1, 0))
    return bites


def _rank(item: _Letters, eaten: tuple[tuple[int, int], ...], start: int) -> float:
    jumps = sum(1 for (a, _), (b, _) in pairwise(eaten) if b != a + 1)
    base = _START if start in item.parts else _INSIDE
    if len(eaten) == len(item.letters):
        base -= 5
    elif start and start == item.parts[-1]:
        base += 1 if start + len(eaten) == len(item.letters) else 2
    elif start:
        base += 3
    return base + jumps * _JUMP


def _with_gaps(item: _Letters, query: str, start: int) -> _Match | None:
    """Initials or letters of the query in order after `start`, not too far apart to be meant."""
    furthest = start + 2 * len(query) + 1
    eaten: list[tuple[int, int]] = []
    at = start
    for char in query:
        letter, initial = item.letters.find(char, at, furthest), item.initials.find(char, at, furthest)
        if letter < 0 and initial < 0:
            return None
        at = letter if initial < 0 or 0 <= letter <= initial else initial
        eaten.append((at, 0 if at == letter else 1))
        at += 1
    return _Match(_GAPS + at - start - len(query) + (0 if start in item.parts else 5), tuple(eaten))


def _better(found: dict[int, _Match], n: int, match: _Match) -> None:
    if n not in found or match.rank < found[n].rank:
        found[n] = match


def _keeper(keep: Callable[[str], bool] | Collection[str] | None) -> Callable[[str], bool] | None:
    if keep is None or callable(keep):
        return keep
    return keep.__contains__


def _hit(item: _Letters, match: _Match) -> Hit:
    heads = dict(match.eaten)
    spelling: list[Run] = []
    for n, syllable in enumerate(item.syllables):
        head = heads.get(n, -1)
        size = len(syllable) if head == 0 else max(head, 0)
        spelling += [
            Run(part, hit) for part, hit in ((syllable[:size], True), (syllable[size:], False)) if part
        ]
    entry = item.entry
    marks = tuple(item.places[n] for n, _size in match.eaten)
    return Hit(
        entry.key, entry.text, entry.code, entry.text_en, marks, match.english, tuple(spelling), match.code, match.rank
    )  # fmt: skip


def _runs(text: str, marks: tuple[int, ...]) -> list[Run]:
    marked = set(marks)
    runs: list[Run] = []
    for n, char in enumerate(text):
        hit = n in marked
        if runs and runs[-1].hit == hit:
            runs[-1] = Run(runs[-1].text + char, hit)
        else:
            runs.append(Run(char, hit))
    return runs
