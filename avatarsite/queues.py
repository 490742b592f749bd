"""The queues of background jobs, which worker takes them, and in which order. Standard library only.

A worker takes the first queue of its list that has a job, and no queue takes its last free process from the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

#: Every queue, the most urgent first.
QUEUES = ("watch", "claims", "mints", "chain", "default", "ipfs", "slow", "webhooks")
#: Their jobs may take minutes: a search for tokens, a gateway or a stranger's page that answers slowly, an export,
#: a program that receives webhooks.
LONG = frozenset({"chain", "ipfs", "slow", "webhooks"})


@dataclass(frozen=True)
class WorkerKind:
    """The queues of a worker in their order, and how many processes it has unless WORKER_PROCESSES says so."""

    queues: tuple[str, ...]
    processes: int


#: `all` is for small machines and the local stack. Together, the others take every queue.
WORKERS = {
    "chain": WorkerKind(("watch", "claims", "chain"), 3),
    "ipfs": WorkerKind(("mints", "ipfs"), 8),
    "default": WorkerKind(("default", "slow", "webhooks"), 2),
    "all": WorkerKind(QUEUES, 3),
}


def choose_queues(queues: Iterable[str], running: Counter[str], processes: int) -> list[str]:
    """Return the queues that a worker may take its next job from, in the order given. `running`: its jobs by queue.

    No queue takes the last free process from the others, and the long ones count as one. So a job of `watch` waits for
    a page of claims at most, and never for a gateway.
    """
    queues = list(queues)
    if processes == 1 or len({_share_of(queue) for queue in queues}) == 1:
        return queues
    taken: Counter[str] = Counter()
    for queue, count in running.items():
        taken[_share_of(queue)] += count
    return [queue for queue in queues if taken[_share_of(queue)] < processes - 1]


def _share_of(queue: str) -> str:
    return "long" if queue in LONG else queue
