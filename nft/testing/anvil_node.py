"""anvil as a chain for tests. Every transaction gets its own block, and a block is finalized two blocks later."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from profiles.testing.programs import serve_until_the_tests_end

START_SECONDS = 20.0


def command(anvil: str, port: int, chain_id: int, cache: Path) -> list[str]:
    """Return the command that runs this anvil for tests.

    By default anvil stores the states of old blocks in the home folder: gigabytes. Tests need recent ones.
    """
    place = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]
    return [anvil, *place, "--slots-in-an-epoch", "1", "--max-persisted-states", "1", "--cache-path", str(cache)]


def main(arguments: Sequence[str]) -> None:
    """Run the anvil at the path of the first argument, for the chain of the second, until the tests end."""
    anvil, chain_id = arguments
    port = _free_port()
    with tempfile.TemporaryDirectory() as cache:
        program = command(anvil, port, int(chain_id), Path(cache))
        node = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        try:
            _wait_for(port, node)
            serve_until_the_tests_end(f"http://127.0.0.1:{port}")
        finally:
            node.kill()
            node.wait()


def _wait_for(port: int, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_listening(port):
        if node.poll() is not None or time.monotonic() > deadline:
            sys.exit("anvil did not start.")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main(sys.argv[1:])
