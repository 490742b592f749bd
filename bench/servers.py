"""Servers under load: nginx, granian and PostgreSQL on one core, wrk on another. All on this machine's own network."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.lanes import HERE, BenchError, Place, plain_environment
from localstack import binaries
from localstack.processes import Program, Running, free_port, is_listening
from tests.servers import nginx

CONNECTIONS = 16
_FILES = """\
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    add_header Cache-Control "public, max-age=4, must-revalidate"; add_header Access-Control-Allow-Origin "*";
  }}
"""


@dataclass(frozen=True)
class Site:
    """A running server, and where it listens. `behind`: the one it asks, whose work counts with its own."""

    running: Running
    port: int
    behind: Running | None = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass
class Load:
    """wrk on the last core against a server on the first, as a contestant. `status`: what each answer must be."""

    name: str
    site: Site
    path: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    script: Sequence[str] = ()
    database: Running | None = None

    @property
    def roots(self) -> Sequence[int]:
        behind = () if self.site.behind is None else (self.site.behind.pid,)
        return (self.site.running.pid, *behind)

    @property
    def beside(self) -> Sequence[int]:
        return (self.database.pid,) if self.database is not None else ()

    def check(self) -> Mapping[str, str]:
        """The headers of one answer, by small letters; raises BenchError where the status is not the expected one."""
        status, headers = _get(self.site.port, self.path, self.headers)
        if status != self.status:
            raise BenchError(f"“{self.name}” answers {status}, not {self.status}.")
        return headers

    def work(self, seconds: float) -> float:
        headers = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        how = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *headers]
        script = ["-s", self.script[0]] if self.script else []
        rest = ["--", *self.script[1:]] if self.script else []
        wrk = ["taskset", "-c", str(cores()[-1]), "wrk", *how, *script, self.site.url(self.path), *rest]
        return _requests(self.name, subprocess.run(wrk, capture_output=True, text=True, check=True).stdout)


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def start_nginx(place: Place) -> Site:
    """Serves what lies in `www` of the place's folder, with the headers our own answers have."""
    port = free_port()
    return _start_nginx(place, _FILES.format(folder=place.folder, port=port), port)


def start_nginx_before(place: Place, site: Site) -> Site:
    """The configuration we ship, in front of `site`."""
    port, folder = free_port(), place.folder / "fronted"
    folder.mkdir()
    config = nginx.shipped(folder, listen=port, application=site.port, static=folder)
    return replace(_start_nginx(replace(place, folder=folder), config, port), behind=site.running)


def _start_nginx(place: Place, site: str, port: int) -> Site:
    config = place.folder / "nginx.conf"
    config.write_text(nginx.around(site, place.folder), encoding="utf-8")
    program, log = shutil.which("nginx") or "/usr/sbin/nginx", str(place.folder / "nginx-start.log")
    return _start(place, "nginx", [program, "-e", log, "-p", str(place.folder), "-c", str(config)], port, {})


def start_granian(place: Place, application: str, environment: Mapping[str, str], python: str = "") -> Site:
    """One worker, as the local stack runs it, but without its access log."""
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws"]
    command = [python or binaries.python(), "-m", "granian", "--interface", "wsgi", *where, application]
    return _start(place, "granian", command, port, environment)


def _start(place: Place, name: str, command: Sequence[str], port: int, environment: Mapping[str, str]) -> Site:
    pinned = ["taskset", "-c", str(cores()[0]), *command]
    log = place.folder / f"{name}-{port}.log"
    running = Running(Program(name, pinned, log, plain_environment(**environment), HERE.parent))
    place.closing.callback(running.stop)
    running.wait_until(lambda: is_listening(port), 60)
    return Site(running, port)


def _get(port: int, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def _requests(name: str, said: str) -> float:
    """How many requests wrk counts as answered; raises BenchError where some went wrong."""
    count = re.search(r"(\d+) requests in", said)
    if "Non-2xx" in said or "Socket errors" in said or count is None or not int(count.group(1)):
        raise BenchError(f"“{name}” failed under load:\n{said}")
    return float(count.group(1))
