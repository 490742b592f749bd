"""Background jobs, run here and now as a worker runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest import mock

from profiles.jobs import get_job
from profiles.row_queue import queue_due_rows


def run(function: Callable[..., Any], *args: Any) -> None:
    """Run the job that `function` was declared as, with the real clock and the configured clients."""
    get_job(function).run(*args)


def queued_by_sweep(function: Callable[..., Any], now: datetime) -> list[Any]:
    """Let the sweep of due rows queue its jobs; return the keys of the rows it queued for `function`."""
    with mock.patch("profiles.row_queue.enqueue") as enqueue:
        queue_due_rows(now)
    return [call.args[1] for call in enqueue.call_args_list if call.args[0] is function]
