"""A Merkle Patricia trie with all its nodes, built as the specification says, for tests of proofs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rlp
from eth_hash.auto import keccak


class Trie:
    """`root`, and `nodes` by their hash. Keys are hashed, as in the tries of a state."""

    def __init__(self, values: Mapping[bytes, bytes]) -> None:
        self.nodes: dict[bytes, bytes] = {}
        paths = {keccak(key).hex(): value for key, value in values.items()}
        encoded = rlp.encode(self._build(paths) if paths else b"")
        self.root = self._keep(encoded)

    def _keep(self, encoded: bytes) -> bytes:
        digest: bytes = keccak(encoded)
        self.nodes[digest] = encoded
        return digest

    def _build(self, paths: Mapping[str, bytes]) -> list[Any]:
        if len(paths) == 1:
            ((path, value),) = paths.items()
            return [compact(path, is_leaf=True), value]
        shared = 0
        first, *others = paths
        while all(path[shared] == first[shared] for path in others):
            shared += 1
        if shared:
            below = {path[shared:]: value for path, value in paths.items()}
            return [compact(first[:shared], is_leaf=False), self._refer(below)]
        branches: list[dict[str, bytes]] = [{} for _ in range(16)]
        for path, value in paths.items():
            branches[int(path[0], 16)][path[1:]] = value
        return [*(self._refer(below) if below else b"" for below in branches), b""]

    def _refer(self, paths: Mapping[str, bytes]) -> Any:
        node = self._build(paths)
        encoded: bytes = rlp.encode(node)
        return node if len(encoded) < 32 else self._keep(encoded)


def compact(path: str, *, is_leaf: bool) -> bytes:
    flag = 2 * is_leaf + len(path) % 2
    return bytes.fromhex(f"{flag:x}" + ("" if flag % 2 else "0") + path)
