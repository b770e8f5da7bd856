"""Pages of floor 4: the demo's telephone."""

from callbacks.pages import phone
from core.web import Nav

routes = [*phone.routes]
nav: list[Nav] = []
