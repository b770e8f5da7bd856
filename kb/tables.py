"""Tables of floor 2: what we may answer. The search index (`kb_term`, `kb_posting`, …) is raw SQL in migrations."""

from piccolo.columns import Array, BigInt, Boolean, Date, Integer, Serial, Text, Timestamptz
from piccolo.table import Table


class Article(Table):
    """One answer. `matter` is opaque here; `valid_to` is the first moment at which it no longer holds.

    `index_pending` and `remote_pending`: our own index, and Meilisearch's, have not seen this version yet.
    """

    id: Serial
    code = Text(unique=True)
    title = Text()
    body = Text()
    folder = Text(default="")
    matter = Text(default="")
    question_forms = Array(base_column=Text())
    keywords = Array(base_column=Text())
    source = Text(default="")
    status = Text(default="draft")  # draft published expired withdrawn
    valid_from = Timestamptz(null=True, default=None)
    valid_to = Timestamptz(null=True, default=None)
    reviewed_at = Date(null=True, default=None)
    version = Integer(default=1)
    index_pending = Boolean(default=True)
    remote_pending = Boolean(default=True)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    updated_by = BigInt(null=True, default=None)


class ArticleVersion(Table):
    """What an article said before: one row for each version, with who wrote it and why."""

    id: Serial
    article = BigInt()
    version = Integer()
    title = Text()
    body = Text()
    status = Text()
    at = Timestamptz()
    by = BigInt(null=True, default=None)
    by_name = Text(default="")
    note = Text(default="")


class KbGap(Table):
    """A question without an answer, counted: the editors' work list. Long numbers are masked before."""

    id: Serial
    query = Text()
    matter = Text(default="")
    times = Integer(default=1)
    first_at = Timestamptz()
    last_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)
    answered_by = BigInt(null=True, default=None)
