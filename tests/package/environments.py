"""Environments of other projects: an interpreter of a wanted version, and nothing in it but what was installed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from localstack import binaries

UV = str(binaries.VENV / "bin" / "uv")


@dataclass(frozen=True)
class Environment:
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def install(self, *requirements: str, resolution: str = "highest") -> None:
        """Install with their dependencies. Raise AssertionError with what the installer said."""
        _uv("pip", "install", "--quiet", "--python", self.python, "--resolution", resolution, *requirements)

    def versions(self) -> dict[str, str]:
        """Return the version of each installed distribution."""
        listed = _uv("pip", "list", "--quiet", "--python", self.python, "--format", "freeze")
        return dict(line.split("==") for line in listed.splitlines() if "==" in line)

    def run(self, *arguments: str, folder: Path, environment: dict[str, str] | None = None) -> str:
        """Run Python and return what it printed. Raise AssertionError with both streams if it fails."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=folder,
            env=plain_environment() | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout


def make_environment(folder: Path, version: str) -> Environment:
    """Make an empty environment of a Python version such as "3.13". Fail the test if there is no such interpreter."""
    _uv("venv", "--quiet", "--python", find_python(version), str(folder))
    return Environment(folder)


def find_python(version: str) -> str:
    """Return the interpreter: the system's, one that uv manages, or one of pyenv, whose shims don't tell versions."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [str(path) for path in sorted(pyenv.glob(f"versions/{version}.*/bin"))]
    path = os.pathsep.join([*folders, os.environ["PATH"]])
    search = [UV, "python", "find", "--system", "--no-python-downloads", version]
    found = subprocess.run(search, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(
            f"Python {version} is not installed. Install it, for example with: {UV} python install {version}",
            pytrace=False,
        )
    return found.stdout.strip()


def plain_environment() -> dict[str, str]:
    """Return our environment without what would let an installed program see this checkout or its settings."""
    ours = ("PYTHON", "DJANGO", "VIRTUAL_ENV", "DATABASE_URL", "REDIS_URL", "LOCAL_STACK", "DATA_DIR")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _uv(*arguments: str) -> str:
    done = subprocess.run([UV, *arguments], capture_output=True, text=True, check=False, env=plain_environment())
    assert done.returncode == 0, f"uv {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout
