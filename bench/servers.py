"""Servers under load: nginx and granian on one core, wrk on another, over the loopback network."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.lanes import HERE, BenchError, Workspace, plain_environment
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
    """A running server and its port. `behind`: the server that it forwards to, whose CPU time counts with its own."""

    running: Running
    port: int
    behind: Running | None = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass
class Load:
    """wrk on the last core against a server on the first one, as a contestant. `status`: the expected HTTP status."""

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
        """Return the headers of one response, by lower-case name. Raises BenchError if it has another status."""
        status, headers = _get(self.site.port, self.path, self.headers)
        if status != self.status:
            raise BenchError(f"“{self.name}” responded with status {status} instead of {self.status}.")
        return headers

    def work(self, seconds: float) -> float:
        headers = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *headers]
        script = ["-s", self.script[0]] if self.script else []
        rest = ["--", *self.script[1:]] if self.script else []
        wrk = ["taskset", "-c", str(cores()[-1]), "wrk", *options, *script, self.site.url(self.path), *rest]
        return _parse_requests(self.name, subprocess.run(wrk, capture_output=True, text=True, check=True).stdout)


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def start_nginx(workspace: Workspace) -> Site:
    """Start nginx with the files in `www` of the workspace, with the headers of our own responses."""
    port = free_port()
    return _start_nginx(workspace, _FILES.format(folder=workspace.folder, port=port), port)


def start_nginx_before(workspace: Workspace, site: Site) -> Site:
    """Start nginx with deploy/nginx.conf in front of `site`."""
    port, folder = free_port(), workspace.folder / "fronted"
    folder.mkdir()
    config = nginx.shipped(folder, listen=port, application=site.port, static=folder)
    return replace(_start_nginx(replace(workspace, folder=folder), config, port), behind=site.running)


def _start_nginx(workspace: Workspace, site: str, port: int) -> Site:
    config = workspace.folder / "nginx.conf"
    config.write_text(nginx.around(site, workspace.folder), encoding="utf-8")
    program, log = shutil.which("nginx") or "/usr/sbin/nginx", str(workspace.folder / "nginx-start.log")
    return _start(workspace, "nginx", [program, "-e", log, "-p", str(workspace.folder), "-c", str(config)], port, {})


def start_granian(workspace: Workspace, application: str, environment: Mapping[str, str], python: str = "") -> Site:
    """Start an application as the site itself is started."""
    port = free_port()
    command = [python or binaries.python(), "-m", "avatarsite.web", "--port", str(port), application]
    return _start(workspace, "granian", command, port, environment)


def _start(workspace: Workspace, name: str, command: Sequence[str], port: int, environment: Mapping[str, str]) -> Site:
    pinned = ["taskset", "-c", str(cores()[0]), *command]
    log = workspace.folder / f"{name}-{port}.log"
    running = Running(Program(name, pinned, log, plain_environment(**environment), HERE.parent))
    workspace.closing.callback(running.stop)
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


def _parse_requests(name: str, output: str) -> float:
    """Return the number of requests in wrk's output. Raises BenchError if any failed."""
    count = re.search(r"(\d+) requests in", output)
    if "Non-2xx" in output or "Socket errors" in output or count is None or not int(count.group(1)):
        raise BenchError(f"“{name}” failed under load:\n{output}")
    return float(count.group(1))
