"""Workers side by side (`-n`): who shares a running site, or a module's fixtures, shares a worker."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"


def part_of(nodeid: str) -> str:
    """A file; all files that drive the browser are one part, as they share the site."""
    return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


class ByPart(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out whole parts, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)
