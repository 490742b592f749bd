"""The local stack's configuration: ports, the data folder, and the environment of its programs.

Standard library only. Values come from the environment, then from `.env`, then from defaults.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack.binaries import ROOT

SOCKET_LIMIT = 100
"""In bytes. The path of a unix socket may have 107 on Linux and 103 on macOS."""
ENV_LINE = re.compile(
    r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*"
    r"(?:(?P<quote>['\"])(?P<quoted>.*)(?P=quote)|(?P<plain>(?!['\"#])\S(?:.*?\S)?)?)\s*(?:(?<!\S)#.*)?$"
)


class StackError(Exception):
    """The stack can't start with this configuration. The message is for the operator."""


@dataclass(frozen=True)
class Stack:
    data: Path
    web_port: int
    chain_port: int
    redis_socket: Path | None
    """None if REDIS_URL names another server."""
    environment: Mapping[str, str]

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def chain_url(self) -> str:
        return f"http://127.0.0.1:{self.chain_port}"

    def log(self, name: str) -> Path:
        return self.data / "log" / f"{name}.log"


def read_stack(environment: Mapping[str, str], env_file: Path = ROOT / ".env") -> Stack:
    """Read the configuration. Raise StackError for an invalid line of `.env` or an invalid port."""
    given = {**read_env_file(env_file), **environment}
    data = Path(given.get("DATA_DIR") or ROOT / ".local").resolve()
    web, chain = _port(given, "AVATARSITE_PORT", 8000), _port(given, "AVATARSITE_CHAIN_PORT", 8545)
    socket = None if given.get("REDIS_URL") else _socket(data)
    ours = {
        "LOCAL_STACK": "1",
        "DATA_DIR": str(data),
        "AVATARSITE_CHAIN_PORT": str(chain),
        "SITE_ORIGIN": given.get("SITE_ORIGIN") or f"http://localhost:{web}",
        "REDIS_URL": given.get("REDIS_URL") or f"unix://{socket}",
        "PYTHONUNBUFFERED": "1",
    }
    return Stack(data, web, chain, socket, {**given, **ours})


def read_env_file(path: Path) -> dict[str, str]:
    """Return the settings of NAME=value lines. Raise StackError for any other line.

    Quotes around a value are removed, and `#` after a space begins a comment. A name without a value is not set, so
    that lines of .env.example can be copied unchanged.
    """
    found = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = ENV_LINE.match(line)
        if match is None:
            raise StackError(f"Line {number} of {path} is not NAME=value.")
        if value := match["quoted"] or match["plain"]:
            found[match["name"]] = value
    return found


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise StackError(f"{name} is {value!r}: write a port from 1 to 65535.")
    return int(value)


def _socket(data: Path) -> Path:
    """Return the path of Redis's socket: in the data folder, or in a temporary folder if that path is too long."""
    inside = data / "redis.sock"
    if len(os.fsencode(inside)) <= SOCKET_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"avatarsite-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise StackError(f"{folder} belongs to another user. Set DATA_DIR to a folder with a shorter path.")
    return folder / "redis.sock"
