"""What this process is: `web` or `worker`, or else a `command` of an operator. Its waiting times depend on it.

It is no environment variable, which processes would inherit from each other.
"""

from __future__ import annotations

kind = "command"


def declare(own: str) -> None:
    """Call it before Django reads the settings. The first call counts: a web process also loads the Celery app."""
    global kind  # noqa: PLW0603 - one process is one thing
    if kind == "command":
        kind = own
