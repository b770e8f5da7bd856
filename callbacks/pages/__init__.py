"""Pages of floor 4: a citizen's ticket by link, the line to the citizen, the demo's telephone; and what carriers call."""

from callbacks import webhooks
from callbacks.pages import admin_texts, carrier, citizen, phone
from core.web import Nav

routes = [*phone.routes, *citizen.routes, *carrier.routes, *admin_texts.routes, *webhooks.routes]
nav: list[Nav] = carrier.nav
