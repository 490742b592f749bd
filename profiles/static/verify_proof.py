"""The proof of ownership that a receipt names: from the hash of a block to what the contract read, without any node."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from verify_evm import Missing, compute
from verify_names import keccak
from verify_node import Node, check_owner
from verify_web import Web, read_named
from verify_words import Json, Open, Wrong, canonical, is_hex, q, read_json

PROOF_BYTES, NODE_BYTES = 24 * 1024 * 1024, 1024
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
EMPTY_CODE = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
STATE_ROOT, NUMBER, FEWEST_FIELDS = 3, 8, 15
MALFORMED = "A part of the proof is malformed."
# Whose word it is that the chain has the block, and what no proof says: as the site's page has it.
AUTHORITIES = {
    "several_nodes": "Several nodes that the site asks have it. If all of them made it up, the proof is worth nothing.",
    "light_client": "A light client has it, which checks the signatures of the validators.",
    "one_node": "One node told the site of it. If that node made it up, the proof is worth nothing.",
}
LIMITS = (
    "That the token is still held now.",
    "That the token is genuine, or worth anything.",
    "That the account is this person's.",
)


class Account(NamedTuple):
    nonce: int
    balance: int
    storage_root: bytes
    code: bytes


class Proof:
    """A document whose header, accounts, slots and code were found to lead from the hash of a block."""

    def __init__(self, document: Json, block_hash: str) -> None:
        self.header = unhex(document["header"])
        if keccak(self.header) != unhex(block_hash):
            raise Wrong(f"The header is not that of the block {q(block_hash)}.")
        self.fields = [content for content, is_list in read_list(self.header)]
        self.chain_id, self.calls = document["chain_id"], document["calls"]
        self.nodes = {keccak(node): node for node in map(unhex, document["nodes"]) if len(node) <= NODE_BYTES}
        self.codes = {keccak(code): code for code in map(unhex, document["codes"])}
        self.accounts: dict[bytes, Account | None] = {}
        self.slots: dict[tuple[bytes, bytes], int] = {}
        for read in document["reads"]:
            address = unhex(read["address"])
            self.accounts[address] = account = self.find_account(address)
            for slot, value in read["slots"].items():
                found = b"" if account is None else find(account.storage_root, unhex(slot), self.nodes)
                number = int.from_bytes(read_string(found), "big") if found else 0
                if hex(number) != value:
                    raise Wrong(f"The slot {q(slot)} holds another number than the proof says.")
                self.slots[address, unhex(slot)] = number

    @property
    def number(self) -> int:
        return int.from_bytes(self.fields[NUMBER], "big")

    def find_account(self, address: bytes) -> Account | None:
        found = find(self.fields[STATE_ROOT], address, self.nodes)
        if not found:
            return None
        nonce, balance, root, digest = (content for content, is_list in read_list(found))
        if digest != EMPTY_CODE and digest not in self.codes:
            raise Wrong("The code of an account is missing.")
        code = b"" if digest == EMPTY_CODE else self.codes[digest]
        return Account(int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), root, code)


def fetch_proof(receipt: Json, asked: argparse.Namespace, web: Web) -> Proof:
    """Read the proof that the receipt names, and prove the state in it. Raise `Wrong` or `Open`."""
    named = receipt["provenance"]["ownership_proof"]
    data = read_named(asked.proof or f"{receipt['url']}/proof.json", PROOF_BYTES, web)
    if hashlib.sha256(data).hexdigest() != named["sha256"]:
        raise Wrong("It has another SHA-256 than the receipt names.")
    document = read_json(data)
    if not isinstance(document, dict) or document.get("version") != 1 or canonical(document) != data:
        raise Wrong("It is no proof of a form that this script knows.")
    proof = Proof(document, named["block_hash"])
    if (proof.number, proof.chain_id) != (named["block_number"], receipt["provenance"]["chain_id"]):
        raise Wrong("It is of another block or chain than the receipt names.")
    return proof


def describe_state(proof: Proof, named: Json, node: Node | None) -> str:
    """Return what is proved, and what is not; by a node, too, that the chain has the block. Raise `Wrong` or `Open`."""
    if node is not None:
        block = node.ask("eth_getBlockByNumber", hex(proof.number), False)
        if not isinstance(block, dict) or not is_hex(block.get("hash"), 32):
            raise Open("The node does not know the block of the proof.")
        if block["hash"].lower() != named["block_hash"].lower():
            raise Wrong(f"Block {proof.number} of the chain has another hash: {q(block['hash'])}.")
        rests = "Your node has this block, too."
    else:
        rests = f"That the chain has this block is not proved. {AUTHORITIES[named['rests_on']]}"
    counts = f"accounts: {len(proof.accounts)}, slots: {len(proof.slots)}, code of contracts: {len(proof.codes)}"
    block = f"block {proof.number} ({named['block_hash']})"
    found = f"the header has the hash of {block}, and what the contract read follows from it ({counts})"
    return f"{found}. {rests} Not proved either: {' '.join(LIMITS)}"


class ComputedCalls:
    """Answers calls as a node does, with what was computed from the proved state."""

    def __init__(self, results: dict[tuple[str, str], bytes]) -> None:
        self.results = results

    def call(self, contract: str, selector: str, *words: int) -> bytes:
        data = selector + "".join(f"{word:064x}" for word in words)
        result = self.results.get((contract.lower(), data))
        if result is None or len(result) < 32:
            raise Wrong("The proof does not say what the contract answered.")
        return result


def check_computed_owner(proof: Proof, facts: Json, asked: argparse.Namespace) -> str:
    """Compute each call of the proof anew, and check the holder by their answers. Raise `Wrong` or `Open`."""
    try:
        results = {(call["to"].lower(), call["data"][2:]): compute(proof, call) for call in proof.calls}
    except Missing as error:
        raise Open(str(error)) from error
    node: Any = ComputedCalls(results)
    return f"computed from the proved state: {check_owner(node, facts, asked)}"


# --- RLP and the trie -------------------------------------------------------------------------------------------------
def unhex(text: object) -> bytes:
    if not isinstance(text, str) or text[:2] != "0x":
        raise Wrong(MALFORMED)
    return bytes.fromhex(text[2:])


def read_prefix(data: bytes, at: int) -> tuple[bool, int, int]:
    """Return whether a list begins at `at`, where its content begins, and where it ends."""
    if at >= len(data):
        raise Wrong(MALFORMED)
    first = data[at]
    if first < 0x80:
        return False, at, at + 1
    is_list = first >= 0xC0
    length, start = first - (0xC0 if is_list else 0x80), at + 1
    if length > 55:
        start += length - 55
        written = data[at + 1 : start]
        length = int.from_bytes(written, "big")
        if written[:1] == b"\0" or length <= 55:
            raise Wrong(MALFORMED)
    end = start + length
    if end > len(data) or (not is_list and length == 1 and data[start] < 0x80):
        raise Wrong(MALFORMED)
    return is_list, start, end


def read_list(data: bytes) -> list[tuple[bytes, bool]]:
    """Return the items of a list, and which of them are lists: those as they stand, strings by their content."""
    return [*read_items(data)]


def read_items(data: bytes) -> Iterator[tuple[bytes, bool]]:
    is_list, at, end = read_prefix(data, 0)
    if not is_list or end != len(data):
        raise Wrong(MALFORMED)
    while at < end:
        is_nested, start, after = read_prefix(data, at)
        if after > end:
            raise Wrong(MALFORMED)
        yield data[at if is_nested else start : after], is_nested
        at = after


def read_string(data: bytes) -> bytes:
    is_list, start, end = read_prefix(data, 0)
    if is_list or end != len(data):
        raise Wrong(MALFORMED)
    return data[start:]


def find(root: bytes, key: bytes, nodes: dict[bytes, bytes]) -> bytes:
    """Return the value of a key in a Merkle Patricia trie, empty if it provably has none. Raise `Wrong`."""
    if root == EMPTY_ROOT:
        return b""
    path, child, is_nested = keccak(key).hex(), root, False
    while True:
        if not is_nested and child not in nodes:
            raise Wrong("A node of the proof is missing.")
        items = read_list(child if is_nested else nodes[child])
        if len(items) == 17 and path:
            (child, is_nested), path = items[int(path[0], 16)], path[1:]
            if not child:
                return b""
        elif len(items) == 2:
            part, is_leaf = read_part(*items[0])
            if is_leaf:
                return items[1][0] if part == path else b""
            if not path.startswith(part):
                return b""
            path, (child, is_nested) = path[len(part) :], items[1]
        else:
            raise Wrong(MALFORMED)


def read_part(content: bytes, is_list: bool) -> tuple[str, bool]:
    """Return the digits of a part of a path, and whether it ends in a leaf."""
    digits = content.hex()
    if is_list or digits[:1] not in {"0", "1", "2", "3"}:
        raise Wrong(MALFORMED)
    flag = int(digits[0])
    part = digits[1:] if flag % 2 else digits[2:]
    if (not flag % 2 and digits[1] != "0") or (flag < 2 and not part):
        raise Wrong(MALFORMED)
    return part, flag >= 2
