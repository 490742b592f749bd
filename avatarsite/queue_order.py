"""The order in which a worker takes jobs from its queues: a strategy of kombu's Redis transport.

Kombu's own "priority" is a strict order, too, but lets long jobs occupy every process of a worker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from celery.worker import state

from avatarsite.queues import choose_queues


class _Pool:
    processes = 1


def set_processes(count: int) -> None:
    """Tell how many processes this worker has. Kombu makes an `InOrder` itself, and gives it no arguments."""
    _Pool.processes = count


class InOrder:
    """Name the queues for the next request to Redis, which answers with a message of the first that has one."""

    def __init__(self) -> None:
        self.queues: list[str] = []

    def update(self, queues: Iterable[str]) -> None:
        self.queues = list(queues)

    def consume(self, _count: int) -> list[str]:
        running = Counter(str(request.delivery_info["routing_key"]) for request in state.reserved_requests)
        return choose_queues(self.queues, running, _Pool.processes)

    def rotate(self, last_used: str) -> str:
        """Keep the order."""
        return last_used
