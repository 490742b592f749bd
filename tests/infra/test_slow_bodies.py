"""Clients that begin a body and don't go on: the real web server, alone and behind the nginx we ship."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from avatarsite.ops.deployment import web as checks
from avatarsite.ops.deployment.findings import Verdict
from localstack import binaries
from localstack.processes import Program, Running, free_port
from tests.servers.nginx import start_nginx
from tests.servers.places import Places, on_sqlite

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(on_sqlite(), reason="the web process needs the tests' PostgreSQL"),
]
THREADS = 4
CSRF = "a" * 32


@dataclass(frozen=True)
class Served:
    direct: str
    fronted: str


@pytest.fixture(scope="module")
def served(
    places: Places, django_db_setup: None, redis_session: object, collected_static_files: Path
) -> Iterator[Served]:
    port = free_port()
    named = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://app@/{named}?host={places.postgres}",
        "STATIC_ROOT": str(collected_static_files),
        "TRUSTED_PROXY_COUNT": "1",
        "LOG_LEVEL": "ERROR",
    }
    command = [binaries.python(), "-m", "avatarsite.web", "--port", str(port), "--threads", str(THREADS)]
    site = Running(Program("web", command, places.log("web-slow"), environment, Path(binaries.ROOT)))
    nginx, front = start_nginx(places.folder / "nginx-slow", port, collected_static_files)
    found = Served(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front}")
    site.wait_until(lambda: is_alive(found.direct), 60)
    yield found
    for running in (nginx, site):
        running.stop(5)


def is_alive(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=1).ok
    except requests.RequestException:
        return False


@contextmanager
def slow_posts(url: str, count: int, path: str = "/accounts/login/") -> Iterator[list[socket.socket]]:
    """Send the headers of so many forms, and 3 of the 1,000 bytes that they promise."""
    host, port = url.removeprefix("http://").split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: csrf={CSRF}\r\nContent-Length: 1000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\na=b"
    )
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection((host, int(port)), 5)) for _ in range(count)]
        for each in opened:
            each.sendall(head.encode())
        time.sleep(1)  # all are read by now
        yield opened


def post(url: str) -> Any:
    form = {"login": "nobody", "password": "wrong", "csrfmiddlewaretoken": CSRF}
    return requests.post(f"{url}/accounts/login/", form, headers={"Cookie": f"csrf={CSRF}"}, timeout=10)


def seconds_of(url: str) -> float:
    began = time.monotonic()
    assert requests.get(url, timeout=30).status_code == 200
    return time.monotonic() - began


@pytest.mark.parametrize("count", [THREADS, pytest.param(10 * THREADS, marks=pytest.mark.long)])
def test_pages_are_served_while_bodies_are_slow(served: Served, count: int) -> None:
    with slow_posts(served.direct, count):
        time.sleep(2 * count / THREADS)  # those that found no place have been refused
        for path in ("/healthz", "/accounts/login/", "/avatar/nobody"):
            assert seconds_of(served.direct + path) < 5, path
        refused = post(served.direct)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.json()["type"] == "/problems/temporarily-unavailable"
    time.sleep(1)
    assert post(served.direct).status_code == 200, "their places are free again"


def test_behind_our_nginx_not_even_forms_wait(served: Served) -> None:
    with slow_posts(served.fronted, 10 * THREADS):
        assert seconds_of(f"{served.fronted}/accounts/login/") < 5
        assert post(served.fronted).status_code == 200


def test_check_deploy_says_where_nothing_buffers_bodies(served: Served, settings: Any) -> None:
    settings.SITE_ORIGIN = served.fronted
    assert checks.check_buffering().verdict is Verdict.OK
    settings.SITE_ORIGIN = served.direct
    found = checks.check_buffering()
    assert found.verdict is Verdict.WRONG
    assert "proxy_request_buffering on" in found.mend
