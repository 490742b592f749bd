"""An IPFS pinner on loopback that has both APIs, Kubo's and the pinning service's, and misbehaves on demand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nft.core.ipfs.car import read_car
from profiles.testing.http import QuietHandler, serving

TOKEN = "only for tests"


@dataclass
class PinnerServer:
    """The pinner's state. `held` has the root CIDs of archives it received; `orders` maps request ids to CIDs.

    `is_down`, `names_another` (another CID to answer with) and `status` make it misbehave.
    """

    url: str = ""
    held: set[str] = field(default_factory=set)
    orders: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    is_down: bool = False
    names_another: str = ""
    status: str = "pinned"


def _handler(state: PinnerServer) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._serve(lambda url: _post(state, url, body))

        def do_GET(self) -> None:
            self._serve(lambda url: _order(state, url.path.rpartition("/")[2]))

        def do_DELETE(self) -> None:
            self._serve(lambda url: (202, {}) if state.orders.pop(url.path.rpartition("/")[2], "") else (404, {}))

        def _serve(self, answer: Any) -> None:
            state.requests += 1
            is_allowed = self.headers.get("Authorization") == f"Basic {TOKEN}"
            status, content = answer(urlsplit(self.path)) if is_allowed and not state.is_down else (401, {})
            self.send_response(503 if state.is_down else status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

    return Handler


def _post(state: PinnerServer, url: Any, body: bytes) -> tuple[int, dict[str, Any]]:
    if url.path == "/pins":
        cid = json.loads(body)["cid"]
        reference = f"order-{len(state.orders)}"
        state.orders[reference] = cid
        return _order(state, reference)
    if url.path == "/api/v0/version":
        return 200, {"Version": "0.0.0"}
    if url.path == "/api/v0/pin/ls":
        (cid,) = parse_qs(url.query)["arg"]
        is_held = cid in state.held
        return (200, {"Keys": {cid: {"Type": "recursive"}}}) if is_held else (500, {"Message": f"{cid} is not pinned"})
    if url.path == "/api/v0/pin/rm":
        (cid,) = parse_qs(url.query)["arg"]
        state.held.discard(cid)
        return 200, {"Pins": [cid]}
    archive = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    (root,), _ = read_car(archive)  # verifies every block
    state.held |= {str(root)}
    return 200, {"Root": {"Cid": {"/": state.names_another or str(root)}, "PinErrorMsg": ""}}


def _order(state: PinnerServer, reference: str) -> tuple[int, dict[str, Any]]:
    if reference == "pins":
        return 200, {"count": len(state.orders), "results": []}
    if reference not in state.orders:
        return 404, {"error": {"reason": "NOT_FOUND"}}
    cid = state.names_another or state.orders[reference]
    return 202, {"requestid": reference, "status": state.status, "created": "", "pin": {"cid": cid}, "delegates": []}


@pytest.fixture
def pinner() -> Iterator[PinnerServer]:
    state = PinnerServer()
    with serving(_handler(state)) as state.url:
        yield state
