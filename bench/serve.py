"""The other end of a lane: does its work as often as it is told. Standard library only, for peers' environments too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def serve(work: Callable[[], object], facts: dict[str, Any] | None = None) -> None:
    """Never returns before the input ends. Whatever else prints, prints to the log."""

    def repeat(times: int) -> None:
        for _ in range(times):
            work()

    serve_many(repeat, facts)


def serve_many(work: Callable[[int], object], facts: dict[str, Any] | None = None) -> None:
    """For work that does several operations at once: it is told how many."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps(facts or {}), file=answers)
    for line in sys.stdin:
        work(int(line))
        print("done", file=answers)
