"""A third-party IPFS gateway on loopback: Helia's verified fetch."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from localstack import binaries
from localstack.processes import Program, Running, free_port, is_listening
from tests.servers.places import Places

SOURCE = Path(__file__).parent / "helia"


@dataclass(frozen=True)
class Gateway:
    """A running gateway. Blocks are at <url>/ipfs/<cid>?format=raw."""

    url: str
    running: Running

    def add(self, content: bytes, **options: Any) -> str:
        """Store a file; return its CID. Options: `cid_version` 0 or 1, `raw_leaves` "true" or "false"."""
        query = {name.replace("_", "-"): value for name, value in options.items()}
        return self._post("/add", data=content, params=query)

    def add_directory(self, files: Mapping[str, bytes]) -> str:
        """Store files in a directory; return the directory's CID."""
        return self._post(
            "/add-directory", json={path: base64.b64encode(text).decode() for path, text in files.items()}
        )

    def _post(self, path: str, **arguments: Any) -> str:
        answer = requests.post(self.url + path, timeout=60, **arguments)
        answer.raise_for_status()
        return str(answer.json()["cid"])


def start_gateway(folder: Path, log: Path) -> Gateway:
    if not (SOURCE / "node_modules").exists():
        pytest.fail(
            "The IPFS gateway for tests (Helia) is not installed. Install it: python3 -m localstack.bootstrap test",
            pytrace=False,
        )
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    script = ["--require", str(SOURCE / "node20.cjs"), str(SOURCE / "gateway.mjs")]
    running = Running(Program("ipfs gateway", [binaries.node(), *script, str(folder), str(port)], log))
    running.wait_until(lambda: is_listening(port), 60)
    return Gateway(f"http://127.0.0.1:{port}", running)


@pytest.fixture(scope="session")
def helia(places: Places) -> Iterator[Gateway]:
    gateway = start_gateway(places.folder / "helia", places.log("helia"))
    yield gateway
    gateway.running.kill()
