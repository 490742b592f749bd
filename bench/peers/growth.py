"""Fill two empty databases, one with few people and one with many, and time operations that must not grow with them.

Arguments: the names of the two databases (files of SQLite), and the number of people in each. Prints one line of
JSON: wall-clock and CPU seconds per operation, round by round.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - after setup
from django.utils import timezone  # noqa: E402

from bench.peers.crowd import address_of, fill, hash_of  # noqa: E402
from nft.models import TokenClaim  # noqa: E402
from profiles.models import Profile  # noqa: E402
from profiles.pictures.pages import history_page  # noqa: E402
from profiles.serving.lookup import find_avatar_view  # noqa: E402

ROUNDS, PAGE = 25, 100
_numbers = count(1)


def main(small: str, large: str, few: int, many: int) -> dict[str, Any]:
    taken: dict[str, int] = {}
    for name, people in ((small, few), (large, many)):
        _use(name)
        taken = fill(people)
    rounds: dict[str, list[list[float]]] = {}
    for _ in range(ROUNDS):
        for name, people in ((small, few), (large, many)):
            _use(name)
            for title, repeats, work in _operations(people):
                rounds.setdefault(f"{title}, {people:,} people", []).append(_time(work, repeats))
    return {"rounds": rounds, "bytes": {name: size / many for name, size in taken.items()}}


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def _operations(people: int) -> list[tuple[str, int, Callable[[], object]]]:
    def somebody() -> int:
        return next(_numbers) * 7919 % people + 1

    now, above = timezone.now(), Profile.objects.get(handle="person-1").pk - 1
    return [
        ("a picture by handle", 100, lambda: find_avatar_view(f"person-{somebody()}", now)),
        ("by address", 40, lambda: find_avatar_view("0x" + address_of(somebody()).hex(), now)),
        ("by hash of an e-mail address", 100, lambda: find_avatar_view(hash_of(f"mail{somebody()}"), now)),
        (f"{PAGE} claims that are due", 2, lambda: _due(now)),
        ("a page of somebody's history", 20, lambda: history_page(Profile(pk=above + somebody()), size=20)),
    ]


def _due(now: Any) -> list[Any]:
    """Return a page like the sweep's (nft.claims.sweeping): claims of one chain and lane, longest due first."""
    lane = TokenClaim.objects.filter(chain_id=1, is_checked_alone=True, due_at__lte=now)
    due = lane.order_by("due_at", "id")
    return list(due.values_list("id", "chain_id", "due_at")[:PAGE])


def _time(work: Callable[[], object], repeats: int) -> list[float]:
    work()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        # A name that is not found would cost less.
        assert work() is not None  # noqa: S101
    return [(time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
