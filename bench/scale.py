"""Scale: what the database does for many claims on many chains. The chain's own share is measured by topic `chain`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from bench.lanes import HERE, BenchError, Workspace, plain_environment, python_peer, run_peer, site_settings
from bench.tables import Figures, Goal, format_duration
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

# Claims of a whole run: `--claims` replaces the number, and a run in haste takes a tenth.
MANY, FEWEST, PAGE = 100_000, 20_000, 2000
CONTRACTS, WORKERS = 1000, 4
# What the goals are for: claims, and lines of history that each has in MAX_AGE, of which most have one.
GOAL_CLAIMS, LINES = 1_000_000, 5
MAX_LOOK, MAX_JOB, MAX_PAGE, MAX_SWEEP, MAX_LOCK, MAX_HISTORY = 2.0, 50.0, 500.0, 300.0, 1.0, 2.0

_NOTE = (
    "Rows are copies of one person's with a verified token, inserted in {}. The chain answers the sweep at once, in "
    "the process. Times are CPU time of the database, of looks and the sweep also of our process. The janitor is left "
    "out: it needs a store with as many objects."
)


Facts = dict[str, Any]


def run(workspace: Workspace) -> Iterator[Figures]:
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    redis = start_redis(workspace.folder / "redis.sock", workspace.folder / "redis", workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    claims = workspace.claims or max(FEWEST, round(MANY * min(1.0, workspace.haste)))
    for chains in (1, 10):
        yield _measure(workspace, claims, chains, redis.url)


def _measure(workspace: Workspace, claims: int, chains: int, redis: str) -> Figures:
    name = f"scale{chains}"
    socket = workspace.folder / "pg"
    create = ["psql", "-h", str(socket), "-U", "app", "-qc", f"CREATE DATABASE {name}", "postgres"]
    done = subprocess.run(create, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"The database was not created: {done.stderr}")
    node = {"name": "Nowhere", "rpc_urls": ["http://127.0.0.1:9"], "confirmed": "finalized"}
    environment = site_settings(workspace.folder / "data") | {
        "DATABASE_URL": f"postgresql://app@/{name}?host={socket}",
        "REDIS_URL": redis,
        "LOG_LEVEL": "CRITICAL",
        "NFT_CHAINS": json.dumps({str(number): node for number in range(1, chains + 1)}),
    }

    def ask(role: str, *numbers: int) -> dict[str, Any]:
        return run_peer(python_peer(f"scale: {role}", "scale", role, *map(str, numbers), environment=environment))

    filled = ask("fill", claims, chains, CONTRACTS)
    facts, swept, locked = ask("measure"), _sweep(environment), ask("lock")
    return _figures(claims, chains, filled, facts, swept, locked)


def _sweep(environment: dict[str, str]) -> dict[str, float]:
    """Have WORKERS processes check every claim once."""
    peer = python_peer("scale: sweep", "scale", "sweep")
    workers = [
        subprocess.Popen(
            peer.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=HERE.parent,
            env=plain_environment(**environment),
            text=True,
        )
        for _ in range(WORKERS)
    ]
    ended = [worker.communicate() for worker in workers]
    failed = [errors for worker, (_, errors) in zip(workers, ended, strict=True) if worker.returncode]
    if failed:
        raise BenchError(f"A worker of the sweep failed: {failed[0][-1500:]}")
    facts = [json.loads(printed.splitlines()[-1]) for printed, _ in ended]
    return {name: sum(each[name] for each in facts) for name in ("elapsed", "database", "own")}


def _figures(
    claims: int,
    chains: int,
    filled: dict[str, Any],
    facts: dict[str, Any],
    swept: dict[str, Any],
    locked: dict[str, Any],
) -> Figures:
    at = f"{claims:,} claims, {chains} chain{'s' if chains > 1 else ''}"
    jobs = sorted(facts["jobs"].items(), key=lambda item: -item[1])
    slowest, job_seconds = jobs[0]
    page = swept["database"] / max(1, claims / PAGE)
    whole = (swept["database"] + swept["own"]) / WORKERS * GOAL_CLAIMS / claims
    history = facts["line_bytes"] * LINES * GOAL_CLAIMS / 1e9
    found = [
        ("contracts of a chain at each look", facts["look"] * 1000, MAX_LOOK, " ms"),
        ("gauges of all chains", facts["gauges"] * 1000, MAX_JOB, " ms"),
        ("what needs attention", facts["attention"] * 1000, MAX_JOB, " ms"),
        (f"costliest periodic job in the database ({_short(slowest)})", job_seconds * 1000, MAX_JOB, " ms"),
        (f"a sweep page of {PAGE:,} in the database, {WORKERS} workers", page * 1000, MAX_PAGE, " ms"),
        (f"sweep of {GOAL_CLAIMS:,} claims by {WORKERS} workers, without the chain", whole, MAX_SWEEP, " s"),
        (f"past checks of {GOAL_CLAIMS:,} claims, {LINES} lines each", history, MAX_HISTORY, " GB"),
        ("longest wait of a write while an index is added", locked["longest"], MAX_LOCK, " s"),
    ]
    rows = [
        ["contracts of a chain", format_duration(facts["look"]), f"{facts['contracts']:,}"],
        ["gauges", format_duration(facts["gauges"]), ""],
        ["what needs attention", format_duration(facts["attention"]), ""],
        ["whole sweep: database", format_duration(swept["database"]), f"{claims:,} claims"],
        ["whole sweep: workers", format_duration(swept["own"]), f"{claims:,} claims"],
        ["index added", format_duration(locked["seconds"]), f"{locked['writes']:,} writes meanwhile"],
        *([_short(name), format_duration(seconds), "one run"] for name, seconds in jobs[:12]),
    ]
    goals = [Goal(f"{text}, {at}", measured, bound, unit) for text, measured, bound, unit in found]
    return Figures(
        f"Scale: {at}", ["work", "time", "of"], rows, goals, [_NOTE.format(format_duration(filled["seconds"]))]
    )


def _short(name: str) -> str:
    return name.rpartition(".")[2]
