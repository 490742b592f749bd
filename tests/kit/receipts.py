"""Receipts of every kind, honest and not, in a small world of their own: a site, a node and a gateway on loopback."""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from nft.core.evm.address import parse_address, to_checksum
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.unixfs import build_file
from profiles.testing.http import QuietHandler, serving

Json = dict[str, Any]
CHAIN_ID, BLOCK, TOKEN_ID = 8453, 4_711, 7
ACCOUNT, VAULT, CONTRACT, STRANGER = (to_checksum(bytes([byte] * 20)) for byte in (0x11, 0x22, 0x33, 0x44))
REGISTRY = to_checksum(parse_address("0x00000000000000447e69651d841bd8d104bed493"))
BLOCK_HASH = "0x" + "ab" * 32
OWNER_OF, BALANCE_OF, TOKEN_URI, URI, NAME = "6352211e", "00fdd58e", "c87b56dd", "0e89341c", "06fdde03"
DELEGATED = ("b9f36874", "b8705875")


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def picture(side: int = 64, color: str = "teal", form: str = "WEBP") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), color).save(file, form)
    return file.getvalue()


def word(number: int) -> str:
    return f"{number:064x}"


def text_answer(text: str) -> str:
    data = text.encode()
    return "0x" + word(32) + word(len(data)) + data.hex().ljust(-(-len(data) // 32) * 64, "0")


@dataclass
class Place:
    """One server: what it answers to each path, what its node answers to each call, and what it was asked."""

    pages: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[Cid, bytes]] = field(default_factory=dict)
    block: Json = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: Calls for a URI with less gas fail without a reason.
    least_gas: int = 0
    url: str = ""

    def reply(self, path: str) -> bytes | None:
        self.asked.append(path)
        where = urlsplit(path).path
        if where.startswith("/ipfs/"):
            root = where.split("/")[2]
            return build_car(parse_cid(root), self.files[root]) if root in self.files else None
        return self.pages.get(unquote(where))

    def reply_to_node(self, request: Json) -> Json:
        method, parameters = request["method"], request["params"]
        self.asked.append(method)
        results: dict[str, Any] = {"eth_chainId": hex(CHAIN_ID), "eth_getBlockByNumber": self.block}
        if method == "eth_getBlockByNumber" and parameters[0] != hex(BLOCK):
            results[method] = None
        if method == "eth_call":
            target, data = parameters[0]["to"].lower(), parameters[0]["data"][2:]
            answer = self.calls.get(f"{target} {data}")
            is_short = data[:8] == TOKEN_URI and int(parameters[0].get("gas", "0x0"), 16) < self.least_gas
            if is_short:
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "out of gas"}}
            if answer is None:
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": 3, "message": "execution reverted"}}
            results[method] = answer
        return {"jsonrpc": "2.0", "id": 1, "result": results[method]}

    def add_file(self, data: bytes) -> str:
        """Let the gateway have a file; return its URI."""
        built = build_file(data)
        self.files[str(built.root)] = dict(built.blocks)
        return f"ipfs://{built.root}"


@contextmanager
def serve(place: Place) -> Iterator[Place]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            target = place.redirects.get(self.path)
            content = None if target else place.reply(self.path)
            self.send_response(302 if target else 200 if content is not None else 404)
            if target:
                self.send_header("Location", target)
            self._send(content or b"")

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self._send(json.dumps(place.reply_to_node(asked)).encode())

        def _send(self, content: bytes) -> None:
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Handler) as place.url:
        yield place


class ReceiptWorld:
    """An issuer with a key of its own, that signs whatever it is given. `honest` has a receipt of every kind."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.key = Ed25519PrivateKey.generate()
        self.now = datetime.now(UTC)
        made_at = int(self.now.timestamp()) - 900
        place.block = {"hash": BLOCK_HASH, "timestamp": hex(made_at)}
        self.original = picture(96, "gold", "PNG")
        self.publish(self.jwk())
        self.sizes = [self._serve_size(side) for side in (32, 64)]

    @property
    def options(self) -> list[str]:
        return ["--site", self.place.url, "--rpc", f"{self.place.url}/rpc", "--gateway", self.place.url]

    def jwk(self, key: Ed25519PrivateKey | None = None, **other: object) -> Json:
        x = b64((key or self.key).public_key().public_bytes_raw())
        kind = {"crv": "Ed25519", "kty": "OKP", "x": x}
        return {**kind, "kid": b64(hashlib.sha256(canonical(kind)).digest()), "use": "sig", **other}

    def publish(self, *keys: Json) -> None:
        self.place.pages["/.well-known/avatarsite-receipt-keys.json"] = canonical({"keys": list(keys)})

    def sign(
        self, receipt: Json, *, header: Json | None = None, key: Ed25519PrivateKey | None = None, **members: object
    ) -> Json:
        """Return the receipt with a signature that fits, whatever it says."""
        kept = {name: value for name, value in receipt.items() if name not in {"signature", "unsigned"}}
        full = {"alg": "Ed25519", "kid": self.jwk(key)["kid"], "typ": "avatar-receipt"} if header is None else header
        protected = b64(canonical(full))
        signed = b64((key or self.key).sign(f"{protected}.{b64(canonical(kept))}".encode()))
        keys = f"{self.place.url}/.well-known/avatarsite-receipt-keys.json"
        signature = {"form": "JWS", "keys": keys, "protected": protected, "signature": signed, **members}
        return {**kept, "signature": signature}

    def bare(self) -> Json:
        """Return what every receipt has, of a person without a picture, not signed."""
        url = self.place.url
        empty = dict.fromkeys(("provenance", "source", "sha256", "type", "width", "height", "frames", "mark_until"))
        return {
            "version": 1,
            "issuer": url,
            "handle": "alice",
            "name": "Alice",
            "profile": f"{url}/u/alice/",
            "url": f"{url}/avatar/alice",
            "alt": "Blue hour",
            "mark": False,
            "sizes": [],
            **empty,
        }

    def upload(self) -> Json:
        shown = {"sha256": "5e" * 32, "type": "image/webp", "width": 96, "height": 96, "frames": 1}
        return self.bare() | shown | {"source": "upload", "sizes": copy.deepcopy(self.sizes)}

    def token(self, *, standard: str = "erc721", uri: str = "", image: str = "", **facts: object) -> Json:
        """Return a receipt of a token that ACCOUNT holds, with its mark."""
        image = image or self.place.add_file(self.original)
        uri = uri or self.place.add_file(json.dumps({"name": "Blue hour", "image": image}).encode())
        self.answer(TOKEN_URI if standard == "erc721" else URI, TOKEN_ID, text_answer(uri))
        self.answer(NAME, None, text_answer("Avatars"))
        self.answer(OWNER_OF, TOKEN_ID, "0x" + word(int(ACCOUNT, 16)))
        provenance = {
            "asset_id": f"eip155:{CHAIN_ID}/{standard}:{CONTRACT}/{TOKEN_ID}",
            "chain_id": CHAIN_ID,
            "chain_name": "Base",
            "contract": CONTRACT,
            "collection": "Avatars",
            "token_id": str(TOKEN_ID),
            "standard": standard,
            "token_name": "Blue hour",
            "token_uri": uri,
            "image_uri": image,
            "image_cid": image.removeprefix("ipfs://"),
            "proof": "cid",
            "sha256": hashlib.sha256(self.original).hexdigest(),
            "explorer_url": f"https://explorer.example/nft/{CONTRACT}/{TOKEN_ID}",
            "by_delegation": False,
            "block_number": BLOCK,
            "block_hash": BLOCK_HASH,
            "checked_at": self.now.isoformat(),
            "verdict": "owned",
            "account": ACCOUNT,
            "account_name": "",
            "vault": "",
            **facts,
        }
        until = (self.now + timedelta(hours=1)).isoformat()
        return self.upload() | {"source": "nft", "mark": True, "mark_until": until, "provenance": provenance}

    def delegated(self) -> Json:
        receipt = self.token(by_delegation=True, vault=VAULT, delegate_registry=REGISTRY)
        self.answer(OWNER_OF, TOKEN_ID, "0x" + word(int(VAULT, 16)))
        asked = "".join(map(word, (int(ACCOUNT, 16), int(VAULT, 16), int(CONTRACT, 16), TOKEN_ID, 0)))
        for selector in DELEGATED:
            self.place.calls[f"{REGISTRY.lower()} {selector}{asked}"] = "0x" + word(1)
        return receipt

    def of_many(self) -> Json:
        receipt = self.token(standard="erc1155")
        self.place.calls[f"{CONTRACT.lower()} {BALANCE_OF}{word(int(ACCOUNT, 16))}{word(TOKEN_ID)}"] = "0x" + word(3)
        return receipt

    def inline(self) -> Json:
        image = "data:image/png;base64," + base64.b64encode(self.original).decode()
        document = base64.b64encode(json.dumps({"name": "Blue hour", "image": image}).encode()).decode()
        receipt = self.token(uri=f"data:application/json;base64,{document}", image=image, proof="inline")
        receipt["provenance"] |= {"token_uri": "data:application/json", "image_uri": "data:image/png", "image_cid": ""}
        return receipt

    def picture_itself(self) -> Json:
        uri = self.place.add_file(self.original)
        return self.token(uri=uri, image=uri, token_name="")

    def unmarked(self) -> Json:
        return self.token() | {"mark": False, "mark_until": None}

    def former_token(self) -> Json:
        hidden = {"account": "", "account_name": "", "vault": "", "verdict": "unknown"}
        asset = self.token()["provenance"]["asset_id"]
        return self.unmarked() | {"provenance": {"asset_id": asset, "by_delegation": False, **hidden}}

    def in_doubt(self) -> Json:
        receipt = self.unmarked()
        receipt["provenance"] |= {"verdict": "unknown", "block_number": None, "block_hash": "", "checked_at": ""}
        return receipt

    def answer(self, selector: str, token_id: int | None, answer: str) -> None:
        self.place.calls[f"{CONTRACT.lower()} {selector}{'' if token_id is None else word(token_id)}"] = answer

    def _serve_size(self, side: int) -> Json:
        data = picture(side)
        sha256 = hashlib.sha256(data).hexdigest()
        self.place.pages[f"/pictures/{sha256}.webp"] = data
        return {
            "size": side,
            "type": "image/webp",
            "animated": False,
            "bytes": len(data),
            "sha256": sha256,
            "url": f"{self.place.url}/pictures/{sha256}.webp",
        }


Kinds = dict[str, Callable[[ReceiptWorld], Json]]
# All of these can be proved to the end.
PROVABLE: Kinds = {
    "nothing": ReceiptWorld.bare,
    "upload": ReceiptWorld.upload,
    "token": ReceiptWorld.token,
    "token of many": ReceiptWorld.of_many,
    "delegated": ReceiptWorld.delegated,
    "inline": ReceiptWorld.inline,
    "picture itself": ReceiptWorld.picture_itself,
    "unmarked": ReceiptWorld.unmarked,
}
# These are honest, and say themselves that something is open.
OPEN: Kinds = {"former token": ReceiptWorld.former_token, "in doubt": ReceiptWorld.in_doubt}
