"""Pages of floor 4: a citizen's ticket by link, the demo's telephone."""

from callbacks import webhooks
from callbacks.pages import citizen, phone
from core.web import Nav

routes = [*phone.routes, *citizen.routes, *webhooks.routes]
nav: list[Nav] = []
