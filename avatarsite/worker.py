"""`python -m avatarsite.worker KIND`: a Celery worker for the queues of this kind, in their order.

KIND is a key of `avatarsite.queues.WORKERS`. WORKER_PROCESSES sets the number of processes; further arguments go to
Celery.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from avatarsite.queues import WORKERS


def build_arguments(kind: str, more: Sequence[str] = ()) -> list[str]:
    """Return the arguments of `celery` for a worker. Raise KeyError."""
    worker = WORKERS[kind]
    processes = os.environ.get("WORKER_PROCESSES") or str(worker.processes)
    queues = ["--queues", ",".join(worker.queues), "--concurrency", processes]
    return ["worker", *queues, "--hostname", f"{kind}@%h", "--loglevel", "INFO", *more]


def main() -> None:
    kind, *more = sys.argv[1:] or [""]
    if kind not in WORKERS:
        sys.exit(f"Usage: python -m avatarsite.worker {'|'.join(WORKERS)} [OPTION OF CELERY ...]")
    from avatarsite.celery import app

    app.worker_main(build_arguments(kind, more))


if __name__ == "__main__":
    main()
