"""The dispatcher's filters: read from the URL, shown as chips, written back into the URL. Unknown values drop out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

from core import i18n
from core.i18n import N_, _
from core.officers import Officer
from crm.lines import LineRow, lines
from crm.tickets.words import KIND, URGENCY, kind_word, status_word, urgency_word
from routing.matters import children
from routing.places import districts
from routing.rulebook import Rulebook, rulebook

LIGHTS = {"red": N_("超期"), "orange": N_("将到期"), "yellow": N_("过半"), "green": N_("充裕")}
MARKS = {
    "urged": N_("催办"),
    "returned": N_("退过单"),
    "redo": N_("重办"),
    "confidential": N_("保密"),
    "mine": N_("我领的"),
}
#: Name in the URL → label; these take several values, joined by commas.
LABELS = {
    "status": N_("状态"),
    "urgency": N_("紧急"),
    "light": N_("灯"),
    "kind": N_("类型"),
    "matter": N_("大类"),
    "district": N_("区"),
    "line": N_("线路"),
    "mark": N_("标记"),
}
SEVERAL = frozenset({"status", "urgency", "kind"})


@dataclass(frozen=True)
class Option:
    value: str
    word: str
    url: str
    on: bool


@dataclass(frozen=True)
class Chip:
    """A filter as shown: `words` of what is chosen (empty: nothing), `without` is the URL that drops it."""

    name: str
    label: str
    words: str
    without: str
    options: list[Option]


@dataclass(frozen=True)
class Filters:
    """`values`: name → chosen values; `words`: name → every value's word, as far as the site knows them."""

    values: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Mapping[str, str]] = field(repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    edition: int = 0

    @property
    def bar(self) -> Bar:
        """The chips as they stand: what the page keeps once it is written."""
        return Bar(self.edition, self.query(), self)

    def chosen(self, officer: Officer) -> dict[str, Any]:
        """As `crm.tickets.queries` understands it."""
        found: dict[str, Any] = {
            name: list(values) if name in SEVERAL else values[0] for name, values in self.values.items()
        }
        if "urgency" in found:
            found["urgency"] = [int(value) for value in found["urgency"]]
        if "line" in found:
            found["line"] = self.lines[found["line"]]
        if found.get("mark") == "mine":
            del found["mark"]
            found["claimed_by"] = officer.id
        return found

    def query(self, **changed: Iterable[str]) -> str:
        """The URL's query with these filters changed; "" for none."""
        values = {**self.values, **{name: tuple(value) for name, value in changed.items()}}
        return urlencode({n: ",".join(values[n]) for n in LABELS if values.get(n)}, safe=",")

    def url(self, **changed: Iterable[str]) -> str:
        query = self.query(**changed)
        return f"/dispatch?{query}" if query else "/dispatch"

    def chips(self) -> list[Chip]:
        return [self._chip(name) for name in LABELS]

    def _chip(self, name: str) -> Chip:
        on = self.values.get(name, ())
        options = [
            Option(value, word, self.url(**{name: self._toggled(name, value)}), value in on)
            for value, word in self.words[name].items()
        ]
        said = _("、").join(self.words[name].get(value, value) for value in on)
        return Chip(name, _(LABELS[name]), said, self.url(**{name: ()}), options)

    def _toggled(self, name: str, value: str) -> tuple[str, ...]:
        on = self.values.get(name, ())
        if value in on:
            return tuple(other for other in on if other != value)
        return (*on, value) if name in SEVERAL else (value,)


@dataclass(frozen=True)
class Bar:
    """Two bars of one edition of the words and one query look the same."""

    edition: int
    query: str
    filters: Filters = field(compare=False)


async def read(params: Mapping[str, str]) -> Filters:
    """From the URL's query."""
    edition, known, words = await _known()
    values = {name: _given(name, params.get(name, ""), words[name]) for name in LABELS}
    return Filters(
        {name: value for name, value in values.items() if value},
        words,
        {number: row.id for number, row in known.items()},
        edition,
    )


async def _known() -> tuple[int, Mapping[str, LineRow], dict[str, Mapping[str, str]]]:
    """Edition, lines, and every value's word in the reader's language; made anew when lines or reference data are."""
    known, book, locale = await lines(), await rulebook(), i18n.locale()
    kept = _editions.get(locale)
    if kept is None or kept[1] is not known or kept[2] is not book:
        kept = _editions[locale] = (next(_numbers), known, book, await _words(known))
    return kept[0], known, kept[3]


async def _words(known: Mapping[str, LineRow]) -> dict[str, Mapping[str, str]]:
    return {
        "status": {status: status_word(status) for status in ("received", "redo")},
        "urgency": {str(level): urgency_word(level) for level in URGENCY},
        "light": {light: _(word) for light, word in LIGHTS.items()},
        "kind": {kind: kind_word(kind) for kind in KIND},
        "matter": {matter.code: _either(matter.name, matter.path_name_en) for matter in await children()},
        "district": {code: _either(*both) for code, both in (await districts()).items()},
        "line": {number: f"{number} {_either(row.name, row.name_en)}" for number, row in known.items()},
        "mark": {mark: _(word) for mark, word in MARKS.items()},
    }


_numbers = count(1)
_editions: dict[str, tuple[int, Mapping[str, LineRow], Rulebook, dict[str, Mapping[str, str]]]] = {}


def _given(name: str, text: str, words: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(value for value in dict.fromkeys(text.split(",")) if value in words)
    return found if name in SEVERAL else found[:1]


def _either(chinese: str, english: str) -> str:
    return english if i18n.locale() == "en" and english else chinese
