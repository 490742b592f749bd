"""Limits of a read: whatever a graph claims to be, it takes no more bytes, blocks or depth than allowed."""

import pytest

from nft.core.ipfs.cid import RAW, Cid, cid_of
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.dag_pb import PbLink
from nft.core.ipfs.errors import LimitExceeded
from nft.core.ipfs.unixfs import NodeType, build_file
from tests.kit.dags import Store, counted_bytes, unixfs


@pytest.fixture
def store() -> Store:
    return Store()


def _limit_hit(store: Store, root: Cid, limits: DagLimits) -> str:
    with pytest.raises(LimitExceeded) as refused:
        read_path(root, "", store.get, limits)
    return refused.value.limit


def test_a_file_may_not_be_larger_than_allowed_whatever_it_claims(store: Store) -> None:
    built = build_file(counted_bytes(300_000))
    store.add(built.blocks)
    assert _limit_hit(store, built.root, DagLimits(max_bytes=299_999)) == "max_bytes"
    assert len(read_path(built.root, "", store.get, DagLimits(max_bytes=300_000)).data) == 300_000


def test_claimed_sizes_are_not_believed(store: Store) -> None:
    leaf = cid_of(b"abc", RAW)
    store.add({leaf: b"abc"})
    root = store.put_node([PbLink(leaf, "", 2**62)], unixfs(NodeType.FILE, file_size=2**62))
    assert read_path(root, "", store.get).data == b"abc"


def test_a_block_may_not_be_larger_than_allowed(store: Store) -> None:
    block = bytes(2 * 1024 * 1024 + 1)
    root = cid_of(block, RAW)
    store.add({root: block})
    assert _limit_hit(store, root, DagLimits()) == "max_block_bytes"


def test_a_file_may_not_be_deeper_than_allowed(store: Store) -> None:
    node = store.put_node([], unixfs(NodeType.FILE, b"x"))
    for _ in range(16):
        node = store.put_node([PbLink(node)], unixfs(NodeType.FILE))
    assert _limit_hit(store, node, DagLimits()) == "max_depth"


def test_a_bomb_of_empty_blocks_ends_at_the_block_limit(store: Store) -> None:
    """Sixteen levels of 1,000 links each to the same node would be 10^45 visits and not one byte."""
    node = store.put_node([], unixfs(NodeType.FILE))
    for _ in range(14):
        node = store.put_node(1000 * [PbLink(node)], unixfs(NodeType.FILE))
    assert _limit_hit(store, node, DagLimits()) == "max_blocks"
    assert len(store.asked) <= 2000


def test_a_bomb_of_one_block_repeated_ends_at_the_byte_limit(store: Store) -> None:
    leaf = bytes(1024 * 1024)
    cid = cid_of(leaf, RAW)
    store.add({cid: leaf})
    root = store.put_node(1000 * [PbLink(cid)], unixfs(NodeType.FILE))
    assert _limit_hit(store, root, DagLimits()) == "max_bytes"


def test_inner_nodes_may_not_outweigh_the_file(store: Store) -> None:
    padding = unixfs(NodeType.FILE) + b"\x92\x7d" + b"\x80\x80\x78" + bytes(120 * 16384)
    nodes = [store.put_node([PbLink(cid_of(b"", RAW), str(n))], padding) for n in range(10)]
    store.add({cid_of(b"", RAW): b""})
    root = store.put_node([PbLink(node) for node in nodes], unixfs(NodeType.FILE))
    assert _limit_hit(store, root, DagLimits()) == "max_graph_bytes"
