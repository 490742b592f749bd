"""Distribute tests over parallel workers (`-n`). Tests that share a site or a module's fixtures share a worker."""

from __future__ import annotations

from collections.abc import Iterable

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

BROWSER = "tests/browser/"


def part_of(nodeid: str) -> str:
    """Return the part a test belongs to: its file, or the browser tests, which share one site."""
    return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


class ByPart(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Schedule whole parts, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)

    def remove_node(self, node: WorkerController) -> str | None:
        """Take away a worker that crashed or ended, and return the test that crashed it.

        xdist would run that test again, so one that always crashes would crash worker after worker, without an end.
        """
        of_worker: Iterable[dict[str, bool]] = self.assigned_work[node].values()
        for part in of_worker:
            for nodeid, is_complete in part.items():
                if not is_complete:
                    part[nodeid] = True
                    super().remove_node(node)
                    return nodeid
        super().remove_node(node)
        return None
