"""The ground floor's own pages: signing in, the account, drafts, the live stream, files, health."""

from core.pages import account, drafts, files, health, sign_in, stream
from core.web import Nav

routes = [*sign_in.routes, *account.routes, *drafts.routes, *files.routes, *health.routes, *stream.routes]
nav: list[Nav] = []
