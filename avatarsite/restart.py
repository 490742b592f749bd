"""`python -m avatarsite.restart`: restart all units of this machine, one after the other, so that no visitor notices.

Run it as root after an update, with the site's environment (it reads SITE_ORIGIN). The web processes come first, each
only once the one before is ready: if the new code does not start, the other process still answers with the old one. A
worker ends the jobs that it has, while the others go on. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

WEB = "avatarsite-web@"
# In this order: workers know the jobs that beat and the listener queue. `systemctl list-units` compares whole names.
OTHERS = ("avatarsite-worker@*.service", "avatarsite-beat.service", "avatarsite-listener.service")
READY_SECONDS = 90.0
# nginx leaves out an instance for a second after it failed (fail_timeout in deploy/nginx.conf).
SETTLE_SECONDS = 2.0


class RestartError(Exception):
    """A web process did not become ready. The message is for the operator."""


@dataclass(frozen=True)
class Surroundings:
    """What the restart does to the machine: restart a unit, ask a web process whether it is ready, and wait."""

    restart: Callable[[str], None]
    is_ready: Callable[[int], bool]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def restart_web(ports: Sequence[int], around: Surroundings) -> None:
    """Restart the web processes in turn. Raise RestartError at the first that does not become ready."""
    for port in ports:
        others = [each for each in ports if each != port]
        if others and not any(map(around.is_ready, others)):
            raise RestartError(f"{WEB}{port} is not restarted, because no other web process is ready.")
        around.restart(f"{WEB}{port}")
        _wait_until_ready(port, around)
        around.sleep(SETTLE_SECONDS)


def _wait_until_ready(port: int, around: Surroundings) -> None:
    deadline = around.clock() + READY_SECONDS
    while not around.is_ready(port):
        if around.clock() > deadline:
            log = f"journalctl -u {WEB}{port}"
            raise RestartError(f"{WEB}{port} was not ready after {READY_SECONDS:.0f} s; the rest runs on. See: {log}")
        around.sleep(0.2)


def is_ready(port: int, host: str) -> bool:
    """Ask `/readyz` of the web process at `port`, by the name `host`, which ALLOWED_HOSTS has."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _restart_unit(unit: str) -> None:
    sys.stderr.write(f"Restarting {unit} …\n")
    subprocess.run(["systemctl", "restart", unit], check=True)


def _active_units(patterns: Sequence[str]) -> list[str]:
    command = ["systemctl", "list-units", "--plain", "--no-legend", "--state=active", *patterns]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split()[0] for line in done.stdout.splitlines() if line.strip()]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m avatarsite.restart", description=__doc__)
    parser.add_argument("--web-only", action="store_true", help="leave workers, beat and listener alone")
    options = parser.parse_args()
    host = urlsplit(os.environ.get("SITE_ORIGIN", "")).netloc
    if not host:
        sys.stderr.write("SITE_ORIGIN is not set. Load the site's environment first.\n")
        return 2
    ports = sorted(int(unit.removeprefix(WEB).removesuffix(".service")) for unit in _active_units([f"{WEB}*"]))
    try:
        restart_web(ports, Surroundings(_restart_unit, lambda port: is_ready(port, host)))
    except (RestartError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for pattern in () if options.web_only else OTHERS:
        for unit in _active_units([pattern]):
            _restart_unit(unit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
