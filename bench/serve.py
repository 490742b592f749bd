"""The child's side of a lane. Standard library only, because it also runs in the environments of peers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def serve(work: Callable[[], object], facts: dict[str, Any] | None = None) -> None:
    """Do `work` as often as each line of the input says, until the input ends.

    Everything else that prints to standard output prints to the log instead.
    """

    def repeat(times: int) -> None:
        for _ in range(times):
            work()

    serve_many(repeat, facts)


def serve_many(work: Callable[[int], object], facts: dict[str, Any] | None = None) -> None:
    """Like `serve`, for work that does several operations at once and is given their number."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps(facts or {}), file=answers)
    for line in sys.stdin:
        work(int(line))
        print("done", file=answers)
