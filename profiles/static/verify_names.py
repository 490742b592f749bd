"""The ENS name of a receipt's account: it and the account must lead to each other (EIP-137, ENSIP-3)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from verify_node import Node, without_node
from verify_web import Web
from verify_words import Json, Open, Wrong, q

# Where ENS is registered on Ethereum.
ENS_REGISTRY, ENS_CHAIN = "0x00000000000c2e074ec69a0dfb2997ba6c7d2e1e", 1
RESOLVER, NAME_OF, ADDRESS_OF = "0178b8bf", "691f3431", "3b3b57de"
MASK = (1 << 64) - 1
RATE = 136


def check_account_name(facts: Json, asked: argparse.Namespace, node: Node | None, web: Web) -> str:
    """Check the name at the receipt's block, or today by a node of another chain that the user named."""
    node = Node(web, asked.ens_rpc, None) if asked.ens_rpc else node
    if node is None:
        raise without_node()
    if not asked.ens_registry and node.number(node.ask("eth_chainId")) != ENS_CHAIN:
        raise Open("ENS is on another chain. Name a node of it: --ens-rpc https://...")
    registry, account, name = asked.ens_registry or ENS_REGISTRY, facts["account"], facts["account_name"]
    reverse = namehash(f"{account[2:].lower()}.addr.reverse")
    found = plainly(lambda: node.text(find_resolver(node, registry, reverse), NAME_OF, reverse))
    if found != name:
        raise Wrong(f"The account calls itself {q(found)}, not {q(name)}.")
    place = namehash(name)
    answer = plainly(lambda: node.call(find_resolver(node, registry, place), ADDRESS_OF, place))
    owner = "0x" + answer[12:32].hex()
    if owner != account.lower():
        raise Wrong(f"{q(name)} leads to {owner}, not to {account}.")
    return f"{q(name)} and {account} lead to each other"


def plainly(ask: Callable[[], Any]) -> Any:
    """Return what `ask` finds. Raise `Open`: other resolvers, off the chain or for all subnames, may know the name."""
    try:
        return ask()
    except Wrong as error:
        raise Open(f"The name is not found in the plain way, and no other is tried here. {error}") from error


def find_resolver(node: Node, registry: str, place: int) -> str:
    resolver = node.call(registry, RESOLVER, place)[12:32]
    if not any(resolver):
        raise Wrong("It has no resolver.")
    return "0x" + resolver.hex()


def namehash(name: str) -> int:
    """Return the node of a normalized name (EIP-137)."""
    node = bytes(32)
    for label in reversed(name.split(".")):
        node = keccak(node + keccak(label.encode()))
    return int.from_bytes(node, "big")


def keccak(data: bytes) -> bytes:
    """Return the Keccak-256 hash: SHA3-256 (FIPS 202) with its first padding."""
    padded = bytearray(data) + b"\1" + bytes(-(len(data) + 1) % RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), RATE):
        for place in range(RATE // 8):
            lanes[place] ^= int.from_bytes(padded[start + 8 * place : start + 8 * place + 8], "little")
        lanes = permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def permute(lanes: list[int]) -> list[int]:
    """Apply Keccak-f[1600] (FIPS 202, 3.3) to 25 lanes, in the order x + 5 y."""
    state = 1
    for _ in range(24):
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[(x - 1) % 5] ^ turn(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ mixed[place % 5] for place, lane in enumerate(lanes)]
        lanes = move(lanes)
        rows = [lanes[5 * y : 5 * y + 5] for y in range(5)]
        lanes = [row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & MASK) for row in rows for x in range(5)]
        for bit in range(7):
            lanes[0] ^= (state & 1) << ((1 << bit) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
    return lanes


def move(lanes: list[int]) -> list[int]:
    """Turn each lane by its number of bits and put it to its new place (rho and pi)."""
    moved = list(lanes)
    x, y = 1, 0
    current = lanes[1]
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        current, moved[x + 5 * y] = lanes[x + 5 * y], turn(current, (step + 1) * (step + 2) // 2 % 64)
    return moved


def turn(lane: int, bits: int) -> int:
    return (lane << bits | lane >> (64 - bits)) & MASK
