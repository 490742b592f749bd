"""Hold the limits of a read on bytes, blocks and depth, whatever a graph claims."""

import pytest

from nft.core.ipfs.cid import RAW, Cid, build_cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.dag_pb import PbLink
from nft.core.ipfs.errors import BLOCK_TOO_LARGE, FILE_TOO_LARGE, GRAPH_TOO_LARGE, TOO_DEEP, TOO_MANY_BLOCKS, DagError
from nft.core.ipfs.unixfs import NodeType, build_file
from tests.kit.dags import Store, counted_bytes, unixfs


@pytest.fixture
def store() -> Store:
    return Store()


def _refusal(store: Store, root: Cid, limits: DagLimits) -> str:
    with pytest.raises(DagError) as refused:
        read_path(root, "", store.get, limits)
    return refused.value.slug


def test_a_file_may_not_be_larger_than_allowed_whatever_it_claims(store: Store) -> None:
    built = build_file(counted_bytes(300_000))
    store.add(built.blocks)
    assert _refusal(store, built.root, DagLimits(max_bytes=299_999)) == FILE_TOO_LARGE.slug
    assert len(read_path(built.root, "", store.get, DagLimits(max_bytes=300_000)).data) == 300_000


def test_claimed_sizes_are_not_believed(store: Store) -> None:
    leaf = build_cid(b"abc", RAW)
    store.add({leaf: b"abc"})
    root = store.put_node([PbLink(leaf, "", 2**62)], unixfs(NodeType.FILE, file_size=2**62))
    assert read_path(root, "", store.get).data == b"abc"


def test_a_block_may_not_be_larger_than_allowed(store: Store) -> None:
    block = bytes(2 * 1024 * 1024 + 1)
    root = build_cid(block, RAW)
    store.add({root: block})
    assert _refusal(store, root, DagLimits()) == BLOCK_TOO_LARGE.slug


def test_a_file_may_not_be_deeper_than_allowed(store: Store) -> None:
    node = store.put_node([], unixfs(NodeType.FILE, b"x"))
    for _ in range(16):
        node = store.put_node([PbLink(node)], unixfs(NodeType.FILE))
    assert _refusal(store, node, DagLimits()) == TOO_DEEP.slug


def test_a_bomb_of_empty_blocks_ends_at_the_block_limit(store: Store) -> None:
    """Sixteen levels of 1,000 links each to the same node would be 10^45 visits and not one byte."""
    node = store.put_node([], unixfs(NodeType.FILE))
    for _ in range(14):
        node = store.put_node(1000 * [PbLink(node)], unixfs(NodeType.FILE))
    assert _refusal(store, node, DagLimits()) == TOO_MANY_BLOCKS.slug
    assert len(store.asked) <= 2000


def test_a_bomb_of_one_block_repeated_ends_at_the_byte_limit(store: Store) -> None:
    leaf = bytes(1024 * 1024)
    cid = build_cid(leaf, RAW)
    store.add({cid: leaf})
    root = store.put_node(1000 * [PbLink(cid)], unixfs(NodeType.FILE))
    assert _refusal(store, root, DagLimits()) == FILE_TOO_LARGE.slug


def test_inner_nodes_may_not_outweigh_the_file(store: Store) -> None:
    padding = unixfs(NodeType.FILE) + b"\x92\x7d" + b"\x80\x80\x78" + bytes(120 * 16384)
    nodes = [store.put_node([PbLink(build_cid(b"", RAW), str(n))], padding) for n in range(10)]
    store.add({build_cid(b"", RAW): b""})
    root = store.put_node([PbLink(node) for node in nodes], unixfs(NodeType.FILE))
    assert _refusal(store, root, DagLimits()) == GRAPH_TOO_LARGE.slug
