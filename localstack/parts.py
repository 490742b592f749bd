"""The programs of the local stack: how to start each, and when it is ready. Standard library only."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from localstack import binaries
from localstack.processes import Program
from localstack.stack import Stack

BLOCK_TIME = "2"


@dataclass(frozen=True)
class Part:
    program: Program
    is_ready: Callable[[], bool]
    detail: str = ""


def servers(stack: Stack) -> list[Part]:
    """Return the servers that the site's own programs need."""
    parts = [Part(_chain(stack), lambda: _chain_answers(stack), f"http://localhost:{stack.chain_port}, chain 31337")]
    if stack.redis_socket is not None:
        parts.insert(0, Part(_redis(stack), lambda: _redis_answers(stack), "unix socket"))
    return parts


def preparation(stack: Stack) -> Program:
    """Return the program that prepares database, contracts, demo tokens and static files, then exits."""
    return _program(stack, "prepare", [binaries.python(), "-m", "localstack.prepare"])


def site(stack: Stack) -> list[Part]:
    worker = [binaries.python(), "-m", "avatarsite.worker", "all"]
    return [
        Part(_web(stack), lambda: _site_is_ready(stack), stack.origin),
        Part(_ends_at_once(_program(stack, "worker", worker)), lambda: True),
    ]


def scheduler(stack: Stack) -> list[Part]:
    """Return the programs to start last: on two cores, loading the site's code a third time would delay the site."""
    schedule = ["beat", "--schedule", str(_folder(stack, "beat") / "schedule"), "--pidfile", "", "--loglevel", "INFO"]
    listener = _program(stack, "listener", [binaries.python(), "-m", "avatarsite.listener"])
    with_chains = stack.environment.get("NFT_ENABLED", "1").lower() not in {"0", "false", "no", "off"}
    programs = [_celery(stack, "beat", schedule, app="avatarsite.beat"), *([listener] if with_chains else [])]
    return [Part(program, lambda: True) for program in programs]


def _celery(stack: Stack, name: str, arguments: Sequence[str], *, app: str = "avatarsite") -> Program:
    return _ends_at_once(_program(stack, name, [binaries.python(), "-m", "celery", "--app", app, *arguments]))


def _ends_at_once(program: Program) -> Program:
    """SIGTERM would let an orphan finish its tasks first, and wait long for a Redis that ended with the supervisor."""
    return replace(program, orphan_signal=signal.SIGKILL)


def finalize_chain(stack: Stack) -> None:
    """Mine three blocks.

    After a restart the node has only the newest state, but the "finalized" block is two blocks older. Reads at that
    block would fail until three new blocks are mined.
    """
    _call(stack, "anvil_mine", ["0x3"])


def _redis(stack: Stack) -> Program:
    folder = _folder(stack, "redis")
    where = ["--port", "0", "--unixsocket", str(stack.redis_socket), "--unixsocketperm", "700", "--dir", str(folder)]
    return _program(stack, "redis", [binaries.redis_server(), *where, "--save", "", "--appendonly", "yes"])


def _chain(stack: Stack) -> Program:
    folder = _folder(stack, "chain")
    where = ["--host", "127.0.0.1", "--port", str(stack.chain_port), "--chain-id", "31337"]
    # Without these options anvil stores each block's state in the home folder: gigabytes a day.
    state = ["--state", str(folder / "state.json"), "--state-interval", "10", "--max-persisted-states", "1"]
    blocks = ["--block-time", BLOCK_TIME, "--slots-in-an-epoch", "1", "--cache-path", str(folder / "cache")]
    return _program(stack, "chain", [binaries.anvil(), *where, *state, *blocks])


def _web(stack: Stack) -> Program:
    command = [binaries.python(), "-m", "avatarsite.web", "--port", str(stack.web_port), "--access-log"]
    return _program(stack, "web", command)


def _folder(stack: Stack, name: str) -> Path:
    folder = stack.data / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _program(stack: Stack, name: str, command: Sequence[str]) -> Program:
    return Program(name, command, stack.log(name), stack.environment, binaries.ROOT)


def _redis_answers(stack: Stack) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(stack.redis_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _chain_answers(stack: Stack) -> bool:
    try:
        return bool(_call(stack, "eth_chainId", []) == hex(31337))
    except OSError:
        return False


def _site_is_ready(stack: Stack) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.web_port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _call(stack: Stack, method: str, parameters: list[Any]) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(stack.chain_url, body, {"content-type": "application/json"})  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer).get("result")
