"""How many connections PostgreSQL allows, and who is told that they are too few."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import Client

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
    before = read(client)
    with ExitStack() as opened:
        for _ in range(3):
            opened.enter_context(psycopg.connect(f"postgresql://app@/template1?host={places.postgres}"))
        after = read(client)
    assert after["database_connections",] == before["database_connections",] + 3
    assert after["database_connections_allowed",] == 97  # 100, of which 3 are for superusers


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
    ("process", "limits"),
    [
        ("web", {"patience": 4.0, "connect_timeout": 2}),
        ("worker", {"connect_timeout": 10}),
        ("command", {"connect_timeout": 10}),
    ],
)
def test_each_kind_of_process_has_its_own_patience(
    kind: pytest.MonkeyPatch, process: str, limits: dict[str, float]
) -> None:
    kind.setattr(database.process, "kind", process)
    options = database.read_database()["OPTIONS"]
    assert {name: options[name] for name in ("patience", "connect_timeout") if name in options} == limits
    assert options["sslmode"] == "require"
    assert options["options"].endswith("-c work_mem=8MB")
    assert ("-c statement_timeout=3500" in options["options"]) is (process == "web")
    assert ("-c statement_timeout=100000" in options["options"]) is (process == "worker")


def test_the_documented_sum_is_that_of_the_code() -> None:
    from avatarsite.queues import WORKERS
    from avatarsite.web import THREADS

    text = (ROOT / "docs" / "operate" / "processes.md").read_text(encoding="utf-8")
    workers = sum(WORKERS[kind].processes for kind in ("chain", "ipfs", "default"))
    assert f"2 × {THREADS} = {2 * THREADS}" in text
    assert f"= {workers} of workers" in text
    assert 2 * THREADS + workers + THREADS + 2 <= 40


def test_a_statement_of_web_is_ended_by_the_server_and_its_connection_stays_usable(
    kind: pytest.MonkeyPatch,
) -> None:
    """The server is told the limit when the connection begins."""
    kind.setattr(database.process, "kind", "web")
    options = database.read_database()["OPTIONS"]["options"]
    settings = connection.settings_dict
    found: list[object] = []

    def run() -> None:
        where = {"dbname": settings["NAME"], "host": settings["HOST"], "user": settings["USER"]}
        with psycopg.connect(**where, options=options, autocommit=True) as own:
            own.execute("SET statement_timeout = 50")
            with pytest.raises(psycopg.errors.QueryCanceled):
                own.execute("SELECT pg_sleep(5)")
            own.execute("RESET statement_timeout")
            found.append(own.execute("SHOW statement_timeout").fetchone())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [("3500ms",)]
