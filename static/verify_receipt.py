#!/usr/bin/env python3
"""Check a picture's receipt without trusting the site that issued it.

    python3 verify_receipt.py https://SITE/avatar/NAME.json --rpc https://NODE --gateway https://GATEWAY

Needs only Python 3.9 or newer and, for files from IPFS, verify_car.py in the same folder.

It checks separately: Is the receipt signed by the key that its issuer publishes? Is the block that it names part of the
chain, and did the account hold the token at that block? Does the token name this metadata, and the metadata this
picture, and do their bytes match the CIDs? Does the site serve the pictures that the receipt names?

Exit status: 0 all proved; 1 something differs from the receipt; 2 no readable receipt; 3 nothing differs, but not
everything could be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin

SECONDS = 30
MOST_BYTES = 64 * 1024 * 1024
OWNER_OF, BALANCE_OF, TOKEN_URI, URI = "6352211e", "00fdd58e", "c87b56dd", "0e89341c"
DELEGATE_721, DELEGATE_1155 = "b9f36874", "b8705875"
# delegate.xyz v2, at the same address on every chain that it supports.
REGISTRY = "0x00000000000000447e69651d841bd8d104bed493"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"<svg", b"<?xml", b"\0\0\0")
KEYS_PATH = "/.well-known/avatarsite-receipt-keys.json"


class Wrong(Exception):
    """Something differs from the receipt."""


class Open(Exception):
    """A check could not be made, or nothing can prove the fact."""


class Unreadable(Exception):
    """The source holds no readable receipt."""


# --- the signature: Ed25519 (RFC 8032) over a detached JWS (RFC 7515) -------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """Add two points of the curve."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(number: int, point: Point) -> Point:
    """Multiply a point by a number."""
    result = (0, 1)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def read_point(data: bytes) -> Point:
    """Decode a point from 32 bytes. Raise `Wrong`."""
    number = int.from_bytes(data, "little")
    y, is_odd = number & ((1 << 255) - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (x * x - square) % P or (x == 0 and is_odd):
        raise Wrong("The key or the signature is no point of the curve.")
    return (P - x if x & 1 != is_odd else x), y


BASE = read_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the Ed25519 signature over `message` is that of the key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return times(scalar, BASE) == add(read_point(signature[:32]), times(challenge, read_point(public)))


def canonical(value: object) -> bytes:
    """Return the canonical JSON of RFC 8785, for the values that receipts contain."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_signature(receipt: dict[str, Any], keys: str) -> str:
    """Check the signature. All `check_` functions return a sentence, or raise `Wrong` or `Open`."""
    signature = receipt.get("signature")
    if not signature:
        raise Open(receipt.get("unsigned") or "The receipt is not signed.")
    issuer = receipt.get("issuer") or ""
    source = keys or urljoin(issuer, KEYS_PATH)
    published = json.loads(fetch(source))["keys"]
    header = json.loads(decode(signature["protected"]))
    key = next((one for one in published if one.get("kid") == header.get("kid")), None)
    if header.get("alg") != "EdDSA" or key is None or (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        raise Wrong(f"The key that signed it is not among those of {source}.")
    payload = canonical({name: value for name, value in receipt.items() if name not in ("signature", "unsigned")})
    message = f"{signature['protected']}.{encode(payload)}".encode()
    if not is_signed(decode(key["x"]), message, decode(signature["signature"])):
        raise Wrong("The signature does not fit: the receipt was changed, or never signed by this key.")
    return f"signed by {issuer} (key {header['kid']})"


# --- network --------------------------------------------------------------------------------------------------------


def fetch(source: str, body: bytes | None = None, accept: str = "*/*") -> bytes:
    """Return the bytes of a web address or a file. Raise `Open`."""
    try:
        if not source.startswith(("http://", "https://")):
            return Path(source).read_bytes()
        headers = {"Accept": accept, "Content-Type": "application/json", "User-Agent": "verify-receipt"}
        request = urllib.request.Request(source, body, headers)  # noqa: S310  # http and https only, see above
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            data: bytes = answer.read(MOST_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise Open(f"{source.partition('?')[0]} did not answer: {error}") from error
    if len(data) > MOST_BYTES:
        raise Open(f"{source} sent more than {MOST_BYTES:,} bytes.")
    return data


class Node:
    """A node of the chain. It is asked about the state at the receipt's block."""

    def __init__(self, url: str, block_number: int) -> None:
        self.url, self.block = url, hex(block_number)

    def ask(self, method: str, *parameters: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            answer = json.loads(fetch(self.url, json.dumps(body).encode()))
        except ValueError as error:
            raise Open("The node's answer is no JSON.") from error
        problem = answer.get("error")
        if problem:
            is_revert = problem.get("code") == 3 or "revert" in str(problem.get("message", "")).lower()
            raise (Wrong if is_revert else Open)(f"The node says: {problem.get('message')}")
        return answer["result"]

    def call(self, contract: str, selector: str, *words: int) -> bytes:
        data = "0x" + selector + "".join(f"{word:064x}" for word in words)
        result = bytes.fromhex(self.ask("eth_call", {"to": contract, "data": data}, self.block)[2:])
        if len(result) < 32:
            raise Wrong("The contract's answer makes no sense.")
        return result

    def text(self, contract: str, selector: str, token_id: int) -> str:
        data = self.call(contract, selector, token_id)
        at = int.from_bytes(data[:32], "big")
        length = int.from_bytes(data[at : at + 32], "big")
        return data[at + 32 : at + 32 + length].decode()


def check_block(node: Node, facts: dict[str, Any]) -> str:
    chain_id = int(node.ask("eth_chainId"), 16)
    if chain_id != facts["chain_id"]:
        raise Open(f"The node is of chain {chain_id}, the receipt of chain {facts['chain_id']}.")
    block = node.ask("eth_getBlockByNumber", node.block, False)
    if block is None:
        raise Open(f"The node does not know block {facts['block_number']}.")
    if block["hash"].lower() != facts["block_hash"].lower():
        raise Wrong(f"Block {facts['block_number']} of the chain has another hash: {block['hash']}.")
    made_at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(block["timestamp"], 16)))
    return f"block {facts['block_number']} of chain {chain_id}, made {made_at} UTC, has the hash {facts['block_hash']}"


def check_owner(node: Node, facts: dict[str, Any], account: str, trusted: str) -> str:
    if facts.get("verdict") != "owned":
        raise Open(f"The receipt itself does not say that the token is held: {facts.get('verdict')}.")
    check_standard(facts, "owner_call")
    account = account or facts.get("account") or ""
    holder = (facts.get("vault") if facts.get("by_delegation") else account) or ""
    if not account or not holder:
        raise Open("The receipt keeps the account to itself, as its owner wants it. Name one: --account 0x…")
    check_holder(node, facts, holder)
    if not facts.get("by_delegation"):
        return f"{holder} held the token at that block"
    registry = facts.get("delegate_registry") or ""
    if registry.lower() != trusted.lower():  # a site could run a registry that says yes to everything
        raise Open(
            f"The site asked the registry {registry} for the delegation. If you trust that: --registry {registry}"
        )
    selector = DELEGATE_1155 if facts["standard"] == "erc1155" else DELEGATE_721
    words = (int(account, 16), int(holder, 16), int(facts["contract"], 16), int(facts["token_id"]), 0)
    if not int.from_bytes(node.call(registry, selector, *words)[:32], "big"):
        raise Wrong(f"{holder} did not delegate the token to {account}.")
    return f"the vault {holder} held the token at that block and delegated it to {account} (registry {registry})"


def check_standard(facts: dict[str, Any], *names: str) -> None:
    rule = facts.get("resolver") or {}
    if any(name in rule for name in names):
        raise Open(f"The site asks this contract by a rule of its own, which you may judge: {json.dumps(rule)}")


def check_holder(node: Node, facts: dict[str, Any], holder: str) -> None:
    contract, token_id = facts["contract"], int(facts["token_id"])
    if facts["standard"] == "erc1155":
        if not int.from_bytes(node.call(contract, BALANCE_OF, int(holder, 16), token_id)[:32], "big"):
            raise Wrong(f"{holder} held none of the token at that block.")
        return
    owner = "0x" + node.call(contract, OWNER_OF, token_id)[12:32].hex()
    if owner != holder.lower():
        raise Wrong(f"The token belonged to {owner} at that block, not to {holder}.")


# --- from the token to its picture ------------------------------------------------------------------------------------


class Files:
    """The files that token URIs name, if they can be proved: CIDs by their blocks, data: URIs by themselves."""

    def __init__(self, gateways: Sequence[str]) -> None:
        self.gateways = gateways

    def read(self, uri: str) -> bytes:
        found = parse_ipfs(uri)
        if found is not None:
            return self.from_gateways(*found)
        if uri.startswith("data:"):
            head, _, body = uri.partition(",")
            return base64.b64decode(unquote(body) + "==") if head.endswith(";base64") else unquote_to_bytes(body)
        if uri.lstrip()[:1] in ("<", "{"):
            return uri.encode()
        raise Open(f"{uri[:80]} can be changed by whoever runs that place: there is nothing to prove it by.")

    def from_gateways(self, cid: str, path: str) -> bytes:
        if not self.gateways:
            raise Open("No gateway was named: --gateway https://…")
        car = load_verify_car()
        trouble: Exception = Open("No gateway answered.")
        for gateway in self.gateways:
            address = f"{gateway.rstrip('/')}/ipfs/{cid}{quote(path)}?format=car&dag-scope=entity"
            try:
                archive = fetch(address, accept="application/vnd.ipld.car")
                content: bytes = car.Reader(car.prove_blocks(archive)).read(car.parse_cid(cid), path)
            except Open as error:
                trouble = error
            except car.Unproved as error:
                trouble = Wrong(f"{gateway} sent something else than {cid}{path}: {error}")
            else:
                return content
        raise trouble


def load_verify_car() -> Any:
    """Load verify_car.py from the folder of this script."""
    spec = importlib.util.spec_from_file_location("verify_car", Path(__file__).with_name("verify_car.py"))
    if spec is None or spec.loader is None:
        raise Open("verify_car.py can't be loaded.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except OSError as error:
        raise Open("Save verify_car.py beside this script: it proves files from IPFS.") from error
    return module


def parse_ipfs(uri: str) -> tuple[str, str] | None:
    """Return CID and /path of an ipfs:// URI, in its many forms, or of a gateway URL; None for others."""
    if uri.startswith("ipfs://"):
        rest = uri[len("ipfs://") :].removeprefix("ipfs/")
    elif "/ipfs/" in uri and not uri.startswith("data:"):
        rest = uri.partition("/ipfs/")[2].partition("?")[0]
    else:
        return None
    cid, _, path = rest.partition("/")
    return cid, f"/{unquote(path)}" if path else ""


def is_same(uri: str, kept: str) -> bool:
    """Return whether `kept`, as the receipt writes it, stands for `uri`.

    The receipt keeps only the type of data: URIs, and cuts long ones.
    """
    if parse_ipfs(uri) is not None or parse_ipfs(kept) is not None:
        return parse_ipfs(uri) == parse_ipfs(kept)
    if kept.startswith("data:"):
        return uri[:5].lower() == "data:" or uri.lstrip()[:1] in ("<", "{")
    return uri[:400] == kept[:400]


def pictures_of(metadata: bytes, token_id: int) -> Iterator[str]:
    document = json.loads(metadata.decode("utf-8-sig"), strict=False)
    stills = [document.get("image") or document.get("image_url"), document.get("image_data")]
    for uri in [still for still in stills if still] or [document.get("animation_url")]:
        if isinstance(uri, str):
            yield uri.strip().replace("{id}", f"{token_id:064x}")


class Way:
    """The way from the token to its metadata and its picture. Each step needs the one before."""

    def __init__(self, node: Node | None, files: Files, facts: dict[str, Any]) -> None:
        self.node, self.files, self.facts = node, files, facts
        self.uri = ""
        self.metadata = b""

    def check_uri(self) -> str:
        if self.node is None:
            self.uri = str(self.facts.get("token_uri", ""))
            raise Open("No node was named: --rpc https://…")
        check_standard(self.facts, "uri_call", "uri")
        selector = URI if self.facts["standard"] == "erc1155" else TOKEN_URI
        token_id = int(self.facts["token_id"])
        uri = self.node.text(self.facts["contract"], selector, token_id).strip().replace("{id}", f"{token_id:064x}")
        if not is_same(uri, self.facts["token_uri"]):
            raise Wrong(f"At that block the token names {uri[:200]}, not {self.facts['token_uri']}.")
        self.uri = uri
        return f"the token names {self.facts['token_uri']}"

    def check_metadata(self) -> str:
        if not self.uri or (self.uri.startswith("data:") and "," not in self.uri):
            raise Open("Which metadata the token names is not known.")
        self.metadata = self.files.read(self.uri)
        return f"{len(self.metadata):,} bytes of metadata match what the token names"

    def check_picture(self) -> str:
        if not self.metadata:
            raise Open("There is no proved metadata to find it by.")
        wanted = self.facts["sha256"]
        if hashlib.sha256(self.metadata).hexdigest() == wanted and self.metadata.lstrip().startswith(PICTURES):
            return f"the token names the picture itself, SHA-256 {wanted}"
        named = list(pictures_of(self.metadata, int(self.facts["token_id"])))
        matching = [uri for uri in named if is_same(uri, self.facts["image_uri"])]
        if not matching:
            raise Wrong(f"The metadata names {', '.join(named)[:200] or 'no picture'}, not {self.facts['image_uri']}.")
        sha256 = hashlib.sha256(self.files.read(matching[0])).hexdigest()
        if sha256 != wanted:
            raise Wrong(f"The picture has SHA-256 {sha256}, the receipt says {wanted}.")
        return f"the original picture has SHA-256 {wanted}"


def check_served(receipt: dict[str, Any]) -> str:
    sizes = receipt.get("sizes") or []
    if not sizes:
        raise Open("The receipt names no picture that the site serves.")
    for size in sizes:
        sha256 = hashlib.sha256(fetch(size["url"])).hexdigest()
        if sha256 != size["sha256"]:
            raise Wrong(f"{size['url']} has SHA-256 {sha256}, the receipt says {size['sha256']}.")
    return f"{len(sizes)} pictures that the site serves are those of the receipt"


# --- program --------------------------------------------------------------------------------------------------------


def run(name: str, check: Callable[..., str], *arguments: object) -> int:
    try:
        word, sentence, status = "proved", check(*arguments), 0
    except Wrong as error:
        word, sentence, status = "NOT PROVED", str(error), 1
    except Open as error:
        word, sentence, status = "not asked", str(error), 3
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        word, sentence, status = "NOT PROVED", f"What was sent has not the shape it must have ({error!r}).", 1
    print(f"{word:<11} {name}: {sentence}")
    return status


def steps(receipt: dict[str, Any], asked: argparse.Namespace) -> Iterator[int]:
    yield run("signature", check_signature, receipt, asked.keys or "")
    facts = receipt.get("provenance")
    if facts:
        node = Node(asked.rpc, int(facts["block_number"])) if asked.rpc else None
        way = Way(node, Files(asked.gateway or []), facts)
        if node is None:
            yield run("owner", without_node)
        else:
            block = run("block", check_block, node, facts)
            yield block
            yield (
                run("owner", check_owner, node, facts, asked.account or "", asked.registry or REGISTRY)
                if block == 0
                else 3
            )
        yield run("token URI", way.check_uri)
        yield run("metadata", way.check_metadata)
        yield run("picture", way.check_picture)
    yield run("served", check_served, receipt)


def without_node() -> str:
    raise Open("No node was named: --rpc https://…")


def read_receipt(source: str) -> dict[str, Any]:
    try:
        receipt = json.loads(fetch(source))
    except (Open, ValueError) as error:
        raise Unreadable(f"{source} is no receipt: {error}") from error
    if not isinstance(receipt, dict) or "sha256" not in receipt or "mark" not in receipt:
        raise Unreadable(f"{source} is no receipt.")
    return receipt


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receipt", help="its address, https://SITE/avatar/NAME.json, or a file that holds it")
    parser.add_argument("--rpc", metavar="URL", help="a node of the chain; one that keeps the state of that block")
    parser.add_argument("--gateway", metavar="URL", action="append", help="a trustless IPFS gateway; may be repeated")
    parser.add_argument("--account", metavar="0x…", help="who held it, where the receipt keeps that to itself")
    parser.add_argument("--registry", metavar="0x…", help="where delegations are asked for, if not at delegate.xyz v2")
    parser.add_argument("--keys", metavar="URL|FILE", help="the issuer's keys, if not where it publishes them")
    asked = parser.parse_args(arguments)
    try:
        receipt = read_receipt(asked.receipt)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    found = list(steps(receipt, asked))
    return 1 if 1 in found else max(found)


if __name__ == "__main__":
    sys.exit(main())
