"""The story laid out for reading: round by round, how long each step took, runs of the same small thing folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Final

from core.i18n import N_, _
from crm.tickets.story import Told

#: What the reader may narrow the story to, by its name in the address.
SHOWN: Final = {"all": N_("全部"), "states": N_("只看状态"), "words": N_("只看写下的话")}
#: Small things that come in runs, and how many in a row are folded.
_FOLDED: Final = frozenset({"contact", "append", "urge", "try_follow_up", "escalate", "viewed"})
_RUN: Final = 3


@dataclass(frozen=True)
class Entry:
    """A line, or a run of lines with the same mark: `rest` are those behind the first. `took`: since the state before."""

    line: Told
    took: str = ""
    rest: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One round, the latest entry first."""

    round: int
    entries: tuple[Entry, ...]


def chapters(lines: Sequence[Told], shown: str = "all") -> list[Chapter]:
    """`lines` latest first, as `story.tell` gives them; `shown` is a key of `SHOWN`, anything else shows all."""
    took = _took(lines)
    kept = [line for line in lines if _is_shown(line, shown)]
    return [
        Chapter(number, tuple(_folded(of_round, took)))
        for number, of_round in groupby(kept, lambda x: x.round)
    ]


def _is_shown(line: Told, shown: str) -> bool:
    if shown == "states":
        return line.turns
    return shown != "words" or bool(line.detail)


def _took(lines: Sequence[Told]) -> dict[int, str]:
    """Version → how long the state before it lasted."""
    turning = [line for line in lines if line.turns]
    return {later.version: span(later.at - earlier.at) for later, earlier in pairwise(turning)}


def _folded(lines: Iterable[Told], took: dict[int, str]) -> Iterable[Entry]:
    for verb, run in groupby(lines, lambda line: line.verb):
        members = list(run)
        if verb in _FOLDED and len(members) >= _RUN:
            yield Entry(members[0], rest=tuple(members[1:]))
        else:
            yield from (Entry(line, took.get(line.version, "") if line.turns else "") for line in members)


def span(time: timedelta) -> str:
    """`3 天 2 时`, `2 时 5 分`, `4 分`; nothing under a minute."""
    minutes = time // timedelta(minutes=1)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return _("{d} 天 {h} 时").format(d=days, h=hours) if hours else _("{d} 天").format(d=days)
    if hours and not minutes % 60:
        return _("{h} 时").format(h=hours)
    if hours:
        return _("{h} 时 {m} 分").format(h=hours, m=minutes % 60)
    return _("{m} 分").format(m=minutes) if minutes else ""
