"""Run a host project (`tests.kit.host_app`) in processes of its own, with a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path, apps: str = "profiles", prefix: str = "", /, **settings: Any) -> dict[str, str]:
    """Return the environment of the project's processes. `settings` replace those of the project."""
    needed = ("PATH", "HOME", "LD_LIBRARY_PATH", "LANG", "PYTHONPYCACHEPREFIX")
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    ours = {"HOST_DIR": str(folder), "HOST_APPS": apps, "HOST_PREFIX": prefix, "HOST_SETTINGS": json.dumps(settings)}
    return kept | ours | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.kit.host_app.settings"}


def run_module(name: str, env: dict[str, str]) -> str:
    """Return what the module printed. Raise AssertionError with all its output if it failed."""
    command = [sys.executable, "-m", name]
    done = subprocess.run(command, check=False, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def manage(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "django", *words]
    return subprocess.run(command, check=False, env=env, cwd=ROOT, capture_output=True, text=True)
