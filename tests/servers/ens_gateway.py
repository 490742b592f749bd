"""A gateway of ENS records that are kept off the chain (EIP-3668): it signs its answers, and misbehaves on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from eth_abi.abi import decode, encode
from eth_account import Account
from eth_utils.crypto import keccak

from nft.testing.chain import Chain
from profiles.testing.http import QuietHandler, serving

ADDR, TEXT = keccak(b"addr(bytes32)")[:4], keccak(b"text(bytes32,string)")[:4]


@dataclass
class EnsGateway:
    """`address` and `texts` are the records of every name. `status` and `forger` (a key) make it misbehave."""

    url: str
    key: str
    address: str = "0x" + "00" * 20
    texts: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    forger: str = ""
    answer: bytes = b""

    @property
    def get_template(self) -> str:
        return f"{self.url}/{{sender}}/{{data}}.json"

    def sign(self, sender: str, request: bytes) -> bytes:
        """Return what `resolveWithProof` takes, as ENS's own off-chain resolver checks it."""
        _, call = decode(["bytes", "bytes"], request[4:])
        expires = int(time.time()) + 300
        result = self._record(call)
        target = bytes.fromhex(sender[2:])
        parts = b"\x19\x00" + target + expires.to_bytes(8, "big") + keccak(request) + keccak(result)
        signed = Account.unsafe_sign_hash(keccak(parts), self.forger or self.key)
        return encode(["bytes", "uint64", "bytes"], [result, expires, bytes(signed.signature)])

    def _record(self, call: bytes) -> bytes:
        if call[:4] == ADDR:
            return encode(["address"], [self.address])
        _, key = decode(["bytes32", "string"], call[4:])
        return encode(["string"], [self.texts.get(key, "")])


def _handler(gateway: EnsGateway) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            _, sender, data = self.path.removesuffix(".json").split("/")
            self._serve("GET", sender, data)

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._serve("POST", asked["sender"], asked["data"])

        def _serve(self, method: str, sender: str, data: str) -> None:
            gateway.asked.append((method, sender))
            self.send_response(gateway.status)
            self.end_headers()
            signed = gateway.sign(sender, bytes.fromhex(data[2:]))
            self.wfile.write(gateway.answer or json.dumps({"data": f"0x{signed.hex()}"}).encode())

    return Handler


@pytest.fixture
def ens_gateway(chain: Chain) -> Iterator[EnsGateway]:
    """A gateway whose answers the chain's first account signs."""
    gateway = EnsGateway("", chain.keys[chain.accounts[0]])
    with serving(_handler(gateway)) as gateway.url:
        yield gateway
