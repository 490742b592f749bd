"""The files that pages refer to, as `collectstatic` leaves them for web servers: joined, with hashes in their names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from localstack import binaries
from tests.servers.places import Places


@pytest.fixture(scope="session")
def collected_static_files(places: Places) -> Path:
    """Collect them once for all sites of this process, which only read them (STATIC_ROOT)."""
    folder = places.folder / "collected"
    command = [binaries.python(), "manage.py", "collectstatic", "--no-input"]
    environment = os.environ | {"STATIC_ROOT": str(folder)}
    subprocess.run(command, check=True, cwd=binaries.ROOT, env=environment, capture_output=True)
    return folder
