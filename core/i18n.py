"""Words and dates in the reader's language. Chinese is the source: a msgid *is* the Chinese text.

English is all of `locale/en/*.po` together, a file an area; traditional Chinese is converted from the msgids
that English names (`core/traditional.py`). What a catalogue lacks is shown in Chinese, and `tests/test_translations.py` says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

from core import clock, traditional
from core.settings import ROOT, settings

LOCALES: Final = ("zh_CN", "en", "zh_TW")
#: How each calls itself, for the switch.
NAMES: Final = {"zh_CN": "简体中文", "en": "English", "zh_TW": "繁體中文"}
TAGS: Final = {"zh_CN": "zh-CN", "en": "en", "zh_TW": "zh-TW"}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_locale: ContextVar[str] = ContextVar("locale", default="zh_CN")


def _(text: str) -> str:
    """`text` in the reader's language."""
    return said(text, _locale.get())


def said(text: str, in_locale: str) -> str:
    if in_locale == "zh_CN":
        return text
    found = catalogue(in_locale).get(text)
    if found is not None:
        return found
    return traditional.traditional(text) if in_locale == "zh_TW" else text


def ngettext(one: str, many: str, n: int) -> str:
    """Two msgids, the first for one; `{n}` is filled in. Chinese has no plural: it may be twice the same."""
    return _(one if n == 1 else many).format(n=number(n))


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "to be translated where it is shown"
    return text


def locale() -> str:
    return _locale.get()


def set_locale(name: str) -> None:
    _locale.set(name if name in LOCALES else settings().default_locale)


@lru_cache
def offered() -> dict[str, str]:
    """What the switch shows: a language whose words are there."""
    return {name: own for name, own in NAMES.items() if name == "zh_CN" or catalogue(name)}


def choose(cookie: str | None, accept_language: str) -> str:
    """The locale for a request: what was chosen, else what the browser asks for, else the setting."""
    if cookie in LOCALES:
        return cookie
    for part in accept_language.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith(("zh-tw", "zh-hk", "zh-mo", "zh-hant")):
            return "zh_TW"
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return settings().default_locale


@lru_cache(maxsize=len(LOCALES))
def catalogue(name: str) -> dict[str, str]:
    """msgid → text; parsed once a change of the files, kept as JSON so that a start costs no parsing."""
    files = sorted((ROOT / "locale" / "en").glob("*.po"))
    files += [traditional.TERMS] if name == "zh_TW" else []
    stamp = hashlib.sha256(repr([(f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files]).encode())
    kept = settings().var_dir / "cache" / f"locale-{name}-{stamp.hexdigest()[:16]}.json"
    with contextlib.suppress(OSError, ValueError):
        found: dict[str, str] = json.loads(kept.read_text("utf-8"))
        return found
    words = read(f for f in files if f.suffix == ".po")
    if name == "zh_TW":
        words = {msgid: traditional.traditional(msgid) for msgid in words}
    with contextlib.suppress(OSError):
        _keep(kept, name, words)
    return words


def read(files: Iterable[Path]) -> dict[str, str]:
    """The messages of these PO files; fuzzy and empty ones are left out."""
    from babel.messages.pofile import read_po  # slow to import, and needed once a change of the files

    words: dict[str, str] = {}
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and isinstance(message.string, str) and not message.fuzzy:
                    words.update({message.id: message.string} if message.id and message.string else {})
    return words


def _keep(path: Path, name: str, words: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"locale-{name}-*.json"):
        old.unlink(missing_ok=True)
    half = path.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps(words, ensure_ascii=False), "utf-8")
    half.replace(path)


def number(n: float, digits: int = 0) -> str:
    """`1,234`: CLDR groups thousands by commas in all three languages, so there is one way."""
    return f"{n:,.{digits}f}"


def tongue(text: object) -> Markup:
    """` lang="zh-CN"` for an element of an English page that says something in Chinese, e.g. a name without an English one."""
    marked = _locale.get() == "en" and traditional.is_chinese(str(text))
    return Markup(' lang="zh-CN"' if marked else "")  # noqa: S704 - nothing of `text` is in it


def hour(moment: datetime) -> str:
    """`10:45`"""
    return clock.local(moment).strftime("%H:%M")


def day(when: datetime | date, today: date | None = None) -> str:
    """`11-24`, `24 Nov`; with the year when it is not this one."""
    if isinstance(when, datetime):
        when = clock.local(when).date()
    today = today or clock.local(clock.now()).date()
    if _locale.get() == "en":
        text = f"{when.day} {_MONTHS[when.month - 1]}"
        return text if when.year == today.year else f"{text} {when.year}"
    return f"{when:%m-%d}" if when.year == today.year else f"{when:%Y-%m-%d}"


def dated(when: date) -> str:
    """For what counts for years: `2026-11-24`, `24 Nov 2026`."""
    return (
        f"{when.day} {_MONTHS[when.month - 1]} {when.year}" if _locale.get() == "en" else f"{when:%Y-%m-%d}"
    )


def moment(when: datetime | None, now: datetime | None = None) -> str:
    """`10:45` today, else `11-24 10:45` / `24 Nov 10:45`; nothing for None."""
    if when is None:
        return ""
    here, today = clock.local(when), clock.local(now or clock.now()).date()
    time = f"{here:%H:%M}"
    return time if here.date() == today else f"{day(here.date(), today)} {time}"


def in_full(when: datetime) -> str:
    """For citizens: `11 月 24 日 10:45`, `11月24日 10:45` in Taiwan, `10:45 on 24 Nov`; the year when it is another."""
    here = clock.local(when)
    year = here.year != clock.local(clock.now()).year
    if _locale.get() == "en":
        text = f"{here:%H:%M} on {here.day} {_MONTHS[here.month - 1]}"
        return f"{text} {here.year}" if year else text
    text = f"{here.month} 月 {here.day} 日 {here:%H:%M}"
    text = f"{here.year} 年 {text}" if year else text
    return (
        text.replace(" 月 ", "月").replace(" 日 ", "日 ").replace(" 年 ", "年")
        if _locale.get() == "zh_TW"
        else text
    )


def weekday(when: date) -> str:
    """`周二`, `Tue`"""
    if _locale.get() == "en":
        return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[when.weekday()]
    return ("周" if _locale.get() == "zh_CN" else "週") + "一二三四五六日"[when.weekday()]
