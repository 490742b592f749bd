"""Sets the environment that settings.py reads, then lends real servers (tests/servers) to the tests.

Django's settings are read once, so their addresses must be known before pytest-django loads them; the servers start
when a test first needs one.
"""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from typing import Any

import pytest

from localstack.binaries import ROOT
from tests.servers import places as test_places

pytest_plugins = [
    "tests.servers.redis",
    "tests.servers.postgres",
    "tests.servers.chain",
    "tests.servers.workers",
    "tests.servers.names",
    "tests.servers.s3",
    "tests.servers.helia_gateway",
    "tests.servers.pinner",
    "tests.servers.walletconnect_relay",
    "tests.servers.chromium",
]
PLACES = test_places.make()
for _name in re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE):
    os.environ.pop(_name, None)  # a developer's own settings must not decide what is tested
    os.environ.pop(f"{_name}_FILE", None)
os.environ.update(test_places.environment(PLACES))
atexit.register(PLACES.remove)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--replay-rounds", type=int, default=3, help="how often 50 replays at once are tried (3)")


def pytest_configure() -> None:
    from django.conf import settings

    settings.configured or settings.DATABASES  # noqa: B018 - reads them now, so that pytest-django finds them


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers inherit our environment. Without this name in it, pytest-django waits for their own conftest, which has
    places of its own."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from tests.side_by_side import ByPart

    return ByPart(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser takes longest and begins first."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/browser/"))


@pytest.fixture(scope="session")
def places() -> test_places.Places:
    return PLACES


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_server: None) -> None:
    """pytest-django asks for this before it makes the test database: the moment to start PostgreSQL. On SQLite the
    database is a file as in the local stack; in memory, Django's default, there is no WAL to prove."""
    if test_places.on_sqlite():
        from django.db import connection

        connection.settings_dict["TEST"]["NAME"] = str(PLACES.sqlite)


@pytest.fixture(autouse=True)
def _what_a_view_may_need(request: pytest.FixtureRequest) -> None:
    """Any test that may reach a view may reach the cache and render a page."""
    with_database = request.node.get_closest_marker("django_db") is not None
    if with_database or {"db", "client", "admin_client", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("redis_server")
        request.getfixturevalue("uncollected_static_files")


@pytest.fixture
def uncollected_static_files(settings: Any) -> None:
    """Let pages render without collecting their static files first."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
