"""Migrations leave what the version before reads and writes: while a rolling upgrade lasts both
work on one schema, and a rollback takes back programs alone."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted(REPOSITORY.glob("services/*/migrations/*.sql"))
# What takes something away, or asks for more than the version before gives. (NULL where there was
# none before concerns those who read it; that is for the reviewer.)
TAKES_AWAY = re.compile(
    r"DROP\s+(?:TABLE|COLUMN|FUNCTION|VIEW|TYPE|SCHEMA)|RENAME\s|SET\s+NOT\s+NULL"
    r"|DROP\s+DEFAULT|ALTER\s+COLUMN\s+\w+\s+(?:SET\s+DATA\s+)?TYPE"
    r"|ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+(?:(?!DEFAULT)[^,;])*NOT\s+NULL"
    r"(?:(?!DEFAULT)[^,;])*[,;]",
    re.I)
# They came before the first release: no version before it runs anywhere.
BEFORE_THE_FIRST_RELEASE = {
    "connections/migrations/0002_oauth_and_disconnecting.sql",
    "widget/migrations/0002_history_in_place.sql",
}


def statements(path):
    """Its text without comments."""
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MIGRATIONS,
                         ids=lambda path: str(path.relative_to(REPOSITORY / "services")))
def test_a_migration_leaves_what_the_version_before_uses(path):
    if str(path.relative_to(REPOSITORY / "services")) in BEFORE_THE_FIRST_RELEASE:
        return
    found = TAKES_AWAY.search(statements(path))
    assert found is None, f"{found[0]!r}: what nobody uses any more goes one version later"


@pytest.mark.parametrize("statement", [
    "ALTER TABLE a DROP COLUMN b;", "ALTER TABLE a RENAME TO b;", "DROP TABLE a;",
    "ALTER TABLE a ALTER COLUMN b SET NOT NULL;", "ALTER TABLE a ALTER COLUMN b TYPE bigint;",
    "ALTER TABLE a ADD COLUMN b bigint NOT NULL;",
])
def test_what_takes_away_is_seen(statement):
    assert TAKES_AWAY.search(statement)


@pytest.mark.parametrize("statement", [
    "ALTER TABLE a ADD COLUMN b bigint NOT NULL DEFAULT 0;", "ALTER TABLE a ADD COLUMN b bigint;",
    "CREATE TABLE a (b bigint NOT NULL, c text NOT NULL DEFAULT '');", "CREATE INDEX i ON a (b);",
])
def test_what_adds_is_let_through(statement):
    assert not TAKES_AWAY.search(statement)
