"""Measure what grows with the claims, in PostgreSQL.

`fill <claims> <chains> <contracts>` fills an empty database. `measure` times looks at a chain, and each periodic job
by the CPU time of the database. `sweep` checks pages until nothing is due, beside others that do the same. `lock`
adds an index while rows are written. Each prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402 - after setup
from django.db import connection, models  # noqa: E402 - after setup
from django.db.migrations.state import ProjectState  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.accounting import own_cpu_seconds  # noqa: E402
from bench.peers.scale_crowd import fill  # noqa: E402
from nft.claims.sweeping import sweep_page  # noqa: E402
from nft.clients.bundle import get_clients  # noqa: E402
from nft.core.evm.token import TokenStandard  # noqa: E402
from nft.core.tokens.verdict import BlockRef, Decision, Reason, Verdict  # noqa: E402
from nft.models import ClaimCheck, TokenClaim  # noqa: E402
from nft.models.chains import watched_contracts  # noqa: E402
from nft.settings.chains import chains  # noqa: E402
from nft.tokens import ownership  # noqa: E402
from nft.tokens.facts import Check, Question  # noqa: E402
from nft.watching.gauges import get_gauges  # noqa: E402
from profiles.jobs import discover, get_jobs  # noqa: E402
from profiles.leases import get_attention  # noqa: E402
from profiles.models import StoredImage  # noqa: E402
from profiles.schema import AddIndexConcurrently  # noqa: E402

# Needs a store with as many objects as there are rows; `bench` has no such one.
NEEDS_STORE = ("janitor",)
LOOKS, OFFERED = 20, 200


class Spent:
    """CPU seconds since it was made: of the database's process for our connection, and of our own."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._backend = int(cursor.fetchone()[0])
        self._database, self._own = own_cpu_seconds(self._backend), time.process_time()

    @property
    def database(self) -> float:
        return own_cpu_seconds(self._backend) - self._database

    @property
    def own(self) -> float:
        return time.process_time() - self._own


def measure() -> dict[str, Any]:
    now, first = timezone.now(), next(iter(chains()))
    facts: dict[str, Any] = {
        "contracts": len(watched_contracts(first)),
        "look": _each(lambda: watched_contracts(first)),
        "gauges": _each(lambda: list(get_gauges(now)), 3),
        "attention": _each(get_attention, 3),
        "line_bytes": _bytes_of(ClaimCheck) / ClaimCheck.objects.count(),
    }
    discover()
    StoredImage.objects.filter(pk__in=list(StoredImage.objects.values_list("pk", flat=True)[:OFFERED])).update(
        purge_at=now - timedelta(minutes=1)
    )
    facts["jobs"] = {job.name: _run(job) for job in get_jobs() if job.every is not None and not _is_left_out(job.name)}
    return facts


def _is_left_out(name: str) -> bool:
    return any(word in name for word in NEEDS_STORE)


def _run(job: Any) -> float:
    """Return the CPU seconds of the database for one run."""
    spent = Spent()
    job.run(*([next(iter(job.each()))] if job.each is not None else []))
    return spent.database


def _each(act: Callable[[], object], times: int = LOOKS) -> float:
    """Return the CPU seconds of one call, the database's and ours."""
    act()
    spent = Spent()
    for _ in range(times):
        act()
    return (spent.database + spent.own) / times


def _bytes_of(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [model._meta.db_table])  # noqa: SLF001
        return int(cursor.fetchone()[0])


def sweep() -> dict[str, Any]:
    """Check every claim once. The chain answers at once that each holder has its token."""
    _answer_at_once()
    clients, now, spent = get_clients(), timezone.now() + timedelta(minutes=30), Spent()
    began = time.perf_counter()
    for chain_id in chains():
        while sweep_page(chain_id, now, clients, alone=False):
            pass
    return {"elapsed": time.perf_counter() - began, "database": spent.database, "own": spent.own}


def _answer_at_once() -> None:
    block = BlockRef(21_000_000, b"\xbb" * 32)
    decision = Decision(Verdict.OWNED, Reason.HELD, "The account holds it.")

    def answer(client: object, questions: list[Question], **_: object) -> ownership.BatchCheck:
        checks: list[Check | None] = [
            Check(decision, block, TokenStandard.ERC721, question.holders[0]) for question in questions
        ]
        return ownership.BatchCheck(checks, block, frozenset())

    real = ownership.check_many
    for module in list(sys.modules.values()):
        if module.__name__.startswith("nft.") and getattr(module, "check_many", None) is real:
            module.check_many = answer  # type: ignore[attr-defined]


def lock() -> dict[str, Any]:
    """Return how long the slowest write waited while the index was built, and how long that took."""
    waits: list[float] = []
    stop = threading.Event()
    some = list(TokenClaim.objects.values_list("pk", flat=True)[:50])

    def write() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            TokenClaim.objects.filter(pk=some[len(waits) % len(some)]).update(last_error="")
            waits.append(time.perf_counter() - began)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    state = ProjectState.from_apps(apps)
    operation = AddIndexConcurrently("tokenclaim", models.Index(fields=["reason", "created_at"], name="bench_only"))
    after = state.clone()
    operation.state_forwards("nft", after)
    began = time.perf_counter()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("nft", editor, state, after)
    seconds = time.perf_counter() - began
    stop.set()
    writer.join()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("nft", editor, after, state)
    return {"longest": max(waits), "writes": len(waits), "seconds": seconds}


def main(role: str, *numbers: str) -> dict[str, Any]:
    if role == "fill":
        began = time.perf_counter()
        fill(*map(int, numbers))
        return {"seconds": time.perf_counter() - began}
    return {"measure": measure, "sweep": sweep, "lock": lock}[role]()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
