"""`python -m avatarsite.web --port 8001`: one web server process with a bounded number of threads.

The units, the local stack, the tests and the bench start it, so that its limits stand here only. Run two of them behind
nginx: while one restarts, the other answers.
"""

from __future__ import annotations

import argparse
import os
import sys

from granian import Granian
from granian.constants import Interfaces

from avatarsite import slow_bodies

APPLICATION = "avatarsite.wsgi:application"
# Each thread keeps one database connection (docs/operate/processes.md has the sum).
THREADS = 8
# The longest that granian allows. A thread that ends costs its successor a new connection.
THREAD_IDLE_SECONDS = 600
# Accepted connections. More wait in the kernel's queue.
CONNECTIONS, QUEUE = 512, 1024
# A process that has grown beyond this is replaced: the next one starts, then this one answers its requests and ends.
MAX_RESIDENT_MIB, RESIDENT_SECONDS, RESIDENT_SAMPLES = 400, 15, 2
# A request may take as long as an upload (30 s); nginx gives up after 60.
STOP_SECONDS = 45


def main(arguments: list[str] | None = None) -> None:
    options = _read_options(arguments)
    os.environ[slow_bodies.THREADS] = str(options.threads)
    Granian(
        options.application,
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=options.threads,
        blocking_threads_idle_timeout=THREAD_IDLE_SECONDS,
        backlog=QUEUE,
        backpressure=CONNECTIONS,
        websockets=False,
        log_access=options.access_log,
        respawn_failed_workers=True,
        workers_max_rss=MAX_RESIDENT_MIB,
        rss_sample_interval=RESIDENT_SECONDS,
        rss_samples=RESIDENT_SAMPLES,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m avatarsite.web", description=__doc__)
    parser.add_argument("application", nargs="?", default=APPLICATION, help=f"WSGI application ({APPLICATION})")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (8001)")
    parser.add_argument("--threads", type=int, default=THREADS, help=f"requests at once ({THREADS})")
    parser.add_argument(
        "--access-log",
        action="store_true",
        help="write a line for each request, with all that it names: for a site of one person",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
