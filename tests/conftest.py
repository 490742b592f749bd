"""Set the environment that the settings read, then offer real servers (tests/servers) to the tests.

Django's settings are read once, so the servers' addresses must be known before pytest-django loads them. A server
starts when a test first needs it.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localstack.binaries import ROOT
from localstack.bytecode import keep_bytecode
from tests.servers import places as test_places

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


pytest_plugins = [
    "profiles.testing.plugin",
    "nft.testing.plugin",
    "tests.servers.redis",
    "tests.servers.postgres",
    "tests.servers.chain",
    "tests.servers.workers",
    "tests.servers.names",
    "tests.servers.ens_gateway",
    "tests.servers.static_files",
    "tests.servers.s3",
    "tests.servers.helia_gateway",
    "tests.servers.pinner",
    "tests.servers.sourcify",
    "tests.servers.smtp",
    "tests.servers.walletconnect_relay",
    "tests.servers.chromium",
]
keep_bytecode()  # also where pytest was called without `make test`
EXAMPLES, EXAMPLES_LONG = 40, 400
"""How many examples a property is tried with, where it says nothing else: in `make test`, and in `make test-long`."""

LONGEST = (
    "tests/browser/",
    "tests/infra/test_supervisor.py",
    "tests/package/",
    "tests/profiles/decoding/",
    "tests/profiles/test_any_user_model.py",
    "tests/site/test_operator_settings.py",
    "tests/site/test_outside_observers.py",
    "tests/testing/test_host.py",
)
RECURSION_LIMIT = sys.getrecursionlimit()
PLACES = test_places.make()
for _name in re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE):
    os.environ.pop(_name, None)  # a developer's own settings must not change the results
    os.environ.pop(f"{_name}_FILE", None)
os.environ.update(test_places.environment(PLACES))
atexit.register(PLACES.remove)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--replay-rounds", type=int, default=3, help="number of rounds of 50 simultaneous replays (3)")
    parser.addoption("--long", action="store_true", help="run the tests marked `long`, and properties at length")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Collect no long test unless they are wanted: schemathesis alone would need seconds to write the cases of one."""
    marks = getattr(obj, "pytestmark", []) if isfunction(obj) else []
    is_long = any(mark.name == "long" for mark in marks)
    return [] if is_long and not collector.config.getoption("--long") else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: there is none, but the search takes a fifth of the time.

    What was collected stays until the end. It is left out of all later searches.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from hypothesis import settings as trying

    count = EXAMPLES_LONG if config.getoption("--long") else EXAMPLES
    trying.register_profile("tests", trying.default, max_examples=count, deadline=None)  # the machine may be busy
    trying.load_profile("tests")

    settings.configured or settings.DATABASES  # noqa: B018 - loads them now, so that pytest-django finds them


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Remove the name of the settings from the environment that workers inherit.

    Each worker's pytest-django then waits for its own conftest, which chooses its own places.
    """
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from tests.side_by_side import ByPart

    return ByPart(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail a test that leaves Python's limit of recursion raised: in later ones, hostile input could end the process.

    py-evm and the execution specification raise it when they are imported.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION_LIMIT)
    assert limit <= RECURSION_LIMIT, f"the limit of recursion was left at {limit}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Make what a test printed fit to be sent between processes: strangers' texts hold halves of surrogate pairs."""
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the long tests or all others, and run those first that take longest, so that no worker waits for them.

    Properties are among both.
    """
    is_long = config.getoption("--long")
    is_wanted = [bool(item.get_closest_marker("long")) == is_long or (is_long and _is_property(item)) for item in items]
    config.hook.pytest_deselected(items=[item for item, wanted in zip(items, is_wanted, strict=True) if not wanted])
    items[:] = [item for item, wanted in zip(items, is_wanted, strict=True) if wanted]
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def _is_property(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hash passwords as in production, but a thousand times faster. The sites that tests start hash them in full."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
        yield


@pytest.fixture(scope="session")
def places() -> test_places.Places:
    return PLACES


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """After a transactional test, delete the rows of tables that have some, instead of truncating all tables."""
    if test_places.on_sqlite():
        yield
        return
    from django.test import TransactionTestCase

    from tests.servers.postgres import delete_rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: delete_rows())
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_server: object) -> None:
    """Start PostgreSQL. pytest-django requests this fixture before it creates the test database.

    On SQLite the database is a file, as in the local stack. Django's default, a database in memory, has no WAL.
    """
    if test_places.on_sqlite():
        from django.db import connection

        connection.settings_dict["TEST"]["NAME"] = str(PLACES.sqlite)


@pytest.fixture(scope="module")
def rows_of_the_module(django_db_setup: None, django_db_blocker: Any, redis_session: object) -> Iterator[None]:
    """Let a fixture of this scope add rows. All tests of the module have them, and undo only their own changes.

    None of them may be transactional: its own connections would not see the rows.
    """
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _what_views_need(request: pytest.FixtureRequest) -> None:
    """Offer the cache and static files to every test that may call a view."""
    with_database = request.node.get_closest_marker("django_db") is not None
    if with_database or {"db", "client", "admin_client", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("redis_server")
        request.getfixturevalue("uncollected_static_files")


@pytest.fixture
def uncollected_static_files(settings: Any) -> None:
    """Render pages without collecting their static files first."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns if there is none
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def no_chain(settings: Any) -> None:
    """Let no node answer: what the test does must need none."""
    from nft.testing.wallets import NOBODY, chains_at

    settings.NFT_CHAINS = chains_at(NOBODY)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Let requests end without closing the connection that this test's transaction is on, as Django's client does."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
