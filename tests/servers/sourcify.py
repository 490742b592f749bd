"""A contract verifier on loopback with Sourcify's API v2: it compiles the sources it gets, and compares the bytes."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from localstack import binaries
from nft.testing.chain import Chain
from profiles.testing.http import QuietHandler, serving

COMPILER = binaries.ROOT / "contracts" / "solc.cjs"


@dataclass
class Sourcify:
    """The verifier's state: finished jobs, and matches by address. `is_down` makes it answer like a broken proxy."""

    url: str = ""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    matches: dict[str, str] = field(default_factory=dict)
    is_down: bool = False


def compile_standard_input(document: dict[str, Any]) -> dict[str, Any]:
    """Return the compiler's answer, made in an empty folder, so that every source must be in the document."""
    with tempfile.TemporaryDirectory() as empty:
        command = [binaries.node(), str(COMPILER), "--standard-json"]
        done = subprocess.run(
            command, cwd=empty, input=json.dumps(document), capture_output=True, text=True, check=True
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _verify(state: Sourcify, chain: Chain, address: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if address in state.matches:
        return 409, {"customCode": "already_verified", "message": "The contract is already verified"}
    path, _, name = body["contractIdentifier"].partition(":")
    compiled = compile_standard_input(body["stdJsonInput"])["contracts"][path][name]
    same = chain.rpc("eth_getCode", address, "latest") == f"0x{compiled['evm']['deployedBytecode']['object']}"
    match = "exact_match" if same else None
    job: dict[str, Any] = {"isJobCompleted": True, "contract": {"match": match}}
    if match:
        state.matches[address] = match
    else:
        job["error"] = {"customCode": "no_match", "message": "The onchain and recompiled bytecodes don't match."}
    state.jobs[str(len(state.jobs))] = job
    return 202, {"verificationId": str(len(state.jobs) - 1)}


def _handler(state: Sourcify, chain: Chain) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(*_verify(state, chain, self.path.rpartition("/")[2], body))

        def do_GET(self) -> None:
            self._send(200, state.jobs[self.path.rpartition("/")[2]])

        def _send(self, status: int, content: dict[str, Any]) -> None:
            self.send_response(502 if state.is_down else status)
            self.end_headers()
            self.wfile.write(b"<html>Bad gateway</html>" if state.is_down else json.dumps(content).encode())

    return Handler


@pytest.fixture
def sourcify(chain: Chain) -> Iterator[Sourcify]:
    state = Sourcify()
    with serving(_handler(state, chain)) as state.url:
        yield state
