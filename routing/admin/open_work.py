"""What floor 1 needs to know of what hangs on its units and matters; floor 3 knows it (`hotline/app.py` wires it)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from routing.admin.shares import Field

#: (unit ids, all of them ever) → how many work orders each has; units with none may be left out.
Counter = Callable[[Sequence[int], bool], Awaitable[dict[int, int]]]


async def _nobody_counts(_units: Sequence[int], _ever: bool) -> dict[int, int]:
    return {}


_count: Counter = _nobody_counts


def set_counter(counter: Counter) -> None:
    global _count
    _count = counter


async def open_work(units: Sequence[int], *, ever: bool = False) -> dict[int, int]:
    """Work orders still open at these units, or with `ever` all there were."""
    return await _count(units, ever)


#: unit id → where its open orders are and what about.
Spread = Callable[[int], Awaitable[list[Field]]]


async def _nothing_open(_unit: int) -> list[Field]:
    return []


_spread: Spread = _nothing_open


def set_spread(spread: Spread) -> None:
    global _spread
    _spread = spread


async def spread_of(unit: int) -> list[Field]:
    """The unit's open orders by place and matter."""
    return await _spread(unit)


#: matter codes → code → sentences about what refers to it or to its branch.
Uses = Callable[[Sequence[str]], Awaitable[dict[str, list[str]]]]


_uses: list[Uses] = []


def add_uses(uses: Uses) -> None:
    """One a floor above; wired at start."""
    if uses not in _uses:
        _uses.append(uses)


async def uses_of(codes: Sequence[str]) -> dict[str, list[str]]:
    """Who above refers to these matters or their branches, in words."""
    found: dict[str, list[str]] = {}
    for uses in _uses:
        for code, sentences in (await uses(codes)).items():
            found.setdefault(code, []).extend(sentences)
    return found
