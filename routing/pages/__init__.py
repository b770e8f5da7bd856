"""What other desks fetch from this floor: hits for a few typed letters, and the suggested unit;
and administration's own pages for accounts and units."""

from __future__ import annotations

from typing import Any

from routing.pages import accounts, catalogue_checks, lookups, successions, suggestion, tokens

routes: list[Any] = [
    *accounts.routes,
    *catalogue_checks.routes,
    *lookups.routes,
    *successions.routes,
    *suggestion.routes,
    *tokens.routes,
]
