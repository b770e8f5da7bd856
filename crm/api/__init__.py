"""The JSON API of the desks. Same verbs, same policy as the pages; errors are problem+json."""

from __future__ import annotations

from typing import Any

from crm.api import attachments, calls, dispatching, moves, orders, phones, reference, tickets

routes: list[Any] = [
    *tickets.routes,
    *moves.routes,
    *orders.routes,
    *dispatching.routes,
    *calls.routes,
    *phones.routes,
    *attachments.routes,
    *reference.routes,
]
