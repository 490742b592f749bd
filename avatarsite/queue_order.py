"""The order in which a worker takes jobs from its queues: a strategy of kombu's Redis transport.

Kombu's own "priority" is a strict order, too, but lets long jobs occupy every process of a worker.
"""

from __future__ import annotations

from collections import Counter

from celery.signals import worker_init
from celery.worker import state
from kombu.utils.scheduling import priority_cycle

from avatarsite.queues import choose_queues


class _Pool:
    processes = 1


class InOrder(priority_cycle):  # type: ignore[misc]  # kombu has no types for it
    """Name the queues for the next request to Redis, which answers with a message of the first that has one."""

    def consume(self, n: int) -> list[str]:
        running = Counter(str(request.delivery_info["routing_key"]) for request in state.reserved_requests)
        return choose_queues(self.items[:n], running, _Pool.processes)


@worker_init.connect
def _set_size(sender: object, **_: object) -> None:
    _Pool.processes = int(getattr(sender, "concurrency", None) or 1)
