"""Two web processes behind the nginx we ship: one dies, both restart, the database stops or hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from django.db import connection

from avatarsite.restart import RestartError, Surroundings, is_ready, restart_web
from localstack import binaries
from localstack.processes import Program, Running, free_port
from profiles.models import Profile
from tests.kit.people import a_person, an_upload
from tests.servers.nginx import start_nginx
from tests.servers.places import Places, on_sqlite

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
    ports: list[int]
    url: str = ""
    processes: dict[int, Running] = field(default_factory=dict)

    def start(self, port: int) -> None:
        named = connection.settings_dict["NAME"]
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://app@/{named}?host={self.places.postgres}&application_name=web-{port}",
            "STATIC_ROOT": str(self.places.folder / "collected"),
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
def static_files(places: Places) -> None:
    """Collect the files that pages refer to. The processes read their names in STATIC_ROOT."""
    subprocess.run(
        [binaries.python(), "manage.py", "collectstatic", "--no-input"],
        check=True,
        cwd=binaries.ROOT,
        env=os.environ | {"STATIC_ROOT": str(places.folder / "collected")},
        capture_output=True,
    )


@pytest.fixture
def web(places: Places, redis_server: object, static_files: None) -> Iterator[Web]:
    web = Web(places, sorted([free_port(), free_port()]))
    for port in web.ports:
        web.start(port)
    folder = places.folder / f"nginx-{web.ports[0]}"
    nginx, front = start_nginx(folder, web.ports[0], places.folder, other=web.ports[1])
    web.url = f"http://127.0.0.1:{front}"
    for port in web.ports:
        web.wait_until_ready(port)
    yield web
    for running in (nginx, *web.processes.values()):
        running.stop(5)


@pytest.fixture
def alice(web: Web) -> Profile:
    profile = a_person("alice")
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


@pytest.mark.parametrize("whole", [False, True], ids=["worker", "instance"])
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
    assert errors(seen, "GET") == 0
    assert errors(seen, "POST") <= VISITORS


def test_a_rolling_restart_under_load_costs_nobody_an_answer(web: Web, alice: Profile) -> None:
    before = dict(web.processes)
    with visitors(web, alice.get_absolute_url()) as seen:
        wait_for(seen, 40)
        restart_web(web.ports, Surroundings(web.restart, lambda port: is_ready(port, HOST)))
        wait_for(seen, 40)
    assert errors(seen) == 0
    assert all(web.processes[port] is not before[port] for port in web.ports)


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
