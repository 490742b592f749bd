"""Two web processes behind the nginx we ship: one dies, both restart, the database stops or hangs."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.test import Client
from django.utils import timezone

from avatarsite.restart import RestartError, Surroundings, is_ready, restart_web
from localstack import binaries
from localstack.processes import Program, Running, free_port
from profiles import settings
from profiles.models import Profile
from profiles.testing.people import a_person, an_upload
from tests.kit.token_pictures import a_token_picture
from tests.servers.nginx import start_nginx
from tests.servers.places import Places, on_sqlite
from tests.servers.postgres import DatabaseServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(on_sqlite(), reason="it is about PostgreSQL's connections"),
]
# A cookie of no meaning: nginx has no cached page for its sender.
COOKIE = {"cookie": "theme=dark"}
VISITORS = 8
HOST = "127.0.0.1"


@dataclass
class Web:
    """Web processes by their port, and nginx before them."""

    places: Places
    static: Path
    ports: list[int]
    url: str = ""
    processes: dict[int, Running] = field(default_factory=dict)

    def start(self, port: int) -> None:
        named = connection.settings_dict["NAME"]
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://app@/{named}?host={self.places.postgres}&application_name=web-{port}",
            "STATIC_ROOT": str(self.static),
            "TRUSTED_PROXY_COUNT": "1",
            "LOG_LEVEL": "ERROR",
        }
        command = [binaries.python(), "-m", "avatarsite.web", "--port", str(port)]
        self.processes[port] = Running(
            Program("web", command, self.places.log(f"web-{port}"), environment, binaries.ROOT)
        )

    def restart(self, unit: str) -> None:
        """Do what systemd does with a unit."""
        port = int(unit.partition("@")[2])
        self.processes[port].stop(60)
        self.start(port)

    def wait_until_ready(self, port: int) -> None:
        self.processes[port].wait_until(lambda: is_ready(port, HOST), 60)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def web(places: Places, django_db_setup: None, redis_session: object, collected_static_files: Path) -> Iterator[Web]:
    web = Web(places, collected_static_files, sorted([free_port(), free_port()]))
    for port in web.ports:
        web.start(port)
    nginx, front = start_nginx(places.folder / "nginx-two", web.ports[0], places.folder, other=web.ports[1])
    web.url = f"http://127.0.0.1:{front}"
    for port in web.ports:
        web.wait_until_ready(port)
    yield web
    for running in (nginx, *web.processes.values()):
        running.stop(5)


@pytest.fixture
def alice(redis_server: object) -> Profile:
    """Alice, with another name in each test, because nginx caches by name."""
    profile = a_person(f"alice-{time.monotonic_ns() % 10**12}")
    an_upload(profile)
    return profile


@contextmanager
def visitors(web: Web, path: str) -> Iterator[Counter[tuple[str, int]]]:
    """Keep VISITORS people asking for a page and posting; yield how often which method had which status."""
    seen: Counter[tuple[str, int]] = Counter()
    ended = threading.Event()

    def visit() -> None:
        with requests.Session() as session:
            while not ended.is_set():
                for method in ("GET", "POST"):
                    answer = session.request(method, web.url + path, headers=COOKIE, timeout=60)
                    seen[method, answer.status_code] += 1

    threads = [threading.Thread(target=visit) for _ in range(VISITORS)]
    for each in threads:
        each.start()
    try:
        yield seen
    finally:
        ended.set()
        for each in threads:
            each.join()


def errors(seen: Counter[tuple[str, int]], method: str = "") -> int:
    return sum(count for (asked, status), count in seen.items() if status >= 500 and method in asked)


def wait_for(seen: Counter[tuple[str, int]], more: int) -> None:
    """Wait until so many more requests were answered."""
    wanted, deadline = seen.total() + more, time.monotonic() + 60
    while seen.total() < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def worker_of(process: Running) -> int:
    """Return the process that answers: granian's first process only watches over it."""
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    return int(children.stdout.split()[0])


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["its worker", "all of it"])
def test_when_one_of_two_is_killed_the_other_answers(web: Web, alice: Profile, whole: bool) -> None:
    """Only a POST that the killed process had received can't be repeated."""
    port = web.ports[0]
    with visitors(web, alice.get_absolute_url()) as seen:
        wait_for(seen, 40)
        if whole:
            web.processes[port].kill()
        else:
            os.kill(worker_of(web.processes[port]), signal.SIGKILL)
        wait_for(seen, 80)
        if whole:
            web.start(port)
        web.wait_until_ready(port)
        wait_for(seen, 40)
    assert {status for method, status in seen if method == "GET"} == {200}
    assert errors(seen, "POST") <= VISITORS


def test_a_rolling_restart_under_load_costs_nobody_an_answer(web: Web, alice: Profile) -> None:
    before = dict(web.processes)
    with visitors(web, alice.get_absolute_url()) as seen:
        wait_for(seen, 40)
        restart_web(web.ports, Surroundings(web.restart, lambda port: is_ready(port, HOST)))
        wait_for(seen, 40)
    assert errors(seen) == 0
    assert all(web.processes[port] is not before[port] for port in web.ports)


@pytest.fixture
def database(database_server: DatabaseServer) -> DatabaseServer:
    return database_server


def test_a_frozen_database_costs_everybody_an_error_within_five_seconds(
    web: Web, alice: Profile, database: DatabaseServer
) -> None:
    """More people ask at once than there are threads. The time allowed is twice the promise: tests share processors."""
    path = alice.get_absolute_url()
    with ThreadPoolExecutor(3 * 16) as people:
        assert {answer.status_code for answer in people.map(lambda _: web.get(path, **COOKIE), range(48))} == {200}
        connection.close()
        with database.frozen():
            for _ in range(2):
                started = time.monotonic()
                statuses = {answer.status_code for answer in people.map(lambda _: web.get(path, **COOKIE), range(48))}
                assert min(statuses) >= 500
                assert time.monotonic() - started < 10
        thawed = time.monotonic()
        while web.get(path, **COOKIE).status_code != 200:
            assert time.monotonic() - thawed < 10
            time.sleep(0.1)
        while {answer.status_code for answer in people.map(lambda _: web.get(path, **COOKIE), range(48))} != {200}:
            assert time.monotonic() - thawed < 10


def test_guests_see_cached_pages_and_pictures_while_the_database_is_down(
    web: Web, alice: Profile, database: DatabaseServer
) -> None:
    page, picture = alice.get_absolute_url(), f"/avatar/{alice.handle}?s=64"
    first = {path: web.get(path) for path in (page, picture)}
    assert all(answer.status_code == 200 for answer in first.values())
    connection.close()
    with database.stopped():
        time.sleep(4)  # they expire in nginx and in the processes
        for path, answer in first.items():
            again = web.get(path)
            assert (again.status_code, again.content) == (200, answer.content)
        unseen = web.get(f"/avatar/{alice.handle}?s=65", accept="image/webp")
        assert (unseen.status_code, unseen.headers["Retry-After"]) == (503, "5")
        assert unseen.json()["type"] == "/problems/temporarily-unavailable"
        assert web.get(page, **COOKIE).status_code >= 500
        told = web.get(f"/u/{alice.handle}-x/", accept="text/html")
        assert told.status_code == 503
        assert "in a few seconds" in told.text
    assert web.get(f"/avatar/{alice.handle}?s=65", accept="image/webp").status_code == 200


def test_a_page_for_guests_changes_within_five_seconds_and_is_shown_to_guests_only(web: Web, alice: Profile) -> None:
    path = alice.get_absolute_url()
    assert "Alice of old" not in web.get(path).text
    changed = time.monotonic()
    Profile.objects.update(display_name="Alice of old")
    assert "Alice of old" in web.get(path, **COOKIE).text
    while "Alice of old" not in web.get(path).text:
        assert time.monotonic() - changed < 5
        time.sleep(0.1)
    assert web.get(path).headers["Cache-Control"] == "no-cache"


def test_a_page_is_not_cached_past_the_end_of_its_mark(client: Client) -> None:
    alice = a_person("alice")
    checked_at = timezone.now() - settings.current().mark_max_age + timedelta(seconds=20)
    a_token_picture(alice, checked_at)
    control = client.get(alice.get_absolute_url()).headers["Cache-Control"]
    seconds, spare = map(int, re.findall(r"(?:max-age|stale-if-error)=(\d+)", control))
    assert seconds <= 3
    assert seconds + spare <= 20
    client.cookies["theme"] = "dark"
    assert "no-store" in client.get(alice.get_absolute_url()).headers["Cache-Control"]


def test_a_thread_that_ends_closes_its_connection(transactional_db: None) -> None:
    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    gc.collect()
    before = count()
    gc.disable()
    try:
        threads = [threading.Thread(target=Profile.objects.count) for _ in range(5)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        deadline = time.monotonic() + 5
        while count() > before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        gc.enable()


def test_a_second_connection_of_a_thread_leaves_the_first_alone(transactional_db: None) -> None:
    connection.ensure_connection()
    first, other = connection.connection, connection.copy()
    try:
        other.ensure_connection()
        assert Profile.objects.count() == 0
        assert (connection.connection, first.closed) == (first, False)
    finally:
        other.close()


def test_a_version_that_does_not_start_leaves_the_other_process_alone() -> None:
    restarted: list[str] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    around = Surroundings(restarted.append, lambda port: port == 8002, sleep, lambda: now[0])
    with pytest.raises(RestartError, match="avatarsite-web@8001 was not ready after 90 s"):
        restart_web([8001, 8002], around)
    assert restarted == ["avatarsite-web@8001"]


def test_the_last_process_that_answers_is_not_restarted() -> None:
    restarted: list[str] = []
    around = Surroundings(restarted.append, lambda port: port == 8001)
    with pytest.raises(RestartError, match="no other web process is ready"):
        restart_web([8001, 8002], around)
    assert restarted == []
