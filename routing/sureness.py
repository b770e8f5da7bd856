"""How sure the catalogue is of a lead: pure figures, so that a reason can be checked against them.

Without history it is how specific the line is. Each dispatch on the line then counts as evidence: of `dispatched`,
`upheld` came back rightly. The specificity weighs as much as twenty dispatches, so three lucky ones do not make
a vague line sure, and a line that keeps coming back falls, however specific it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.i18n import N_

#: By depth of the line's matter: everything else, top level, group, leaf.
BY_MATTER: Final = (40, 70, 84, 92)
#: Added by depth of its place: the whole city, a district, a street.
BY_PLACE: Final = (0, 4, 6)
PRIOR_WEIGHT: Final = 20
HIGHEST: Final = 99
#: Where two equally specific lines disagree, somebody has to look, whatever the history.
DISPUTED: Final = 74
SURE: Final = 85
LIKELY: Final = 75


@dataclass(frozen=True, slots=True)
class History:
    """Dispatches on a line in `days` days, and how many of them came back with the return upheld."""

    dispatched: int = 0
    upheld: int = 0
    days: int = 90


def per_cent(
    matter_depth: int, place_depth: int, *, disputed: bool = False, history: History | None = None
) -> int:
    """0 … 99. ValueError for a history with more returns than dispatches."""
    share = min(BY_MATTER[matter_depth] + BY_PLACE[place_depth], HIGHEST)
    if history is not None and history.dispatched:
        if not 0 <= history.upheld <= history.dispatched:
            raise ValueError(f"{history.upheld} of {history.dispatched} dispatches came back")
        kept = history.dispatched - history.upheld
        share = (share * PRIOR_WEIGHT + 100 * kept) // (PRIOR_WEIGHT + history.dispatched)
    return min(share, DISPUTED if disputed else HIGHEST)


def word(share: int) -> str:
    """高 · 中 · 低, as a msgid."""
    return N_("高") if share >= SURE else N_("中") if share >= LIKELY else N_("低")
