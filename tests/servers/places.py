"""The folders and addresses of this test process's servers, and the environment that Django's settings read.

Settings are read once, before any server runs, so the addresses are chosen here and the servers use them later. Each
pytest-xdist worker is a process with its own places, hence its own servers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from localstack.processes import free_port


@dataclass(frozen=True)
class Places:
    folder: Path
    chain_port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def redis_socket(self) -> Path:
        return self.folder / "redis.sock"

    @property
    def postgres(self) -> Path:
        return self.folder / "pg"

    @property
    def sqlite(self) -> Path:
        return self.folder / "db.sqlite3"

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def on_sqlite() -> bool:
    """Return whether these tests run on SQLite."""
    return os.environ.get("TEST_DATABASE", "postgres") == "sqlite"


def make() -> Places:
    """Create a folder directly in /tmp, because socket paths must stay below 108 characters."""
    places = Places(Path(tempfile.mkdtemp(prefix="avs-", dir="/tmp")), free_port())
    places.folder.chmod(0o755)  # PostgreSQL may run as another user
    places.data.mkdir()
    return places


def environment(places: Places) -> dict[str, str]:
    """Return the environment of tests: the local stack's, with the addresses of this process's servers."""
    database = f"sqlite:///{places.sqlite}" if on_sqlite() else f"postgresql://app@/avatarsite?host={places.postgres}"
    return {
        "DJANGO_SETTINGS_MODULE": "avatarsite.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's sync API keeps an event loop in the test's thread
        "LOCAL_STACK": "1",
        "DATA_DIR": str(places.data),
        "DATABASE_URL": database,
        "REDIS_URL": f"unix://{places.redis_socket}",
        "AVATARSITE_CHAIN_PORT": str(places.chain_port),
    }
