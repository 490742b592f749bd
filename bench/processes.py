"""Processes: CPU time of start-up, memory at rest and imported modules of each process that deploy/systemd starts."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.accounting import family, own_cpu_seconds, proportional_bytes
from bench.lanes import HERE, BenchError, Workspace, plain_environment, python_peer, run_peer, site_settings
from bench.tables import MIB, Figures, Goal, format_duration
from localstack.binaries import ROOT
from localstack.processes import Program, Running, free_port, tail
from tests.servers import places
from tests.servers.chain import start_chain
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

UNITS, INSTALLED = ROOT / "deploy" / "systemd", "/srv/avatarsite/app/"
FEWEST_STARTS, STARTS = 3, 7
PATIENCE = 120.0
# A process is at rest when it used less than this many CPU seconds during REST_PERIOD seconds, twice in a row.
REST_PERIOD, REST_CPU = 1.0, 0.03
MAX_START_SECONDS = 0.7
NOT_FOR_WEB = ("web3", "siwe", "pyvips")
HEAVY = (*NOT_FOR_WEB, "celery", "boto3", "allauth", "PIL")
_NOTE = (
    "Each process is started as its unit in deploy/systemd does it, on PostgreSQL, Redis and a local chain. CPU is "
    "the time of that process until it is at rest, for web after requests for /healthz, the first of which imports "
    "the views. Web is one of its two instances, and “all” includes the small process that watches over it. “Worker "
    "parent” is the parent of the worker's processes. PSS divides a page that processes share among them. “All” "
    "is the PSS of the unit's whole process tree. Modules are counted in a start of their own."
)


@dataclass(frozen=True)
class Kind:
    """A process to measure. `ready`: what its log has once it is loaded; empty for web, which is asked over HTTP."""

    name: str
    unit: str
    max_mib: float
    ready: str = ""

    @property
    def is_web(self) -> bool:
        return not self.ready


KINDS = (
    Kind("web", "avatarsite-web@", 75.0),
    Kind("worker parent", "avatarsite-worker@", 70.0, "[queues]"),
    Kind("beat", "avatarsite-beat", 45.0, "celery beat v"),
    Kind("listener", "avatarsite-listener", 45.0, "Listening to chains"),
)


@dataclass(frozen=True)
class Start:
    """One start of a process: CPU seconds until it was at rest, its PSS and that of its whole tree in bytes."""

    cpu: float
    own_bytes: int
    tree_bytes: int


def run(workspace: Workspace) -> Iterator[Figures]:
    environment = _start_servers(workspace)
    run_peer(python_peer("filling the database", "people", "10", environment=environment))
    count = max(FEWEST_STARTS, round(STARTS * min(1.0, workspace.haste)))
    starts: dict[str, list[Start]] = {kind.name: [] for kind in KINDS}
    # The kinds take turns, so that a busy moment of the machine affects all of them.
    for _ in range(count):
        for kind in KINDS:
            starts[kind.name].append(_measure(workspace, kind, environment))
    modules = {kind.name: _imported_modules(workspace, kind, environment) for kind in KINDS}
    yield _figures(starts, modules, count)


def _start_servers(workspace: Workspace) -> dict[str, str]:
    """Start what the processes connect to, and return their environment."""
    here = places.make()
    workspace.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port)
    workspace.closing.callback(chain.running.kill)
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    redis = start_redis(workspace.folder / "redis.sock", workspace.folder / "redis", workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    return site_settings(workspace.folder / "data") | {
        "DATABASE_URL": f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}",
        "REDIS_URL": redis.url,
        "AVATARSITE_CHAIN_PORT": str(here.chain_port),
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "INFO",
    }


def _measure(workspace: Workspace, kind: Kind, environment: Mapping[str, str]) -> Start:
    running, port = _start(workspace, kind, environment)
    try:
        pid = _wait_until_at_rest(kind, running, port)
        tree = sum(proportional_bytes(each) for each in family([running.pid]))
        return Start(own_cpu_seconds(pid), proportional_bytes(pid), tree)
    finally:
        running.stop()


def _imported_modules(workspace: Workspace, kind: Kind, environment: Mapping[str, str]) -> set[str]:
    """Return the names of the modules that the process has imported when it is at rest."""
    folder = workspace.folder / f"modules-{kind.unit}"
    folder.mkdir()
    counting = {"PYTHONPATH": str(HERE / "peers" / "modules"), "BENCH_MODULES": str(folder)}
    running, port = _start(workspace, kind, {**environment, **counting})
    try:
        pid = _wait_until_at_rest(kind, running, port)
        return set((folder / str(pid)).read_text(encoding="utf-8").splitlines())
    finally:
        running.stop()


def _start(workspace: Workspace, kind: Kind, environment: Mapping[str, str]) -> tuple[Running, int]:
    """Start a unit's command and return it with the port that its web server listens on."""
    port = free_port()
    log = workspace.folder / f"{kind.unit}-{time.monotonic_ns()}.log"
    command = command_of(kind.unit, str(port) if kind.is_web else "default", workspace.folder)
    return Running(Program(kind.name, command, log, plain_environment(**environment), ROOT)), port


def command_of(unit: str, instance: str, state: Path) -> list[str]:
    """Return the ExecStart line of a unit, with this checkout and the folder `state` instead of the server's.

    `instance` is the port of a web process and the kind of a worker; other units have none.
    """
    lines = (UNITS / f"{unit}.service").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=")[::2] for line in lines]
    command = next(value for name, value in pairs if name == "ExecStart")
    for name, value in (value.split("=", 1) for name, value in pairs if name == "Environment"):
        command = command.replace(f"${{{name}}}", value)
    command = command.replace("%%", "%").replace("%i", instance).replace("/var/lib/avatarsite", str(state))
    words = command.replace(INSTALLED, f"{ROOT}/").split()
    return [str(ROOT / ".venv" / "bin" / "python"), *words] if words[0].endswith("celery") else words


def _wait_until_at_rest(kind: Kind, running: Running, port: int) -> int:
    """Return the id of the process to measure, as soon as it is ready and uses hardly any CPU time."""
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(kind, running, port):
        _check_start(running, deadline)
        time.sleep(0.1)
    pid, calm = _measured_process(kind, running), 0
    while calm < 2:
        _check_start(running, deadline)
        before = own_cpu_seconds(pid)
        time.sleep(REST_PERIOD)
        calm = calm + 1 if own_cpu_seconds(pid) - before < REST_CPU else 0
    return pid


def _check_start(running: Running, deadline: float) -> None:
    """Raise BenchError if the process has ended or is not ready in time."""
    if running.exit_code is not None or time.monotonic() > deadline:
        log = "\n".join(tail(running.program.log, 8))
        raise BenchError(f"“{running.program.name}” did not come to rest within {PATIENCE:.0f} s. Its log:\n{log}")


def _is_ready(kind: Kind, running: Running, port: int) -> bool:
    if kind.is_web:
        # The kernel spreads connections over the workers; with this many, each worker answers some.
        return all(_answers(port) for _ in range(24))
    return kind.ready in running.program.log.read_text(encoding="utf-8")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _measured_process(kind: Kind, running: Running) -> int:
    """Return the unit's main process, or for web the worker that used most CPU time."""
    processes = family([running.pid])
    workers = processes[1:]
    return max(workers, key=own_cpu_seconds) if kind.is_web and workers else processes[0]


def _figures(starts: Mapping[str, list[Start]], modules: Mapping[str, set[str]], count: int) -> Figures:
    heads = ["process", "CPU of start-up", "PSS at rest, MiB", "PSS of all, MiB", "modules", f"of {', '.join(HEAVY)}"]
    rows, goals = [], []
    for kind in KINDS:
        cpu, own, tree = _medians(starts[kind.name])
        names = modules[kind.name]
        heavy = ", ".join(name for name in HEAVY if name in names) or "none"
        rows.append([kind.name, _spread(starts[kind.name]), f"{own:.0f}", f"{tree:.0f}", f"{len(names):,}", heavy])
        goals.append(Goal(f"{kind.name}, CPU of start-up", cpu, MAX_START_SECONDS, " s"))
        goals.append(Goal(f"{kind.name}, PSS at rest", own, kind.max_mib, " MiB"))
    unused = sum(name in modules["web"] for name in NOT_FOR_WEB)
    goals.append(Goal(f"{', '.join(NOT_FOR_WEB)} in web", unused, 0.0))
    return Figures("Processes as shipped", heads, rows, goals, [f"Medians of {count} starts, in turns.", _NOTE])


def _medians(starts: list[Start]) -> tuple[float, float, float]:
    """Return CPU seconds, and PSS of the process and of its tree in MiB."""
    own, tree = median(each.own_bytes for each in starts), median(each.tree_bytes for each in starts)
    return median(each.cpu for each in starts), own / MIB, tree / MIB


def _spread(starts: list[Start]) -> str:
    seconds = [each.cpu for each in starts]
    return f"{format_duration(median(seconds))} ({format_duration(min(seconds))} to {format_duration(max(seconds))})"
