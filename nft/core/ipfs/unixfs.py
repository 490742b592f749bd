"""UnixFS: files and directories as graphs of blocks (https://specs.ipfs.tech/unixfs/). Building and node decoding.

Files are built as Kubo does with `--cid-version=1`: chunks of 256 KiB, raw leaves, balanced, 174 links a node. A CID
names bytes and their layout, so none of these may change without changing the CIDs of what was published.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from nft.core.ipfs.cid import DAG_PB, RAW, Bytes, Cid, cid_of
from nft.core.ipfs.dag_pb import DELIMITED, VARINT, PbLink, encode_node, encode_number, read_fields, read_packed
from nft.core.ipfs.errors import DagError, LimitExceeded, MalformedNode

CHUNK_BYTES = 256 * 1024
LINKS_PER_NODE = 174
MAX_DIRECTORY_BLOCK_BYTES = 256 * 1024  # Kubo shards larger directories

_TYPE, _DATA, _FILE_SIZE, _BLOCK_SIZES, _HASH_TYPE, _FANOUT = 1, 2, 3, 4, 5, 6


class NodeType(enum.IntEnum):
    """What a UnixFS node is."""

    RAW = 0
    DIRECTORY = 1
    FILE = 2
    METADATA = 3
    SYMLINK = 4
    HAMT_SHARD = 5


@dataclass(frozen=True, slots=True)
class UnixFsNode:
    """The data of a dag-pb node. Claimed file and block sizes are left out: nobody may rely on them."""

    type: NodeType
    data: memoryview
    hash_type: int = 0
    fanout: int = 0


@dataclass(frozen=True, slots=True)
class BuiltDag:
    """A graph ready to be published. `size` is the sum of its block sizes, as links to it state (Tsize)."""

    root: Cid
    blocks: Mapping[Cid, bytes]
    size: int


@dataclass(frozen=True, slots=True)
class _Branch:
    cid: Cid
    data_bytes: int
    graph_bytes: int


def build_file(data: bytes) -> BuiltDag:
    """The blocks of one file. A file of one chunk is a single raw block."""
    blocks: dict[Cid, bytes] = {}
    level = [_add_leaf(data[start : start + CHUNK_BYTES], blocks) for start in range(0, len(data) or 1, CHUNK_BYTES)]
    while len(level) > 1:
        level = [
            _add_parent(level[start : start + LINKS_PER_NODE], blocks) for start in range(0, len(level), LINKS_PER_NODE)
        ]
    return BuiltDag(level[0].cid, blocks, level[0].graph_bytes)


def build_directory(entries: Mapping[str, tuple[Cid, int]]) -> BuiltDag:
    """A directory of name → (CID, Tsize). Its `blocks` hold the directory alone, its `size` everything below."""
    for name in entries:
        _check_name(name)
    links = [PbLink(cid, name, size) for name, (cid, size) in entries.items()]
    block = encode_node(links, encode_number(_TYPE, NodeType.DIRECTORY))
    if len(block) > MAX_DIRECTORY_BLOCK_BYTES:
        raise LimitExceeded("directory", f"A directory block may have {MAX_DIRECTORY_BLOCK_BYTES} bytes.")
    root = cid_of(block, DAG_PB)
    return BuiltDag(root, {root: block}, len(block) + sum(link.size for link in links))


def decode_unixfs(message: Bytes | None) -> UnixFsNode:
    """The UnixFS part of a dag-pb node. Unknown fields (mode, mtime) are passed over, as the specification says."""
    if message is None:
        raise MalformedNode("A dag-pb node carries no UnixFS data, so it is no file and no directory.")
    numbers: dict[int, int] = {}
    data = memoryview(b"")
    for field, kind, number, value in read_fields(message):
        _check_kind(field, kind)
        if field == _DATA:
            data = value
        elif field == _BLOCK_SIZES and kind == DELIMITED:
            for _ in read_packed(value):
                pass
        else:
            numbers[field] = number
    try:
        node_type = NodeType(numbers[_TYPE])
    except (KeyError, ValueError) as error:
        raise MalformedNode("A UnixFS node does not say what it is.") from error
    return UnixFsNode(node_type, data, numbers.get(_HASH_TYPE, 0), numbers.get(_FANOUT, 0))


def _check_kind(field: int, kind: int) -> None:
    if field == _DATA:
        expected = kind == DELIMITED
    elif field == _BLOCK_SIZES:
        expected = kind in (VARINT, DELIMITED)
    else:
        expected = kind == VARINT or field > _FANOUT
    if not expected:
        raise MalformedNode(f"UnixFS field {field} has a wrong protobuf type.")


def _add_leaf(chunk: bytes, blocks: dict[Cid, bytes]) -> _Branch:
    cid = cid_of(chunk, RAW)
    blocks[cid] = chunk
    return _Branch(cid, len(chunk), len(chunk))


def _add_parent(children: list[_Branch], blocks: dict[Cid, bytes]) -> _Branch:
    size = sum(child.data_bytes for child in children)
    message = b"".join(
        (
            encode_number(_TYPE, NodeType.FILE),
            encode_number(_FILE_SIZE, size),
            *(encode_number(_BLOCK_SIZES, child.data_bytes) for child in children),
        )
    )
    block = encode_node([PbLink(child.cid, "", child.graph_bytes) for child in children], message)
    cid = cid_of(block, DAG_PB)
    blocks[cid] = block
    return _Branch(cid, size, len(block) + sum(child.graph_bytes for child in children))


def _check_name(name: str) -> None:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise DagError(f"“{name[:60]}” cannot be the name of a directory entry.")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DagError("The name of a directory entry must be valid Unicode.") from error
