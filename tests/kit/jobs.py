"""Background jobs, run here and now as a worker runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiles.jobs import get_job


def run(function: Callable[..., Any], *args: Any) -> None:
    """Run the job that `function` was declared as, with the real clock and the configured clients."""
    get_job(function).run(*args)
