"""UnixFS: build files and directories as graphs of blocks, and decode nodes (https://specs.ipfs.tech/unixfs/).

Files are built as Kubo builds them with `--cid-version=1`: chunks of 256 KiB, raw leaves, balanced, 174 links per node.
A CID depends on this layout as well as on the bytes, so these values must never change.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from nft.core.buffers import Bytes
from nft.core.ipfs.cid import DAG_PB, RAW, Cid, build_cid
from nft.core.ipfs.dag_pb import PbLink, encode_node
from nft.core.ipfs.errors import MALFORMED_NODE, DagError
from nft.core.ipfs.protobuf import DELIMITED, VARINT, encode_number, read_fields, read_packed
from profiles.errors import Kind
from profiles.sentences import gettext, gettext_noop

CHUNK_BYTES = 256 * 1024
LINKS_PER_NODE = 174
# Kubo shards larger directories.
MAX_DIRECTORY_BLOCK_BYTES = 256 * 1024

DIRECTORY_TOO_LARGE = Kind("directory-too-large", gettext_noop("An IPFS directory has too many entries"))

_TYPE, _DATA, _FILE_SIZE, _BLOCK_SIZES, _HASH_TYPE, _FANOUT = 1, 2, 3, 4, 5, 6


class NodeType(enum.IntEnum):
    """The type of a UnixFS node."""

    RAW = 0
    DIRECTORY = 1
    FILE = 2
    METADATA = 3
    SYMLINK = 4
    HAMT_SHARD = 5


@dataclass(frozen=True, slots=True)
class UnixFsNode:
    """The data of a dag-pb node, without the claimed file and block sizes, which are untrusted."""

    type: NodeType
    data: memoryview
    hash_type: int = 0
    fanout: int = 0


@dataclass(frozen=True, slots=True)
class BuiltDag:
    """A graph ready to be published.

    `size` is the sum of its block sizes in bytes: the Tsize of links to it.
    """

    root: Cid
    blocks: Mapping[Cid, bytes]
    size: int


@dataclass(frozen=True, slots=True)
class _Branch:
    cid: Cid
    data_bytes: int
    graph_bytes: int


def build_file(data: bytes) -> BuiltDag:
    """Build the blocks of one file. A file of one chunk is a single raw block."""
    blocks: dict[Cid, bytes] = {}
    level = [_add_leaf(data[start : start + CHUNK_BYTES], blocks) for start in range(0, len(data) or 1, CHUNK_BYTES)]
    while len(level) > 1:
        level = [
            _add_parent(level[start : start + LINKS_PER_NODE], blocks) for start in range(0, len(level), LINKS_PER_NODE)
        ]
    return BuiltDag(level[0].cid, blocks, level[0].graph_bytes)


def build_directory(entries: Mapping[str, tuple[Cid, int]]) -> BuiltDag:
    """Build a directory of name → (CID, Tsize).

    Its `blocks` hold the directory alone; its `size` includes everything below. Raise `DagError` for a bad name and,
    with the kind `DIRECTORY_TOO_LARGE`, for too many entries.
    """
    for name in entries:
        _check_name(name)
    links = [PbLink(cid, name, size) for name, (cid, size) in entries.items()]
    block = encode_node(links, encode_number(_TYPE, NodeType.DIRECTORY))
    if len(block) > MAX_DIRECTORY_BLOCK_BYTES:
        raise DagError(
            gettext(
                "A directory block may have %(directory_block_bytes)s bytes.",
                directory_block_bytes=MAX_DIRECTORY_BLOCK_BYTES,
            ),
            DIRECTORY_TOO_LARGE,
        )
    root = build_cid(block, DAG_PB)
    return BuiltDag(root, {root: block}, len(block) + sum(link.size for link in links))


def decode_unixfs(message: Bytes | None) -> UnixFsNode:
    """Decode the data of a dag-pb node. Raise `DagError`.

    Unknown fields (mode, mtime) are skipped, as the specification demands.
    """
    if message is None:
        raise DagError(
            gettext("A dag-pb node carries no UnixFS data, so it is no file and no directory."), MALFORMED_NODE
        )
    numbers: dict[int, int] = {}
    data = memoryview(b"")
    for field, wire_type, number, value in read_fields(message):
        _check_wire_type(field, wire_type)
        if field == _DATA:
            data = value
        elif field == _BLOCK_SIZES and wire_type == DELIMITED:
            for _ in read_packed(value):
                pass
        else:
            numbers[field] = number
    try:
        node_type = NodeType(numbers[_TYPE])
    except (KeyError, ValueError) as error:
        raise DagError(gettext("A UnixFS node does not say what it is."), MALFORMED_NODE) from error
    return UnixFsNode(node_type, data, numbers.get(_HASH_TYPE, 0), numbers.get(_FANOUT, 0))


def _check_wire_type(field: int, wire_type: int) -> None:
    if field == _DATA:
        is_expected = wire_type == DELIMITED
    elif field == _BLOCK_SIZES:
        is_expected = wire_type in (VARINT, DELIMITED)
    else:
        is_expected = wire_type == VARINT or field > _FANOUT
    if not is_expected:
        raise DagError(gettext("UnixFS field %(field)s has a wrong protobuf type.", field=field), MALFORMED_NODE)


def _add_leaf(chunk: bytes, blocks: dict[Cid, bytes]) -> _Branch:
    cid = build_cid(chunk, RAW)
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
    cid = build_cid(block, DAG_PB)
    blocks[cid] = block
    return _Branch(cid, size, len(block) + sum(child.graph_bytes for child in children))


def _check_name(name: str) -> None:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise DagError(gettext("“%(name)s” cannot be the name of a directory entry.", name=name[:60]))
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DagError(gettext("The name of a directory entry must be valid Unicode.")) from error
