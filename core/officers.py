"""Somebody signed in, and what they may do.

Rights are opaque strings here; they come from posts on the floor above through `set_grants`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date

from core import clock


@dataclass(frozen=True)
class Grants:
    """What an account's posts add up to on a day.

    `scopes`: ids of the units in the posts' sub-trees. `posts`: each in Chinese and in English.
    """

    permissions: frozenset[str] = frozenset()
    scopes: frozenset[int] = frozenset()
    unit: int | None = None
    roles: frozenset[str] = frozenset()
    posts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Officer:
    """Somebody signed in, with what they may do today."""

    id: int
    username: str
    name: str
    locale: str = "zh_CN"
    density: str = "dense"
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[int] = frozenset()
    unit: int | None = None
    roles: frozenset[str] = frozenset()
    posts: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def can(self, *permissions: str) -> bool:
        """Any of them. `admin.*` covers whatever begins with `admin.`."""
        return any(covers(self.permissions, permission) for permission in permissions)

    def narrowed(self, to: frozenset[str]) -> Officer:
        """The same officer with no right outside `to` (an API token's scopes)."""
        both = {p for p in self.permissions if covers(to, p)} | {p for p in to if covers(self.permissions, p)}
        return replace(self, permissions=frozenset(both))


def covers(held: frozenset[str], permission: str) -> bool:
    return permission in held or f"{permission.partition('.')[0]}.*" in held


GrantsLoader = Callable[[int, date], Awaitable[Grants]]


async def _no_grants(_account: int, _on: date) -> Grants:
    return Grants()


_load_grants: GrantsLoader = _no_grants


def set_grants(loader: GrantsLoader) -> None:
    """Where permissions come from; wired at start."""
    global _load_grants
    _load_grants = loader


async def grants_of(account: int) -> Grants:
    return await _load_grants(account, clock.local(clock.now()).date())
