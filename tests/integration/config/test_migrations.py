"""The first migrations, which replaced many: what they make can be taken away again, and a database that stands
between two of those they replaced is refused."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def made() -> list[str]:
    """Columns, constraints, indexes, triggers and functions of our apps."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH tables AS (SELECT oid FROM pg_class WHERE relname ~ '^(automations|webhooks)_' AND relkind = 'r')
            SELECT format('%s.%s %s', attrelid::regclass, attname, atttypid::regtype) FROM pg_attribute
              WHERE attrelid IN (SELECT oid FROM tables) AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT pg_get_constraintdef(oid) || conname FROM pg_constraint
              WHERE conrelid IN (SELECT oid FROM tables)
            UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN (SELECT oid FROM tables)
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger
              WHERE tgrelid IN (SELECT oid FROM tables) AND NOT tgisinternal
            UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname ~ '^(automations|webhooks)_'
            """
        )
        return sorted(row[0] for row in cursor.fetchall())


def test_what_the_migrations_make_is_taken_away_and_made_again() -> None:
    before = made()
    assert len(before) > 1_000
    MigrationExecutor(connection).migrate([("webhooks", None), ("automations", None)])
    assert made() == []
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert made() == before


@pytest.mark.parametrize("app", ["automations", "webhooks"])
def test_a_database_with_a_part_of_what_was_replaced_is_refused(app: str) -> None:
    loader = MigrationLoader(None)
    ((key, first),) = [one for one in loader.replacements.items() if one[0][0] == app]
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*key)
    recorder.record_unapplied(*first.replaces[-1])
    with pytest.raises(CommandError, match=rf"{first.replaces[-1][1]} is the first that it lacks"):
        call_command("migrate", verbosity=0, skip_checks=False)


def test_a_database_with_all_that_was_replaced_goes_on() -> None:
    recorder = MigrationRecorder(connection)
    for key in MigrationLoader(None).replacements:
        recorder.record_unapplied(*key)
    call_command("migrate", verbosity=0, skip_checks=False)
    applied = recorder.applied_migrations()
    assert all(key in applied for key in MigrationLoader(None).replacements)
