"""Bare Debian machines, made by debootstrap and started by systemd-nspawn with systemd as their first process.

Each is a layer over a root that is made once and kept. It has a network of its own with nothing but loopback; commands
that install packages may use the host's, as a machine with a way out would.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KEPT = Path(tempfile.gettempdir()) / "avatarsite-debian"
PROGRAMS = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2", "mount": "mount"}
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}


def check_programs() -> None:
    """Skip the test without root; fail it, with what to install, if a program is missing."""
    if os.geteuid() != 0:
        pytest.skip("Debian machines for tests need root.")
    missing = sorted({package for name, package in PROGRAMS.items() if shutil.which(name) is None})
    if missing:
        pytest.fail(f"Debian machines for tests need {', '.join(missing)}: apt-get install them.", pytrace=False)


def new_folder() -> Path:
    """Return a folder for a root. Not pytest's: another run of pytest deletes old ones, and mounts with them."""
    return Path(tempfile.mkdtemp(prefix="avs-debian-"))


def bare_root(suite: str) -> Path:
    """Return a root made by debootstrap without any option, making it if it is the first time."""
    root = KEPT / suite
    if not root.exists():
        KEPT.mkdir(exist_ok=True)
        new = KEPT / f"{suite}.new"
        shutil.rmtree(new, ignore_errors=True)
        _run("debootstrap", suite, str(new), seconds=900)
        new.rename(root)
    return root


def _run(*command: str, seconds: float = 60) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@dataclass
class Layer:
    """A root without a running system: a writable layer over others, the uppermost first.

    The layer is in memory: installing and deleting thousands of files took minutes on a disk.
    """

    folder: Path
    below: list[Path]

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        _run("mount", "-t", "tmpfs", "-o", "size=4g,mode=755", "tmpfs", str(self.folder))
        self.root, self.upper = self.folder / "root", self.folder / "upper"
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        lower = ":".join(map(str, self.below))
        layers = f"lowerdir={lower},upperdir={self.upper},workdir={self.folder}/work"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))

    def copy_way_out(self) -> None:
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        shutil.copy(CA_BUNDLE, self.root / "etc" / "host-authorities.crt")

    def remove(self) -> None:
        for place in (self.root, self.folder):
            subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)
        self.folder.rmdir()


@dataclass
class Namespace:
    """A network namespace with loopback only."""

    name: str

    def __post_init__(self) -> None:
        _run("ip", "netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def prefix(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def run(self, *command: str) -> str:
        return _run(*self.prefix, *command)

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)


@dataclass
class Machine:
    """A started Debian. `shared` are folders of the host, by the path where the machine sees them."""

    suite: str
    namespace: Namespace
    folder: Path
    shared: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.layer = Layer(self.folder, [bare_root(self.suite)])
        self.layer.copy_way_out()
        self.root = self.layer.root
        (self.root / "etc" / "hostname").write_text("bare\n")
        self._start()

    def _start(self) -> None:
        binds = [f"--bind={path}:{place}" for place, path in self.shared.items()]
        network = [f"--network-namespace-path=/run/netns/{self.namespace.name}", "--resolv-conf=off"]
        command = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe"]
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *network, *binds, f"--directory={self.root}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                start_new_session=True,
            )
        ends_at = time.monotonic() + 60
        while (state := self._state()) not in {"running", "degraded"}:
            assert time.monotonic() < ends_at, f"{self.suite} did not start ({state})."
            time.sleep(0.5)

    def _state(self) -> str:
        if not self._leader():
            return "no first process"
        return self.run("systemctl is-system-running || true").strip().splitlines()[-1]

    def _leader(self) -> str:
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], check=False, capture_output=True, text=True)
        return children.stdout.strip()

    def run(self, script: str, *, online: bool = False, seconds: float = 120, transcript: Path | None = None) -> str:
        """Run a script by bash, which stops at the first command that fails. Return what it printed.

        online: use the host's network, to install packages. transcript: append the output to this file.
        """
        spaces = ["-m", "-u", "-i", "-p", "-C", *([] if online else ["-n"])]
        command = ["nsenter", "-t", self._leader(), *spaces, "bash", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            env=PLAIN | (way_out() if online else {}),
        )
        if transcript is not None:
            with transcript.open("a") as log:
                log.write(done.stdout)
        assert done.returncode == 0, (
            f"on {self.suite}, with exit code {done.returncode}:\n{script}\n{done.stdout[-6000:]}"
        )
        return done.stdout

    def end(self) -> None:
        leader = self._leader()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in re.findall(r"\d+", leader):
                os.kill(int(pid), signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        self.layer.remove()


def way_out() -> dict[str, str]:
    """Return what the host's own way to the package registries needs: its authorities, and caches to ask less."""
    return {
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_CERT": "/etc/host-authorities.crt",
        "PIP_CACHE_DIR": "/var/cache/pip",
    }
