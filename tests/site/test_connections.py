"""How many connections PostgreSQL allows, and who is told that they are too few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import Client

from avatarsite import process
from avatarsite.ops.connections import Connections, connections_problem, read_connections
from avatarsite.settings import database
from localstack.binaries import ROOT
from tests.servers.places import Places, on_sqlite
from tests.site.test_metrics import read

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(on_sqlite(), reason="it is about PostgreSQL's connections"),
]


@pytest.mark.django_db(transaction=True)
def test_metrics_count_connections_of_everybody(client: Client, places: Places) -> None:
    def added() -> float:
        before = read(client)
        with ExitStack() as opened:
            for _ in range(3):
                opened.enter_context(psycopg.connect(f"postgresql://app@/template1?host={places.postgres}"))
            after = read(client)
        return after["database_connections",] - before["database_connections",]

    assert any(added() == 3 for _ in range(20)), "connections of others come and go meanwhile"
    assert read(client)["database_connections_allowed",] == 97  # 100, of which 3 are for superusers


def test_an_operator_is_told_when_the_processes_may_open_more_than_there_are(settings: object) -> None:
    assert [each.id for each in run_checks(databases=["default"])] == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE app CONNECTION LIMIT 30")  # rolled back with the test
    [warning] = [each for each in run_checks(databases=["default"]) if each.id == "avatarsite.W004"]
    assert "may open 40 connections" in warning.msg
    assert "allows 30" in warning.msg
    assert run_checks() == []


def test_the_lower_limit_counts() -> None:
    assert connections_problem(Connections(used=1, allowed=40, own_limit=None)) is None
    assert connections_problem(Connections(used=1, allowed=39, own_limit=None)) is not None
    assert connections_problem(Connections(used=1, allowed=97, own_limit=39)) is not None
    assert connections_problem(None) is None
    found = read_connections()
    assert found is not None
    assert found.used >= 1


@pytest.fixture
def kind() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "DATABASE_URL", "postgresql://app@host/name?sslmode=require&options=-c work_mem=8MB")
        yield patch


@pytest.mark.parametrize(
    ("own", "limits"),
    [
        ("web", {"patience": 4.0, "connect_timeout": 2}),
        ("worker", {"connect_timeout": 10}),
        ("command", {"connect_timeout": 10}),
    ],
)
def test_each_kind_of_process_has_its_own_patience(
    kind: pytest.MonkeyPatch, own: str, limits: dict[str, float]
) -> None:
    kind.setattr(process, "kind", own)
    options = database.read_database()["OPTIONS"]
    assert {name: options[name] for name in ("patience", "connect_timeout") if name in options} == limits
    assert options["sslmode"] == "require"
    assert options["options"].endswith("-c work_mem=8MB")
    assert ("-c statement_timeout=3500" in options["options"]) is (own == "web")
    assert ("-c statement_timeout=100000" in options["options"]) is (own == "worker")


def test_the_documented_sum_is_that_of_the_code() -> None:
    from avatarsite.queues import WORKERS
    from avatarsite.web import THREADS

    text = (ROOT / "docs" / "operate" / "processes.md").read_text(encoding="utf-8")
    workers = sum(WORKERS[kind].processes for kind in ("chain", "ipfs", "default"))
    assert f"of {THREADS} threads, each" in text
    assert f"= {2 * THREADS} |" in text
    assert f"= {workers} of workers" in text
    assert 2 * THREADS + workers + THREADS + 3 == 40


def test_the_server_knows_the_limits_of_web(kind: pytest.MonkeyPatch, places: Places) -> None:
    kind.setattr(process, "kind", "web")
    options = database.read_database()["OPTIONS"]["options"]
    with psycopg.connect(f"postgresql://app@/template1?host={places.postgres}", options=options) as own:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "work_mem")
        found = [row[0] for name in names for row in own.execute(f"SHOW {name}").fetchall()]
    assert found == ["3500ms", "3500ms", "1min", "8MB"]
