"""The search index of floor 2, and indexes of its tables."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.schema import statements

ID = "2026-11-22T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search index, checks, indexes"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="kb", description=DESCRIPTION)
    manager.add_raw(statements(*ARTICLES, *SEARCH))
    return manager


ARTICLES = (
    "ALTER TABLE article ADD CONSTRAINT article_status CHECK (status IN ('draft','published','expired','withdrawn'))",
    "ALTER TABLE article ADD CONSTRAINT article_validity CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_from < valid_to)",
    "CREATE INDEX article_index_pending ON article (id) WHERE index_pending",
    "CREATE INDEX article_remote_pending ON article (id) WHERE remote_pending",
    "CREATE INDEX article_ends ON article (valid_to) WHERE status = 'published' AND valid_to IS NOT NULL",
    "CREATE INDEX article_latest ON article (updated_at DESC, id DESC)",
    "CREATE INDEX article_folder ON article (folder, updated_at DESC, id DESC)",
    "CREATE INDEX article_matter ON article (matter) WHERE matter <> ''",
    "CREATE INDEX article_title ON article (lower(title)) WHERE status = 'published'",
    "CREATE INDEX article_code_upper ON article (upper(code)) WHERE status = 'published'",
    "CREATE UNIQUE INDEX article_version_no ON article_version (article, version)",
    "CREATE UNIQUE INDEX kb_gap_open ON kb_gap (query, matter) WHERE answered_at IS NULL",
    "CREATE INDEX kb_gap_latest ON kb_gap (last_at DESC, id DESC) WHERE answered_at IS NULL",
)

SEARCH = (
    # How many articles hold a term: its rarity is worked out when it is asked for, so it is never out of date.
    "CREATE TABLE kb_term (id serial PRIMARY KEY, term text NOT NULL UNIQUE, articles integer NOT NULL DEFAULT 0)",
    # The other half of BM25: how often a term is in an article, levelled by the article's length.
    "CREATE TABLE kb_posting (term integer NOT NULL, article integer NOT NULL, weight real NOT NULL,"
    " PRIMARY KEY (term, article) INCLUDE (weight))",
    "CREATE TABLE kb_indexed (article integer PRIMARY KEY, length integer NOT NULL, terms integer[] NOT NULL)",
    # One row: the index as a whole, locked by whoever writes to it.
    "CREATE TABLE kb_index (id integer PRIMARY KEY CHECK (id = 1), articles integer NOT NULL DEFAULT 0,"
    " total_length bigint NOT NULL DEFAULT 0, level_length real NOT NULL DEFAULT 0)",
    "INSERT INTO kb_index (id) VALUES (1)",
)
