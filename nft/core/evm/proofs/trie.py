"""Look a key up in a Merkle Patricia trie of which only some nodes are known, by their hash.

A node counts by its own hash, so it does not matter who sent it, or in which order. A key that the trie does not hold
is proved by the node where its path ends.
"""

from __future__ import annotations

from collections.abc import Callable

from eth_hash.auto import keccak

from nft.core.evm.errors import NotProved
from nft.core.evm.proofs.rlp import Item, decode_list
from profiles.sentences import gettext as _

#: Root of a trie that holds nothing: keccak of the RLP of the empty string.
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
#: Bytes of a node. The largest that a state can have, a branch of 16 hashes, has 532.
MAX_NODE = 1024
_HASH = 32
_BRANCH = 17
_MALFORMED = _("A node of the proof is not one of a trie.")


class NodeMissing(NotProved):
    """The path leads to a node that is not known."""


def find_in_trie(root: bytes, key: bytes, get_node: Callable[[bytes], bytes | None]) -> bytes | None:
    """Return the value of `key`, which is hashed here, or None if the trie provably does not hold it.

    get_node: returns the node with a hash, or None. Raise `NodeMissing` and `NotProved`.
    """
    if root == EMPTY_ROOT:
        return None
    path, node = keccak(key).hex(), _get(root, get_node)
    while True:
        items = decode_list(node, _BRANCH)
        if len(items) == _BRANCH and path:
            child, path = items[int(path[0], 16)], path[1:]
            if not child.content:
                return None
        elif len(items) == 2:
            part, is_leaf = _decode_part(items[0])
            if is_leaf:
                return _value(items[1]) if part == path else None
            child = items[1]
            if not part:
                raise NotProved(_MALFORMED)
            if not path.startswith(part):
                return None
            path = path[len(part) :]
        else:  # also a branch below the last digit: all keys have 64
            raise NotProved(_MALFORMED)
        node = _follow(child, get_node)


def _get(digest: bytes, get_node: Callable[[bytes], bytes | None]) -> bytes:
    node = get_node(digest)
    if node is None:
        raise NodeMissing(_("A node of the proof is missing."))
    return node


def _follow(child: Item, get_node: Callable[[bytes], bytes | None]) -> bytes:
    """Return the node a reference leads to: the node itself if it is shorter than a hash."""
    if child.is_list and len(child.content) < _HASH:
        return child.content
    if child.is_list or len(child.content) != _HASH:
        raise NotProved(_MALFORMED)
    return _get(child.content, get_node)


def _decode_part(item: Item) -> tuple[str, bool]:
    """Decode a compact path: its hexadecimal digits, and whether it ends in a leaf (Yellow Paper, appendix C)."""
    digits = item.content.hex()
    if item.is_list or digits[:1] not in {"0", "1", "2", "3"}:
        raise NotProved(_MALFORMED)
    flag = int(digits[0])
    if not flag & 1 and digits[1] != "0":
        raise NotProved(_MALFORMED)
    return digits[1:] if flag & 1 else digits[2:], flag >= 2


def _value(item: Item) -> bytes:
    if item.is_list or not item.content:
        raise NotProved(_MALFORMED)
    return item.content
