"""Distribute tests over parallel workers (`-n`). Tests that share a site or a module's fixtures share a worker."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"


def part_of(nodeid: str) -> str:
    """Return the part a test belongs to: its file, or the browser tests, which share one site."""
    return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


class ByPart(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Schedule whole parts, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)
