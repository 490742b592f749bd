"""Growth: the same look-ups among a thousand people and among a million."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.harness import Result, Round
from bench.lanes import HERE, BenchError, Place, plain_environment, site_settings
from bench.report import Goal, Table
from localstack import binaries
from tests.servers.postgres import start_postgres

FEW, MANY = 1_000, 1_000_000
MOST_TIMES, MOST_BYTES = 2.0, 700.0


def run(place: Place) -> Iterator[Table]:
    many = max(10 * FEW, round(MANY * min(1.0, place.haste)))
    yield _table("PostgreSQL", _on_postgres(place, many), many)
    yield _table("SQLite", _on_sqlite(place, many), many)


def _on_postgres(place: Place, many: int) -> dict[str, Any]:
    database = start_postgres(place.folder / "pg", place.folder / "postgres.log")
    place.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={place.folder / 'pg'}"
    # “postgres” is there from the beginning, and as empty as ours.
    return _measure(place, url, "avatarsite", "postgres", many)


def _on_sqlite(place: Place, many: int) -> dict[str, Any]:
    small, large = (str(place.folder / f"{name}.sqlite3") for name in ("small", "large"))
    return _measure(place, f"sqlite:///{small}", small, large, many)


def _measure(place: Place, url: str, small: str, large: str, many: int) -> dict[str, Any]:
    environment = site_settings(place.folder / "data") | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    done = subprocess.run(
        [binaries.python(), "-m", "bench.peers.growth", small, large, str(FEW), str(many)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
        env=plain_environment(**environment),
    )
    if done.returncode:
        raise BenchError(f"The databases could not be filled or asked: {done.stderr[-600:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _table(title: str, facts: dict[str, Any], many: int) -> Table:
    results = {
        name: Result(name, 0, [Round(wall, processor, 0.0) for wall, processor in rounds])
        for name, rounds in facts["rounds"].items()
    }
    small, large = (f", {people:,} people" for people in (FEW, many))
    titles = [name.removesuffix(small) for name in results if name.endswith(small)]
    goals = [
        Goal(f"{each}, {many:,} ÷ {FEW:,}", _times(results[each + large], results[each + small]), MOST_TIMES, " times")
        for each in titles
    ]
    goals.append(Goal("a person in the database", facts["bytes"]["all"], MOST_BYTES, " bytes"))
    ordered = [results[each + size] for each in titles for size in (small, large)]
    note = (
        "Elapsed time, in turns on two databases of the same server; processor time is ours alone. A person's bytes: "
        "user, profile, hashes of an address, picture with four squares, history entry, account, and for one in ten a "
        f"claim, each with its indexes; {facts['bytes']['squares']:,.0f} of them are the squares'."
    )
    return Table(f"Growth on {title}", ordered, ordered[0].name, "operation", goals, [note])


def _times(large: Result, small: Result) -> float:
    return median(many.wall / few.wall for many, few in zip(large.rounds, small.rounds, strict=True))
