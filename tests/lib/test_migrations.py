"""Changes of large tables: which ones our migrations may make, and that those are made in steps that can be repeated."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import OperationalError, connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from kakehashi.lib import migrations as ours
from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently, Lengthen, RemoveIndexConcurrently

# Released before there was anything to keep answering, or with what they index made just before.
FIRST = {"0001_initial", "0002_fulltext"}
OURS = (AddColumn, AddIndexConcurrently, Lengthen, RemoveIndexConcurrently)
# What takes a large table for as long as it has rows.
SLOW = (
    migrations.AddField,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AddConstraint,
    migrations.AlterField,
)


def later_migrations() -> list[migrations.Migration]:
    disk = MigrationLoader(None).disk_migrations
    rooms = {name.rsplit(".", 1)[-1] for name in settings.INSTALLED_APPS if name.startswith("kakehashi.")}
    return [migration for (app, name), migration in disk.items() if app in rooms and name not in FIRST]


def locking_operations(migration: migrations.Migration) -> list[str]:
    """The operations of a migration that may stop readers of a table that was there before."""
    new = {
        operation.name.lower() for operation in migration.operations if isinstance(operation, migrations.CreateModel)
    }
    return [
        f"{migration}: {operation.describe()}"
        for operation in migration.operations
        if isinstance(operation, SLOW)
        and not isinstance(operation, OURS)
        and getattr(operation, "model_name", "").lower() not in new
    ]


def test_later_migrations_stop_nobody() -> None:
    found = later_migrations()
    assert found
    assert [said for migration in found for said in locking_operations(migration)] == []
    stepwise = [m for m in found if any(isinstance(o, OURS) for o in m.operations)]
    assert [str(migration) for migration in stepwise if migration.atomic] == []


def test_the_rule_sees_what_stops_readers() -> None:
    class Wrong(migrations.Migration):
        operations = [
            migrations.AddField("comment", "mood", models.IntegerField(default=0)),
            migrations.AddIndex("comment", models.Index(fields=["mood"], name="by_mood")),
            AddColumn("comment", "tone", models.IntegerField(default=0)),
            migrations.CreateModel("Mood", [("id", models.AutoField(primary_key=True))]),
            migrations.AddIndex("mood", models.Index(fields=["id"], name="of_mood")),
        ]

    assert len(locking_operations(Wrong("wrong", "comments"))) == 2


@pytest.fixture
def table(django_db_serialized_rollback: None, transactional_db: None) -> Iterator[ProjectState]:
    """A table of 100 rows in an app of its own, as the state that migrations start from. Django's introspection does not
    get through a check of one digit among others on SQLite."""
    state = ProjectState()
    one_of = models.CheckConstraint(condition=models.Q(n__in=range(101)), name="pebble_n")
    create = migrations.CreateModel(
        "Pebble",
        [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())],
        options={"constraints": [one_of]},
    )
    after = state.clone()
    create.state_forwards("shore", after)
    with connection.schema_editor(atomic=False) as editor:
        create.database_forwards("shore", editor, state, after)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO shore_pebble (n) VALUES (%s)", [(n,) for n in range(100)])
    yield after
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shore_pebble")


def has_index() -> bool:
    """Whether the index on the table is there."""
    places = {"sqlite": "sqlite_master WHERE name", "postgresql": "pg_indexes WHERE indexname"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {places[connection.vendor]} = 'pebble_by_weight'")
        return cursor.fetchone() is not None


def apply(operation: migrations.operations.base.Operation, before: ProjectState) -> ProjectState:
    after = before.clone()
    operation.state_forwards("shore", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("shore", editor, before, after)
    return after


WEIGHT = AddColumn("pebble", "weight", models.PositiveIntegerField(default=7))
INDEX = AddIndexConcurrently("pebble", models.Index(fields=["weight", "n"], name="pebble_by_weight"))


def test_a_column_has_its_default_in_old_rows_and_in_those_of_the_version_before(table: ProjectState) -> None:
    after = apply(WEIGHT, table)
    apply(WEIGHT, table)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shore_pebble (n) VALUES (100)")
    Pebble = after.apps.get_model("shore", "Pebble")
    assert set(Pebble.objects.values_list("weight", flat=True)) == {7}
    assert Pebble.objects.count() == 101
    with pytest.raises(Exception, match=r"(?i)check"), connection.cursor() as cursor:
        cursor.execute("UPDATE shore_pebble SET weight = -1")


def test_an_index_is_built_once_and_anew_where_its_building_was_broken_off(table: ProjectState) -> None:
    with_column = apply(WEIGHT, table)
    apply(INDEX, with_column)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pebble_by_weight'::regclass")
    apply(INDEX, with_column)
    assert has_index()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'pebble_by_weight'::regclass")
            assert cursor.fetchone() == (True,)


def test_an_index_can_be_taken_back(table: ProjectState) -> None:
    with_column = apply(WEIGHT, table)
    with_index = apply(INDEX, with_column)
    with connection.schema_editor(atomic=False) as editor:
        INDEX.database_backwards("shore", editor, with_index, with_column)
    assert not has_index()


def test_an_index_is_dropped_once_and_can_be_had_back(table: ProjectState) -> None:
    with_index = apply(INDEX, apply(WEIGHT, table))
    removal = RemoveIndexConcurrently("pebble", "pebble_by_weight")
    without = apply(removal, with_index)
    assert not has_index()
    apply(removal, with_index)
    with connection.schema_editor(atomic=False) as editor:
        removal.database_backwards("shore", editor, without, with_index)
    assert has_index()


def test_a_text_column_takes_longer_words_afterwards(table: ProjectState) -> None:
    after = apply(AddColumn("pebble", "tint", models.CharField(max_length=4, default="grey")), table)
    longer = Lengthen("pebble", "tint", models.CharField(max_length=9, default="grey"))
    for _time in range(2):
        after = apply(longer, after)
    Pebble = after.apps.get_model("shore", "Pebble")
    Pebble.objects.filter(n=3).update(tint="turquoise")
    with connection.schema_editor(atomic=False) as editor:
        longer.database_backwards("shore", editor, after, table)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shore_pebble (n) VALUES (100)")
    assert set(Pebble.objects.filter(n__in=(3, 4, 100)).values_list("n", "tint")) == {
        (3, "turquoise"),
        (4, "grey"),
        (100, "grey"),
    }


@contextlib.contextmanager
def long_reading() -> Iterator[threading.Event]:
    """Somebody reads the table in a transaction of another connection until the event is set."""
    reading, end = threading.Event(), threading.Event()

    def read() -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM shore_pebble")
            reading.set()
            end.wait(30)
            cursor.execute("ROLLBACK")
        other.close()

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(30)
    try:
        yield end
    finally:
        end.set()
        thread.join()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
class TestBehindALongTransaction:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ours, "LOCK_WAIT", "100ms")
        monkeypatch.setattr(ours, "PAUSE_SECONDS", 0.1)

    def test_it_steps_back_and_comes_again(self, table: ProjectState, monkeypatch: pytest.MonkeyPatch) -> None:
        with long_reading() as end:
            monkeypatch.setattr(ours.time, "sleep", lambda _seconds: end.set())
            apply(WEIGHT, table)
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT weight FROM shore_pebble")
            assert cursor.fetchall() == [(7,)]

    def test_it_gives_up_in_the_end(self, table: ProjectState, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ours, "TRIES", 2)
        with long_reading(), pytest.raises(OperationalError, match="lock timeout"):
            apply(WEIGHT, table)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="only PostgreSQL builds indexes concurrently")
def test_within_a_transaction_it_says_what_is_wrong(table: ProjectState) -> None:
    after = table.clone()
    WEIGHT.state_forwards("shore", after)
    with pytest.raises(RuntimeError, match="atomic = False"), connection.schema_editor(atomic=True) as editor:
        WEIGHT.database_forwards("shore", editor, table, after)
