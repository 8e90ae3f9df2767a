"""The full-text index of search_entry: FTS5 on SQLite, a generated tsvector on PostgreSQL, as migrations make it.

Both index `title` above `body`, both stem English.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SQLITE_CREATE = [
    """CREATE VIRTUAL TABLE search_fts USING fts5(
        title, body, content='search_entry', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")""",
    """CREATE TRIGGER search_fts_insert AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
    """CREATE TRIGGER search_fts_delete AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_fts(search_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END""",
    """CREATE TRIGGER search_fts_update AFTER UPDATE OF title, body ON search_entry BEGIN
        INSERT INTO search_fts(search_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
]
SQLITE_DROP = [
    "DROP TRIGGER search_fts_insert",
    "DROP TRIGGER search_fts_delete",
    "DROP TRIGGER search_fts_update",
    "DROP TABLE search_fts",
]
# Stories for themselves: few among their comments.
SQLITE_STORIES_CREATE = [
    """CREATE VIRTUAL TABLE search_story_fts USING fts5(
        title, body, content='search_entry', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")""",
    """CREATE TRIGGER search_story_fts_insert AFTER INSERT ON search_entry WHEN new.comment_id IS NULL BEGIN
        INSERT INTO search_story_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
    """CREATE TRIGGER search_story_fts_delete AFTER DELETE ON search_entry WHEN old.comment_id IS NULL BEGIN
        INSERT INTO search_story_fts(search_story_fts, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body); END""",
    """CREATE TRIGGER search_story_fts_update AFTER UPDATE OF title, body ON search_entry WHEN old.comment_id IS NULL BEGIN
        INSERT INTO search_story_fts(search_story_fts, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_story_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
]
# For a table that was filled while its triggers were away.
SQLITE_STORIES_FILL = [
    "INSERT INTO search_story_fts(search_story_fts) VALUES ('delete-all')",
    """INSERT INTO search_story_fts(rowid, title, body)
        SELECT id, title, body FROM search_entry WHERE comment_id IS NULL""",
]
SQLITE_STORIES_DROP = [
    "DROP TRIGGER search_story_fts_insert",
    "DROP TRIGGER search_story_fts_delete",
    "DROP TRIGGER search_story_fts_update",
    "DROP TABLE search_story_fts",
]
POSTGRES_CREATE = [
    """ALTER TABLE search_entry ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'D')) STORED""",
    "CREATE INDEX search_entry_vector ON search_entry USING gin (vector)",
]
POSTGRES_DROP = ["ALTER TABLE search_entry DROP COLUMN vector"]
# An entry's window is its id without so many bits.
WINDOW_BITS = 12
# Said otherwise than in `one_entry_per_story`: PostgreSQL would rather walk that index from end to end.
STORIES, COMMENTS = "COALESCE(comment_id, 0) = 0", "COALESCE(comment_id, 0) > 0"
_WORDS = f"ON search_entry USING gin ((ARRAY[id >> {WINDOW_BITS}]), vector) WHERE"
# Name -> all that follows it; these take the place of those of POSTGRES_OLD.
POSTGRES_WINDOWS = {"entry_story_words": f"{_WORDS} {STORIES}", "entry_comment_words": f"{_WORDS} {COMMENTS}"}
POSTGRES_OLD = {"search_entry_vector": "ON search_entry USING gin (vector)"}


def create_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    _execute(schema_editor, SQLITE_CREATE, POSTGRES_CREATE)


def drop_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    _execute(schema_editor, SQLITE_DROP, POSTGRES_DROP)


def _execute(schema_editor: BaseDatabaseSchemaEditor, sqlite: list[str], postgres: list[str]) -> None:
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgres:
        schema_editor.execute(statement)
