"""Read the file at a path from verified blocks. No I/O.

`read_path` asks for blocks one by one and stops at the first missing one. `scan_proved` names all blocks that are
known to be missing, so that they can be fetched together; fetch them and scan again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nft.core.buffers import Bytes
from nft.core.ipfs.blocks import DecodedNodes, ProvedBlocks, verify_block
from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, IDENTITY, RAW, Cid
from nft.core.ipfs.dag_cbor import decode_dag_cbor, find_link
from nft.core.ipfs.dag_pb import PbNode, decode_node
from nft.core.ipfs.errors import (
    BLOCK_TOO_LARGE,
    FILE_TOO_LARGE,
    GRAPH_TOO_LARGE,
    MALFORMED_NODE,
    NOT_A_FILE,
    PATH_NOT_FOUND,
    TOO_DEEP,
    TOO_MANY_BLOCKS,
    UNSUPPORTED_NODE,
    BlockMissing,
    DagError,
)
from nft.core.ipfs.hamt import shard_prefix
from nft.core.ipfs.unixfs import NodeType, UnixFsNode, decode_unixfs
from profiles.sentences import gettext as _

GetBlock = Callable[[Cid], Bytes]

_FILES = (NodeType.FILE, NodeType.RAW)


@dataclass(frozen=True, slots=True)
class DagLimits:
    """Limits of one read.

    `max_bytes` limits the file. `max_blocks` counts visits, so a block that is linked twice counts twice.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_blocks: int = 2000
    max_block_bytes: int = 2 * 1024 * 1024
    max_depth: int = 16

    @property
    def max_graph_bytes(self) -> int:
        """Limit of all blocks together: the file, and an allowance for its inner nodes and directories."""
        return self.max_bytes + 2 * self.max_block_bytes


DEFAULT_LIMITS = DagLimits()


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The bytes of a file and their proof.

    `cids_used` are the blocks from the root to every byte, in reading order. `leaf_cid` is the CID of the file itself,
    without the directories above it.
    """

    data: bytes
    cids_used: tuple[Cid, ...]
    leaf_cid: Cid


def read_path(root: Cid, path: str, get_block: GetBlock, limits: DagLimits = DEFAULT_LIMITS) -> ReadResult:
    """Return the file at `path` below `root`. Every block that `get_block` returns is verified here.

    `get_block` may raise `BlockMissing`. Raise `DagError` for everything but a complete, verified file.
    """

    def get_verified(cid: Cid) -> Bytes:
        block = get_block(cid)
        verify_block(cid, block)
        return block

    reader = _Reader(get_verified, limits)
    leaf = reader.resolve(root, path)
    return ReadResult(b"".join(reader.walk_file(leaf)), tuple(reader.used), leaf)


@dataclass(frozen=True, slots=True)
class Scan:
    """How far the verified blocks lead. `parts` is the whole file only if nothing is `missing`.

    `leaf_cid` is None if the blocks do not reach the file.
    """

    parts: tuple[memoryview, ...]
    cids_used: tuple[Cid, ...]
    missing: tuple[Cid, ...]
    leaf_cid: Cid | None = None

    def result(self) -> ReadResult:
        """Return the file. Raise `BlockMissing` if it is incomplete."""
        if self.missing or self.leaf_cid is None:
            raise BlockMissing(self.missing[0])
        return ReadResult(b"".join(self.parts), self.cids_used, self.leaf_cid)


def scan_proved(root: Cid, path: str, blocks: ProvedBlocks, limits: DagLimits = DEFAULT_LIMITS) -> Scan:
    """Like `read_path`, but from verified `blocks`, as far as they reach.

    Raise `DagError` if they already show that there is no such file or that a limit is exceeded.
    """
    reader, missing = _Reader(blocks.get, limits, blocks.nodes), dict[Cid, None]()
    try:
        leaf = reader.resolve(root, path)
    except BlockMissing as error:
        return Scan((), tuple(reader.used), (error.cid,))
    parts = tuple(reader.walk_file(leaf, missing))
    return Scan(parts, tuple(reader.used), tuple(missing), leaf)


class _Reader:
    """One read, with its use of the limits."""

    def __init__(self, get_block: GetBlock, limits: DagLimits, nodes: DecodedNodes | None = None) -> None:
        self._get_block = get_block
        self._nodes: DecodedNodes = {} if nodes is None else nodes
        self._limits = limits
        self._visits = 0
        self._graph_bytes = 0
        self.used: dict[Cid, None] = {}

    def resolve(self, root: Cid, path: str) -> Cid:
        """Follow the names in `path` through directories, literally (no percent-decoding, no “..”)."""
        cid = root
        names = [name for name in path.split("/") if name]
        self._check_depth(len(names))
        while names:
            if cid.codec == DAG_CBOR:
                cid, names = find_link(decode_dag_cbor(self._load(cid)), names)
            elif cid.codec == DAG_PB:
                cid = self._find_entry(cid, names.pop(0))
            else:
                raise DagError(
                    _(
                        "There is nothing named “%(names)s”: %(cid)s is not a directory.",
                        names=names[0][:60],
                        cid=str(cid),
                    ),
                    PATH_NOT_FOUND,
                )
        return cid

    def walk_file(self, root: Cid, missing: dict[Cid, None] | None = None) -> Iterator[memoryview]:
        """Yield the parts of a file in order. If `missing` is given, absent blocks are added to it and skipped."""
        size, stack = 0, [(root, 1)]
        while stack:
            cid, depth = stack.pop()
            self._check_depth(depth)
            try:
                part, children = self._load_part(cid)
            except BlockMissing:
                if missing is None:
                    raise
                missing[cid] = None
                continue
            size += len(part)
            if size > self._limits.max_bytes:
                raise DagError(
                    _("A file is larger than %(bytes)s bytes.", bytes=self._limits.max_bytes), FILE_TOO_LARGE
                )
            if self._visits + len(stack) + len(children) > self._limits.max_blocks:
                raise DagError(_("More than %(blocks)s blocks.", blocks=self._limits.max_blocks), TOO_MANY_BLOCKS)
            stack.extend((child, depth + 1) for child in reversed(children))
            yield part

    def _load_part(self, cid: Cid) -> tuple[memoryview, list[Cid]]:
        if cid.codec == RAW:
            return memoryview(self._load(cid)), []
        node, unixfs = self._load_unixfs(cid)
        if unixfs.type in (NodeType.DIRECTORY, NodeType.HAMT_SHARD):
            raise DagError(_("%(cid)s is a directory, so a path to a file in it is needed.", cid=str(cid)), NOT_A_FILE)
        if unixfs.type not in _FILES:
            raise DagError(
                _("%(cid)s is a %(lower)s, not a file.", cid=str(cid), lower=unixfs.type.name.lower()), UNSUPPORTED_NODE
            )
        return unixfs.data, [link.cid for link in node.links]

    def _find_entry(self, cid: Cid, name: str) -> Cid:
        node, unixfs = self._load_unixfs(cid)
        if unixfs.type == NodeType.HAMT_SHARD:
            return self._find_in_shards(node, unixfs, name)
        if unixfs.type != NodeType.DIRECTORY:
            raise DagError(
                _("There is nothing named “%(name)s”: %(cid)s is not a directory.", name=name[:60], cid=str(cid)),
                PATH_NOT_FOUND,
            )
        entry = _find_named(node, name)
        if entry is None:
            raise DagError(
                _("The directory %(cid)s has nothing named “%(name)s”.", cid=str(cid), name=name[:60]), PATH_NOT_FOUND
            )
        return entry

    def _find_in_shards(self, node: PbNode, unixfs: UnixFsNode, name: str) -> Cid:
        bits_used = depth = 0
        while True:
            prefix, bits_used = shard_prefix(unixfs, name, bits_used)
            entry = _find_named(node, prefix + name)
            if entry is not None:
                return entry
            shard = _find_named(node, prefix)
            if shard is None:
                raise DagError(_("A proved directory has nothing named “%(name)s”.", name=name[:60]), PATH_NOT_FOUND)
            depth += 1
            self._check_depth(depth)
            node, unixfs = self._load_unixfs(shard)
            if unixfs.type != NodeType.HAMT_SHARD:
                raise DagError(_("A sharded directory leads to a node that is not a shard."), MALFORMED_NODE)

    def _load_unixfs(self, cid: Cid) -> tuple[PbNode, UnixFsNode]:
        if cid.codec != DAG_PB:
            raise DagError(
                _(
                    "%(cid)s has codec %(codec)s, which is not a file or a directory.",
                    cid=str(cid),
                    codec=f"{cid.codec:#x}",
                ),
                UNSUPPORTED_NODE,
            )
        block = self._load(cid)
        found = self._nodes.get(cid)
        if found is None:
            node = decode_node(block)
            found = self._nodes[cid] = node, decode_unixfs(node.data)
        return found

    def _load(self, cid: Cid) -> Bytes:
        block: Bytes = cid.digest if cid.hash_code == IDENTITY else self._get_block(cid)
        limits = self._limits
        self._visits += 1
        self._graph_bytes += len(block)
        if self._visits > limits.max_blocks:
            raise DagError(_("More than %(blocks)s blocks.", blocks=limits.max_blocks), TOO_MANY_BLOCKS)
        if len(block) > limits.max_block_bytes:
            raise DagError(
                _("A block is larger than %(block_bytes)s bytes.", block_bytes=limits.max_block_bytes), BLOCK_TOO_LARGE
            )
        if self._graph_bytes > limits.max_graph_bytes:
            raise DagError(
                _("All blocks together are larger than %(graph_bytes)s bytes.", graph_bytes=limits.max_graph_bytes),
                GRAPH_TOO_LARGE,
            )
        if cid.hash_code != IDENTITY:
            self.used[cid] = None
        return block

    def _check_depth(self, depth: int) -> None:
        if depth > self._limits.max_depth:
            raise DagError(_("More than %(depth)s levels below each other.", depth=self._limits.max_depth), TOO_DEEP)


def _find_named(node: PbNode, name: str) -> Cid | None:
    """Return the first link of this name. Paths never reach a second one."""
    return next((link.cid for link in node.links if link.name == name), None)
