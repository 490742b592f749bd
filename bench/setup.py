"""Installation of the peers: npm packages beside package.json, Django apps in environments of their own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.lanes import BenchError
from localstack import binaries
from localstack.binaries import ROOT

HERE = Path(__file__).resolve().parent
PROGRAMS = {"nginx": "nginx", "wrk": "wrk"}


def install_npm_peers() -> None:
    """Install sharp, viem, ipfs-car and others, unless they are installed. No installation script runs.

    Raises BenchError if npm fails.
    """
    lock = HERE / "package-lock.json"
    stamp = HERE / "node_modules" / ".installed"
    if _is_fresh(stamp, lock):
        return
    print("  Installing npm packages of bench, because its lock is new or has changed …", flush=True)
    _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], HERE)
    stamp.write_text(_digest(lock), encoding="utf-8")


def install_django_avatar() -> str | None:
    return _install_apart("django-avatar")


def install_django_siwe_auth() -> str | None:
    return _install_apart("django-siwe-auth")


def _install_apart(name: str) -> str | None:
    """Install the package into an environment of its own and return the path of its Python.

    If that fails, print the reason and return None.
    """
    folder, requirements = ROOT / ".local" / "bench" / name, HERE / f"requirements-{name}.txt"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if _is_fresh(stamp, requirements):
        return str(python)
    print(f"  Installing {name} into an environment of its own …", flush=True)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], ROOT)
        _run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)], ROOT)
    except BenchError as error:
        print(f"  {name} is skipped: {error}", flush=True)
        return None
    stamp.write_text(_digest(requirements), encoding="utf-8")
    return str(python)


def check_programs() -> None:
    """Raise BenchError, with the command that installs them, if nginx or wrk is missing."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        raise BenchError(
            f"{' and '.join(missing)} can't be found. "
            f"On Debian and Ubuntu: sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )


def _npm() -> list[str]:
    """Return the command of the system's npm, or else of the one in the wheel that `make test` installs."""
    node = Path(binaries.node())
    if found := shutil.which("npm"):
        return [found]
    return [str(node), str(node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"`{' '.join(command[:4])} …` failed: {done.stderr.strip()[-300:]}")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _is_fresh(stamp: Path, file: Path) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _digest(file)
