"""Administration: one set of pages for every subject (`core/admin/subjects.py`; docs/admin.md)."""

from typing import Any

from core.i18n import N_
from core.pages.admin import changes, lists, rows, sheets
from core.web import Nav

routes: list[Any] = [*lists.routes, *rows.routes, *changes.routes, *sheets.routes]
nav = [Nav("admin", N_("管理"), "/admin", ("admin.see",), order=90)]
