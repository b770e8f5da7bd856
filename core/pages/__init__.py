"""The ground floor's own pages: signing in, the account, administration, drafts, the live stream, files, runs, health."""

from core.pages import account, admin, api, drafts, files, health, keeping, runs, sign_in, stream
from core.web import Nav

routes = [
    *sign_in.routes,
    *account.routes,
    *admin.routes,
    *api.routes,
    *drafts.routes,
    *files.routes,
    *health.routes,
    *keeping.routes,
    *runs.routes,
    *stream.routes,
]
nav: list[Nav] = [*admin.nav]
