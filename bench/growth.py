"""Growth: the same look-ups among a thousand people and among a million."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.harness import Result, Round
from bench.lanes import Workspace, python_peer, run_peer, site_settings
from bench.tables import Goal, Table
from tests.servers.postgres import start_postgres

FEW, MANY = 1_000, 1_000_000
POSTGRES_MAX_RATIO, SQLITE_MAX_RATIO, MAX_BYTES = 1.5, 2.0, 1600.0


def run(workspace: Workspace) -> Iterator[Table]:
    many = max(10 * FEW, round(MANY * min(1.0, workspace.haste)))
    yield _table("PostgreSQL", _on_postgres(workspace, many), many, POSTGRES_MAX_RATIO)
    yield _table("SQLite", _on_sqlite(workspace, many), many, SQLITE_MAX_RATIO)


def _on_postgres(workspace: Workspace, many: int) -> dict[str, Any]:
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}"
    # Every server has the database “postgres” from the beginning, as empty as ours.
    return _measure(workspace, url, "avatarsite", "postgres", many)


def _on_sqlite(workspace: Workspace, many: int) -> dict[str, Any]:
    small, large = (str(workspace.folder / f"{name}.sqlite3") for name in ("small", "large"))
    return _measure(workspace, f"sqlite:///{small}", small, large, many)


def _measure(workspace: Workspace, url: str, small: str, large: str, many: int) -> dict[str, Any]:
    environment = site_settings(workspace.folder / "data") | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    return run_peer(
        python_peer("growth of the database", "growth", small, large, str(FEW), str(many), environment=environment)
    )


def _table(title: str, facts: dict[str, Any], many: int, max_ratio: float) -> Table:
    results = {
        name: Result(name, 0, [Round(wall, cpu, 0.0) for wall, cpu in rounds])
        for name, rounds in facts["rounds"].items()
    }
    small, large = (f", {people:,} people" for people in (FEW, many))
    titles = [name.removesuffix(small) for name in results if name.endswith(small)]
    goals = [
        Goal(
            f"{each}, {many:,} ÷ {FEW:,} people",
            _ratio(results[each + large], results[each + small]),
            max_ratio,
            " times",
        )
        for each in titles
    ]
    goals.append(Goal("size of one person in the database", facts["bytes"]["all"], MAX_BYTES, " bytes"))
    ordered = [results[each + size] for each in titles for size in (small, large)]
    note = (
        "The operations take turns on two databases of the same server. “CPU” is that of our process alone. The bytes "
        "of a person are those of user, profile, hashes of an e-mail address, picture with four squares, history "
        "entry, account, and for one in ten a claim, each with its indexes. "
        f"{facts['bytes']['squares']:,.0f} of them belong to the squares."
    )
    return Table(f"Growth on {title}", ordered, ordered[0].name, "operation", goals, [note])


def _ratio(large: Result, small: Result) -> float:
    """Return the wall-clock time among many people as a multiple of that among few: the median of the rounds."""
    return median(many.wall / few.wall for many, few in zip(large.rounds, small.rounds, strict=True))
