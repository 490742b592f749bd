"""Load on all that deploy/ ships: public pages for 64 and 256 guests at once, then a mix of all that people do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from bench.lanes import Workspace, python_peer, run_peer
from bench.shipped import Shipped, memory_of, start_shipped
from bench.tables import MIB, Figures, Goal, format_duration

AT_ONCE = (64, 256)
PAGES_SECONDS, MIX_SECONDS = 60.0, 300.0
SAMPLE_SECONDS = 1.0
MAX_RATIO, MAX_CONNECTIONS, MAX_GROWTH = 20.0, 40.0, 1.05
# nginx has no page for people with a cookie: each of their requests reaches the site.
COOKIE = "theme=dark"
_NOTE = (
    "Every unit of deploy/systemd runs with its own command, two web processes behind deploy/nginx.conf, on PostgreSQL "
    "with its default of 100 connections, Redis and a local chain with a block every 2 s. The visitors share the "
    "machine. Guests request public pages of random people, each waiting for the answer before the next request; with "
    "a cookie, so that nginx has no page for them. “Failed” counts answers of 500 and above and requests without an "
    "answer within 30 s; “refused” those of 400 to 499. Connections are those to the site's database, counted every "
    "second. Memory is the PSS of the two web processes with their children."
)


@dataclass
class Watch:
    """What was seen of the site once a second: connections to its database, and memory of its web processes."""

    connections: list[int] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    def growth(self, seconds: float) -> float:
        """Return the mean memory of the last minute of `seconds`, divided by that of the second minute.

        Of a shorter time, the last and the second fifth.
        """
        span = min(60.0, seconds / 5)
        second = [size for at, size in self.memory if span <= at < 2 * span]
        last = [size for at, size in self.memory if seconds - span <= at < seconds]
        return mean(last) / mean(second) if second and last else 0.0


def run(workspace: Workspace) -> Iterator[Figures]:
    site = start_shipped(workspace)
    run_peer(python_peer("filling the database", "people", str(workspace.profiles), environment=site.environment))
    yield _pages(workspace, site)
    yield _mix(workspace, site)
    site.check()


def _pages(workspace: Workspace, site: Shipped) -> Figures:
    heads = ["guests at once", "requests", "per second", "p50", "p99", "failed", "refused", "connections"]
    rows, goals = [], []
    seconds = max(5.0, PAGES_SECONDS * min(1.0, workspace.haste))
    for at_once in AT_ONCE:
        with _watching(site) as watch:
            found = _visit(site, workspace.profiles, at_once, seconds, COOKIE)
        rows.append([f"{at_once}", *_cells(found["statuses"], found["p50"], found["p99"], seconds)])
        rows[-1].append(f"{max(watch.connections)}")
        what = f"public page, {at_once} at once"
        goals.append(Goal(f"{what}: failed requests", _failed(found["statuses"]), 0))
        goals.append(Goal(f"{what}: p99 ÷ p50", found["p99"] / found["p50"], MAX_RATIO))
        goals.append(Goal(f"{what}: PostgreSQL's connections", max(watch.connections), MAX_CONNECTIONS))
    kept = _visit(site, workspace.profiles, AT_ONCE[-1], seconds / 2, "")
    rows.append(
        [f"{AT_ONCE[-1]}, without a cookie", *_cells(kept["statuses"], kept["p50"], kept["p99"], seconds / 2), ""]
    )
    return Figures(
        "Load: public pages", heads, rows, goals, [f"{seconds:.0f} s each, {workspace.profiles:,} people.", _NOTE]
    )


def _visit(site: Shipped, people: int, at_once: int, seconds: float, cookie: str) -> dict[str, Any]:
    port = site.url.rpartition(":")[2]
    return run_peer(python_peer("guests", "guests", port, str(people), str(at_once), str(seconds), cookie))


def _mix(workspace: Workspace, site: Shipped) -> Figures:
    seconds = max(30.0, MIX_SECONDS * min(1.0, workspace.haste))
    placed = json.loads((workspace.folder / "data" / "chain.json").read_text(encoding="utf-8"))
    shapes = next(each["reference"] for each in placed["demo_tokens"] if each["label"] == "Shape 1").partition("/")[0]
    case = workspace.folder / "mix.json"
    facts = {"site": site.url, "chain": site.chain_url, "shapes": shapes, "people": workspace.profiles}
    case.write_text(json.dumps(facts | {"seconds": seconds}), encoding="utf-8")
    with _watching(site) as watch:
        found = run_peer(python_peer("the mix", "mix", str(case), environment=site.environment))
    rows = [
        [kind, *_cells(seen["statuses"], _part(seen["seconds"], 50), _part(seen["seconds"], 99), seconds)]
        for kind, seen in found.items()
    ]
    failed = sum(_failed(seen["statuses"]) for seen in found.values())
    pages = found["public page"]["seconds"]
    goals = [
        Goal("mix: failed requests", failed, 0),
        Goal("mix: public page, p99 ÷ p50", _part(pages, 99) / _part(pages, 50), MAX_RATIO),
        Goal("mix: PostgreSQL's connections", max(watch.connections), MAX_CONNECTIONS),
        Goal("mix: memory of web, last minute ÷ second", watch.growth(watch.memory[-1][0]), MAX_GROWTH),
    ]
    start, *_, end = sizes = [size / MIB for _, size in watch.memory]
    memory = f"Memory of web: {start:.0f} MiB at the start, {max(sizes):.0f} at most, {end:.0f} at the end."
    whole = f"All units together at the end: {memory_of([*site.web, *site.others]) / MIB:.0f} MiB."
    heads = ["work", "requests", "per second", "p50", "p99", "failed", "refused"]
    return Figures("Load: a mix of everything", heads, rows, goals, [f"{seconds:.0f} s.", memory, whole])


@contextmanager
def _watching(site: Shipped) -> Iterator[Watch]:
    watch, ended = Watch(), threading.Event()
    began = time.monotonic()

    def look() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            watch.connections.append(site.connections())
            watch.memory.append((time.monotonic() - began, memory_of(site.web)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


def _cells(statuses: Mapping[str, int], p50: float, p99: float, seconds: float) -> list[str]:
    total = sum(statuses.values())
    refused = sum(times for status, times in statuses.items() if 400 <= int(status) < 500)
    durations = [format_duration(p50), format_duration(p99)]
    return [f"{total:,}", f"{total / seconds:.1f}", *durations, f"{_failed(statuses)}", f"{refused}"]


def _failed(statuses: Mapping[str, int]) -> int:
    return sum(times for status, times in statuses.items() if int(status) >= 500 or int(status) == 0)


def _part(ordered: list[float], percent: int) -> float:
    return ordered[len(ordered) * percent // 100]
