"""Pages of floor 2."""

from core.i18n import N_
from core.web import Nav
from kb.pages import edit, gaps, read, suggestions

routes = [*suggestions.routes, *gaps.routes, *edit.routes, *read.routes]
nav = [Nav("kb", N_("知识库"), "/kb", ("kb.read",), order=70)]
