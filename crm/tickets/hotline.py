"""The hotline itself as an officer: what its jobs do, they do under this name and with these rights only."""

from __future__ import annotations

from core.i18n import N_
from core.officers import Officer

NAME = N_("热线系统")
HOTLINE = Officer(
    0, "hotline", NAME, permissions=frozenset({"ticket.auto", "ticket.see", "ticket.confidential"})
)
