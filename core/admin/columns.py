"""Columns of a subject: what a cell may hold, how it is read from text and how it is shown. Pure.

A *value* is what Python holds (str, int, bool, date, tuple of str, None), a *cell* is its text in a form or a
sheet, and a *plain* value is what JSON holds in the audit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.i18n import LOCALES, N_, _, dated, said
from core.privacy import open_sealed

Value = Any
#: Column name → value.
Values = dict[str, Value]

_PARTS: Final = re.compile(r"[;；\n]+")
_YES: Final = frozenset({"1", "true", "yes", "y", "on"})
_NO: Final = frozenset({"", "0", "false", "no", "n", "off"})
YES, NO = N_("是"), N_("否")


@dataclass(frozen=True)
class Refers:
    """A column that names a row of another table. `sql` answers `value`, `word`, `word_en`; its values are the
    only ones that may be typed. `subject` is where that row is edited, when it is a subject."""

    sql: str
    subject: str = ""


@dataclass(frozen=True)
class Column:
    """`label`, `hint` and the words of `choices` are msgids. `kind`: text lines integer flag day choice parts reference.

    `fixed`: typed when the row is made, never changed afterwards. `derived`: shown, never typed; `by_verb`:
    the same, but kept in the table and set by a verb of the subject's own. `mask`: the table
    holds it sealed and people see what `mask` leaves of it; what is left empty in a form or sheet stays as it is.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    most: int = 200
    least: int | None = None
    greatest: int | None = None
    pattern: str = ""
    pattern_says: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    refers: Refers | None = None
    searched: bool = False
    listed: bool = True
    filtered: bool = False
    null: bool = False  # empty is NULL in the table
    fixed: bool = False
    derived: bool = False
    by_verb: bool = False
    mask: Callable[[str], str] | None = None
    hint: str = ""

    def parse(self, text: str) -> Value:
        """The value of a typed cell. Raises `ValueError` with a sentence for the person who typed it."""
        text = text.replace("\r\n", "\n").replace("\0", "").strip()
        if not text:
            if self.required and self.kind != "flag":
                raise ValueError(_("请填写这一项。"))
            return self.empty()
        if len(text) > self.most:
            raise ValueError(_("最多 {n} 个字，现在 {m} 个。").format(n=self.most, m=len(text)))
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise ValueError(_(self.pattern_says))
        return _READ[self.kind](self, text)

    @property
    def typed(self) -> bool:
        return not (self.derived or self.by_verb)

    @property
    def secret(self) -> bool:
        return self.mask is not None

    def empty(self) -> Value:
        if self.null:
            return None
        if self.kind == "flag":
            return False
        if self.kind == "parts":
            return ()
        return None if self.kind in {"integer", "day"} else ""

    def cell(self, value: Value) -> str:
        """The value as it is typed again: `parse` reads it back. Choices and flags by their own value."""
        if value is None or value == ():
            return ""
        if self.kind == "flag":
            return "1" if value else "0"
        if self.kind == "parts":
            return "；".join(value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def shown(self, value: Value) -> str:
        """As people read it, also in a sheet."""
        if self.kind == "flag":
            return _(YES) if value else _(NO)
        if isinstance(value, date):
            return dated(value)
        if self.kind == "choice":
            return _(dict(self.choices).get(value, value or ""))
        return self.cell(value)

    def options(self) -> list[tuple[str, str]]:
        """What a select offers, in the reader's words; empty where the column may be."""
        if self.kind == "flag":
            return [("0", _(NO)), ("1", _(YES))]
        words = [(value, _(word)) for value, word in self.choices]
        return words if self.required else [("", "—"), *words]

    def plain(self, value: Value) -> Any:
        """For JSON; of a secret no more than is shown."""
        if self.mask and value:
            return self.mask(value)
        if isinstance(value, date):
            return value.isoformat()
        return list(value) if isinstance(value, tuple) else value

    def revive(self, plain: Any) -> Value:
        """From JSON or a table's row."""
        if plain is None:
            return self.empty()
        if self.kind == "day" and isinstance(plain, str):
            return date.fromisoformat(plain)
        if isinstance(plain, bytes):
            plain = open_sealed(plain)
            return self.mask(plain) if self.mask else ""
        return tuple(plain) if self.kind == "parts" else plain


def _integer(column: Column, text: str) -> int:
    digits = text.removesuffix(".0")
    if not (digits.removeprefix("-").isascii() and digits.removeprefix("-").isdigit()):
        raise ValueError(_("请填一个数。"))
    number = int(digits)
    if (column.least is not None and number < column.least) or (
        column.greatest is not None and number > column.greatest
    ):
        raise ValueError(_("请填 {a} 到 {b} 之间的数。").format(a=column.least, b=column.greatest))
    return number


def _day(_column: Column, text: str) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-").split(" ")[0].split("T")[0])
    except ValueError:
        raise ValueError(_("请填日期，例如 2026-11-24。")) from None


def _flag(_column: Column, text: str) -> bool:
    typed = text.lower()
    if typed in _YES or typed in {said(YES, locale).lower() for locale in LOCALES}:
        return True
    if typed in _NO or typed in {said(NO, locale).lower() for locale in LOCALES}:
        return False
    raise ValueError(_("请填“是”或“否”。"))


def _choice(column: Column, text: str) -> str:
    for value, word in column.choices:
        if text == value or text in {said(word, locale) for locale in LOCALES}:
            return value
    words = _("、").join(_(word) for _value, word in column.choices)
    raise ValueError(_("只能填：{words}。").format(words=words))


def _parts(_column: Column, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in _PARTS.split(text) if part.strip()))


_READ: Final[dict[str, Callable[[Column, str], Value]]] = {
    "text": lambda _column, text: text,
    "lines": lambda _column, text: text,
    "reference": lambda _column, text: text,
    "integer": _integer,
    "day": _day,
    "flag": _flag,
    "choice": _choice,
    "parts": _parts,
}
