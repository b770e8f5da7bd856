"""The JSON API. Same verbs, same policy as the desks; errors are problem+json."""

from __future__ import annotations

from typing import Any

from crm.api import tickets

routes: list[Any] = [*tickets.routes]
