"""`python -m avatarsite.worker KIND`: a Celery worker for the queues of this kind, in their order.

KIND is a key of `avatarsite.queues.WORKERS`. The `celery` program would do the same, but loads a terminal library and
all pages of the site. Workers don't watch each other: none needs to know of the others.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from avatarsite.queues import WORKERS


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m avatarsite.worker")
    parser.add_argument("kind", choices=list(WORKERS))
    parser.add_argument("--processes", type=int, help="instead of WORKER_PROCESSES, or of the kind's number")
    parser.add_argument("--name", help="how logs and `celery status` call it; by default the kind")
    return parser.parse_args(arguments)


def main() -> None:
    given = parse_arguments(sys.argv[1:])
    kind = WORKERS[given.kind]
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # `manage.py check` runs them; they would load every page
    from celery.utils.nodenames import host_format

    from avatarsite import queue_order
    from avatarsite.celery import app

    processes = given.processes or int(os.environ.get("WORKER_PROCESSES") or kind.processes)
    queue_order.set_processes(processes)
    worker = app.Worker(
        hostname=host_format(f"{given.name or given.kind}@%h"),
        queues=list(kind.queues),
        concurrency=processes,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
