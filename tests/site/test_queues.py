"""Workers take the queues in their order, and no queue takes the last process of a worker from the others."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from avatarsite import queue_order
from avatarsite.queues import QUEUES, WORKERS, choose_queues
from localstack.binaries import ROOT
from profiles import jobs
from profiles.celery import routes

CHAIN = WORKERS["chain"].queues


def test_every_queue_has_a_worker_and_every_job_a_queue_of_the_list() -> None:
    jobs.discover()
    assert {queue["queue"] for queue in routes(QUEUES).values()} == set(QUEUES)
    together = [queue for kind, worker in WORKERS.items() if kind != "all" for queue in worker.queues]
    assert sorted(together) == sorted(QUEUES)
    assert WORKERS["all"].queues == QUEUES
    for worker in WORKERS.values():
        assert list(worker.queues) == sorted(worker.queues, key=QUEUES.index), "the one order"


def test_no_queue_takes_the_last_process() -> None:
    assert choose_queues(CHAIN, Counter(), 3) == ["watch", "claims", "chain"]
    assert choose_queues(CHAIN, Counter(claims=2), 3) == ["watch", "chain"]
    assert choose_queues(CHAIN, Counter(claims=1, chain=1), 3) == ["watch", "claims", "chain"]
    assert choose_queues(CHAIN, Counter(claims=1), 1) == ["watch", "claims", "chain"], "there is no other process"
    assert choose_queues(["ipfs"], Counter(ipfs=7), 8) == ["ipfs"], "there is no other queue"


def test_the_queues_of_long_jobs_share_their_limit() -> None:
    assert choose_queues(QUEUES, Counter(chain=1, ipfs=1), 3) == ["watch", "claims", "mints", "default"]


def test_a_kind_that_does_not_exist_is_refused() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "avatarsite.worker", "chian"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert started.returncode == 2
    assert "'chain', 'ipfs', 'default', 'all'" in started.stderr


def test_the_strategy_asks_for_the_queues_in_order() -> None:
    order = queue_order.InOrder()
    order.update(["watch", "claims"])
    order.rotate("watch")
    assert order.consume(2) == ["watch", "claims"]
