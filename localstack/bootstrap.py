"""Install what a command needs, if it changed: `python3 -m localstack.bootstrap run|lint|test|bench`.

Standard library only: this runs on a bare Python 3.11 or later. Nothing is installed outside the checkout, except the
system packages that the tests need. apt installs those, and each is printed with its reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from localstack import binaries
from localstack.binaries import ROOT, VENV
from localstack.processes import tail

HERE = ROOT / "localstack"
LOG = ROOT / ".local" / "log" / "setup.log"
OLDEST_NODE = 20
NPM_AT_ONCE = 3
LEVELS = ("run", "lint", "test", "bench")
LEAN, FULL = ROOT / "requirements-local.txt", ROOT / "requirements-dev.txt"
SYSTEM_PACKAGES = {
    "radosgw": ("radosgw", "the tests use a real S3 server"),
    "ceph-mon": ("ceph-mon", "the S3 server stores its cluster map in it"),
    "ceph-osd": ("ceph-osd", "the S3 server stores its objects in it"),
    "ceph": ("ceph-common", "its tools set up the S3 server"),
    "nginx": ("nginx", "the tests run the nginx configuration that we ship"),
    "systemd-analyze": ("systemd", "the tests rate how our units are confined"),
    "msgfmt": ("gettext", "the tests compile the catalogs of languages"),
    "chromium-headless-shell": ("chromium-headless-shell fonts-liberation", "the tests use the site in a browser"),
}
BENCH_PACKAGES = {"wrk": ("wrk", "the bench sends requests with it")}
LONG_TESTS_PACKAGES = {
    "debootstrap": ("debootstrap", "the long tests deploy the site on bare Debian machines"),
    "systemd-nspawn": ("systemd-container", "the long tests start those machines"),
}


# By program: a package too large to install, or that would start a server, and what the program is for.
UNPACKED = {"promtool": ("prometheus", "usr/bin/promtool", "the tests check the alert rules with it")}


class SetupError(Exception):
    """Something can't be installed. The message says what to do."""


def prepare(level: str) -> None:
    """Install what `make run`, `make lint`, `make test` or `make bench` needs. Raise SetupError if that fails."""
    if level == "bench":
        prepare("test")
        _system_packages(BENCH_PACKAGES)
        return
    LOG.parent.mkdir(parents=True, exist_ok=True)
    started_at = time.monotonic()
    jobs = [lambda: _python_then_npm(level)]
    if level == "test":
        jobs.append(_system_programs)
    with ThreadPoolExecutor(len(jobs)) as pool:
        changed = [job.result() for job in [pool.submit(job) for job in jobs]]
    if any(changed):
        print(f"  installed everything in {time.monotonic() - started_at:.0f} s", flush=True)


def _python_then_npm(level: str) -> bool:
    changed = [_virtual_environment(), _python_packages(LEAN if level == "run" else FULL)]
    if level == "test":
        _npm()  # even if no package is missing: the tests need Node.js itself
    with ThreadPoolExecutor(NPM_AT_ONCE) as pool:  # npm mostly waits for answers
        return any([*changed, *pool.map(partial(_npm_packages, level=level), _npm_folders(level))])


def _npm_folders(level: str) -> list[Path]:
    """Return the folders with a package-lock.json that the level needs."""
    tests = [lock.parent for lock in sorted(ROOT.glob("tests/*/*/package-lock.json"))]
    scripts = ROOT / "frontend"
    return {"run": [ROOT / "contracts"], "lint": [scripts], "test": [ROOT / "contracts", scripts, *tests]}[level]


# --- Python -----------------------------------------------------------------------------------------------------------
def _virtual_environment() -> bool:
    if _succeeds([binaries.python(), "--version"]):
        return False
    _announce("Creating .venv, because Python packages are installed only inside this folder")
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
    # Once the packages for tests are installed, `make run` keeps them.
    requirements = FULL if _stamp(FULL).exists() else wanted
    stamp, key = _stamp(requirements), _digest([requirements, HERE / "requirements-uv.txt"])
    if _is_stamped(stamp, key):
        return False
    _announce(f"Installing Python packages, because {requirements.name} is new or changed")
    for old in (LEAN, FULL):
        _stamp(old).unlink(missing_ok=True)
    _install_python(requirements)
    stamp.write_text(key, encoding="utf-8")
    return True


def _stamp(requirements: Path) -> Path:
    return VENV / f".installed-{requirements.stem}"


def _install_python(requirements: Path) -> None:
    """Install with uv, which is three times as fast as pip, or with pip if uv does not work here."""
    python, pip = binaries.python(), [binaries.python(), "-m", "pip", "install", "--quiet", "--require-hashes"]
    # The lists are complete, and hold versions that one package caps lower (requirements-overrides.in).
    pip.append("--no-deps")
    uv = VENV / "bin" / "uv"
    try:
        _run([*pip, "-r", str(HERE / "requirements-uv.txt")])
        _run([str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(requirements)])
    except SetupError:
        _announce("Installing Python packages with pip, because uv did not work here (details in the log)")
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
    _announce(f"Installing npm packages of {name}, because {name}/package-lock.json is new or changed")
    lean_only = ["--omit=dev"] if level == "run" else []
    _run([*_npm(), "ci", *lean_only, "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    stamp.write_text(full if level == "test" else lean, encoding="utf-8")
    return True


def _npm() -> list[str]:
    """Return the npm command: the system's if its Node.js is recent enough, else that of the Node.js wheel."""
    if shutil.which("npm") and _node_major("node") >= OLDEST_NODE:
        return ["npm"]
    node = binaries.wheel_node()
    if not node.exists():
        _announce(
            f"Installing Node.js as a Python wheel, because npm with Node.js {OLDEST_NODE} or later is not installed"
        )
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
def prepare_long_tests() -> None:
    """Install what only `make test-long` needs besides. Without root, the tests of bare machines are skipped."""
    if os.geteuid() == 0:
        _system_packages(LONG_TESTS_PACKAGES)


def _system_programs() -> bool:
    return any([_system_packages(SYSTEM_PACKAGES), *[_unpacked(program) for program in UNPACKED]])


def _unpacked(program: str) -> bool:
    """Take one program out of its Debian package, without installing the package."""
    package, path, reason = UNPACKED[program]
    kept = binaries.TOOLS / program
    if kept.exists() or _is_installed(program):
        return False
    _announce(f"Fetching {program} from the Debian package {package}, because {reason}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([*_apt([package]), "update"])
        _run(["apt-get", "download", package], folder)
        _run(["dpkg-deb", "--extract", str(next(folder.glob("*.deb"))), "."], folder)
        shutil.copy(folder / path, kept)
    return True


def _system_packages(wanted: Mapping[str, tuple[str, str]]) -> bool:
    missing = {name: package for name, package in wanted.items() if not _is_installed(name)}
    if not missing:
        return False
    packages = [package for names, _ in missing.values() for package in names.split()]
    apt = _apt(packages)
    for names, reason in missing.values():
        _announce(f"Installing {names} with apt, because {reason}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run([*apt, "update"], environment=environment)
    _run([*apt, "install", "-y", "--no-install-recommends", *packages], environment=environment)
    return True


def _is_installed(program: str) -> bool:
    # Debian installs nginx in /usr/sbin, which is only on root's PATH.
    return shutil.which(program) is not None or Path("/usr/sbin", program).exists()


def _apt(packages: Sequence[str]) -> list[str]:
    if shutil.which("apt-get") and os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("apt-get") and shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n", "apt-get"]
    raise SetupError(
        f"{' '.join(packages)} must be installed, but apt-get needs a password here. "
        f"Install them yourself, then try again: sudo apt-get install --no-install-recommends {' '.join(packages)}"
    )


# --- helpers ----------------------------------------------------------------------------------------------------------
def _announce(line: str) -> None:
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
        last_lines = "\n".join(f"    {line}" for line in tail(LOG, 8))
        raise SetupError(
            f"`{' '.join(command)}` failed (exit code {code}). Its log is {LOG}, last lines:\n{last_lines}"
        )


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        print("usage: python3 -m localstack.bootstrap run|lint|test|bench", file=sys.stderr)
        return 2
    try:
        prepare(arguments[0])
    except SetupError as error:
        print(f"Setup failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
