"""The desks: agent, dispatcher, unit, reviewer; the ticket's own page; search."""

from __future__ import annotations

from typing import Any

from core.web import Nav
from crm.pages import (
    admin_calendar,
    admin_limits,
    agent,
    attachments,
    calls,
    dispatching,
    following_up,
    importing,
    moves,
    orders,
    registering,
    reviewing,
    searching,
    supervising,
    tickets,
)

#: One module a desk; each has `routes`, and `nav` when it stands in the top bar.
PARTS: tuple[Any, ...] = (
    admin_calendar,
    admin_limits,
    agent,
    attachments,
    calls,
    dispatching,
    following_up,
    importing,
    moves,
    orders,
    registering,
    reviewing,
    searching,
    supervising,
    tickets,
)

routes: list[Any] = [handler for part in PARTS for handler in part.routes]
nav: list[Nav] = [item for part in PARTS for item in getattr(part, "nav", ())]
