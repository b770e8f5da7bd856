"""What other desks fetch from this floor: hits for a few typed letters, and the suggested unit."""

from __future__ import annotations

from typing import Any

from routing.pages import catalogue_checks, lookups, suggestion

routes: list[Any] = [*lookups.routes, *suggestion.routes, *catalogue_checks.routes]
