"""Reading a path out of proved blocks, without doing any I/O.

A reader asks for blocks one by one and stops with `BlockMissing` at the first it cannot have; fetch that block and
call again. `wanted_blocks` names all that are known to be missing at once, so they can be fetched together.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, IDENTITY, RAW, Bytes, Cid, verify_block
from nft.core.ipfs.dag_cbor import DagCbor, decode_dag_cbor, link_in_dag_cbor
from nft.core.ipfs.dag_pb import PbNode, decode_node
from nft.core.ipfs.errors import BlockMissing, LimitExceeded, MalformedNode, NotAFile, PathNotFound, UnsupportedNode
from nft.core.ipfs.hamt import shard_prefix
from nft.core.ipfs.unixfs import NodeType, UnixFsNode, decode_unixfs

GetBlock = Callable[[Cid], Bytes]
Nodes = dict[Cid, tuple[PbNode, UnixFsNode]]

_FILES = (NodeType.FILE, NodeType.RAW)


@dataclass(frozen=True, slots=True)
class DagLimits:
    """How much one read may take. `max_blocks` counts visits, so a block linked twice counts twice."""

    max_bytes: int = 10 * 1024 * 1024
    max_blocks: int = 2000
    max_block_bytes: int = 2 * 1024 * 1024
    max_depth: int = 16

    @property
    def max_graph_bytes(self) -> int:
        """All blocks together: the file, and what its inner nodes and directories may add."""
        return self.max_bytes + 2 * self.max_block_bytes


DEFAULT_LIMITS = DagLimits()


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The bytes of a file and their proof: `cids_used` leads from the root to every one of them, in reading order.

    `leaf_cid` names the file itself, without the directories above it.
    """

    data: bytes
    cids_used: tuple[Cid, ...]
    leaf_cid: Cid


class ProvedBlocks:
    """Blocks that were verified when they came in, so that reading them need not hash again."""

    def __init__(self) -> None:
        self._blocks: dict[Cid, Bytes] = {}
        self.nodes: Nodes = {}
        """Those decoded so far, by reading."""

    def add(self, cid: Cid, data: Bytes) -> None:
        """Keep `data` if it hashes to `cid`; raise `BlockMismatch` otherwise."""
        verify_block(cid, data)
        self._blocks[cid] = data

    def add_proved(self, blocks: Iterable[tuple[Cid, Bytes]]) -> None:
        """Keep blocks that were verified already: those a `CarReader` yields, and nothing else."""
        self._blocks.update(blocks)

    def get(self, cid: Cid) -> Bytes:
        """The block, or `BlockMissing`."""
        try:
            return self._blocks[cid]
        except KeyError:
            raise BlockMissing(cid) from None

    def __contains__(self, cid: Cid) -> bool:
        return cid in self._blocks

    def __len__(self) -> int:
        return len(self._blocks)

    def keep_only(self, cids: Iterable[Cid]) -> None:
        """Forget all others."""
        self._blocks = {cid: self._blocks[cid] for cid in cids if cid in self._blocks}

    def only(self, cids: Iterable[Cid]) -> dict[Cid, Bytes]:
        """The named blocks, as `write_car` takes them."""
        return {cid: self.get(cid) for cid in cids}


def read_path(root: Cid, path: str, get_block: GetBlock, limits: DagLimits = DEFAULT_LIMITS) -> ReadResult:
    """The file at `path` below `root`; every block that `get_block` returns is verified here.

    `get_block` may raise `BlockMissing`. Raises a `DagError` for everything that is not a whole, proved file.
    """

    def get_verified(cid: Cid) -> Bytes:
        block = get_block(cid)
        verify_block(cid, block)
        return block

    return _Reading(get_verified, limits).read(root, path)


@dataclass(frozen=True, slots=True)
class Scan:
    """How far the proved blocks lead: `parts` is the whole file only where nothing is `missing`."""

    parts: tuple[memoryview, ...]
    cids_used: tuple[Cid, ...]
    missing: tuple[Cid, ...]
    leaf_cid: Cid | None = None

    def result(self) -> ReadResult:
        """Raises `BlockMissing`."""
        if self.missing or self.leaf_cid is None:
            raise BlockMissing(self.missing[0])
        return ReadResult(b"".join(self.parts), self.cids_used, self.leaf_cid)


def scan_proved(root: Cid, path: str, blocks: ProvedBlocks, limits: DagLimits = DEFAULT_LIMITS) -> Scan:
    """As `read_path`, from blocks that were verified when they arrived, and as far as these reach."""
    reading, missing = _Reading(blocks.get, limits, blocks.nodes), dict[Cid, None]()
    try:
        leaf = reading.resolve(root, path)
    except BlockMissing as error:
        return Scan((), tuple(reading.used), (error.cid,))
    parts = tuple(reading.walk_file(leaf, missing))
    return Scan(parts, tuple(reading.used), tuple(missing), leaf)


def read_proved(root: Cid, path: str, blocks: ProvedBlocks, limits: DagLimits = DEFAULT_LIMITS) -> ReadResult:
    """As `read_path`, from blocks that were verified when they arrived."""
    return scan_proved(root, path, blocks, limits).result()


def wanted_blocks(root: Cid, path: str, blocks: ProvedBlocks, limits: DagLimits = DEFAULT_LIMITS) -> tuple[Cid, ...]:
    """The CIDs that reading `path` is known to need and `blocks` does not hold; empty when it can be read."""
    return scan_proved(root, path, blocks, limits).missing


class _Reading:
    """One read and what it has used up of its limits."""

    def __init__(self, get_block: GetBlock, limits: DagLimits, nodes: Nodes | None = None) -> None:
        self._get_block = get_block
        self._nodes = {} if nodes is None else nodes
        self._limits = limits
        self._visits = 0
        self._graph_bytes = 0
        self.used: dict[Cid, None] = {}

    def read(self, root: Cid, path: str) -> ReadResult:
        leaf = self.resolve(root, path)
        data = b"".join(self.walk_file(leaf))
        return ReadResult(data, tuple(self.used), leaf)

    def resolve(self, root: Cid, path: str) -> Cid:
        """Follow the names of `path` through directories; names are taken literally."""
        cid = root
        names = [name for name in path.split("/") if name]
        self._check_depth(len(names))
        while names:
            if cid.codec == DAG_CBOR:
                cid, names = link_in_dag_cbor(self._load_dag_cbor(cid), names)
            elif cid.codec == DAG_PB:
                cid = self._find_entry(cid, names.pop(0))
            else:
                raise PathNotFound(f"There is nothing named “{names[0][:60]}”: {cid} is not a directory.")
        return cid

    def walk_file(self, root: Cid, missing: dict[Cid, None] | None = None) -> Iterator[memoryview]:
        """The parts of a file in order. With `missing`, absent blocks are noted there and passed over."""
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
                raise LimitExceeded("max_bytes", f"A file is larger than {self._limits.max_bytes:,} bytes.")
            if self._visits + len(stack) + len(children) > self._limits.max_blocks:
                raise LimitExceeded("max_blocks", f"More than {self._limits.max_blocks:,} blocks.")
            stack.extend((child, depth + 1) for child in reversed(children))
            yield part

    def _load_part(self, cid: Cid) -> tuple[memoryview, list[Cid]]:
        if cid.codec == RAW:
            return memoryview(self._load(cid)), []
        node, unixfs = self._load_unixfs(cid)
        if unixfs.type in (NodeType.DIRECTORY, NodeType.HAMT_SHARD):
            raise NotAFile(f"{cid} is a directory, so a path to a file in it is needed.")
        if unixfs.type not in _FILES:
            raise UnsupportedNode(f"{cid} is a {unixfs.type.name.lower()}, not a file.")
        return unixfs.data, [link.cid for link in node.links]

    def _find_entry(self, cid: Cid, name: str) -> Cid:
        node, unixfs = self._load_unixfs(cid)
        if unixfs.type == NodeType.HAMT_SHARD:
            return self._find_in_shards(node, unixfs, name)
        if unixfs.type != NodeType.DIRECTORY:
            raise PathNotFound(f"There is nothing named “{name[:60]}”: {cid} is not a directory.")
        return _link_named(node, name) or _not_found(cid, name)

    def _find_in_shards(self, node: PbNode, unixfs: UnixFsNode, name: str) -> Cid:
        bits_used = depth = 0
        while True:
            prefix, bits_used = shard_prefix(unixfs, name, bits_used)
            entry = _link_named(node, prefix + name)
            if entry is not None:
                return entry
            shard = _link_named(node, prefix)
            if shard is None:
                raise PathNotFound(f"A proved directory has nothing named “{name[:60]}”.")
            depth += 1
            self._check_depth(depth)
            node, unixfs = self._load_unixfs(shard)
            if unixfs.type != NodeType.HAMT_SHARD:
                raise MalformedNode("A sharded directory leads to a node that is not a shard.")

    def _load_unixfs(self, cid: Cid) -> tuple[PbNode, UnixFsNode]:
        if cid.codec != DAG_PB:
            raise UnsupportedNode(f"{cid} has codec {cid.codec:#x}, which is not a file or a directory.")
        block = self._load(cid)
        found = self._nodes.get(cid)
        if found is None:
            node = decode_node(block)
            found = self._nodes[cid] = node, decode_unixfs(node.data)
        return found

    def _load_dag_cbor(self, cid: Cid) -> DagCbor:
        return decode_dag_cbor(self._load(cid))

    def _load(self, cid: Cid) -> Bytes:
        block: Bytes = cid.digest if cid.hash_code == IDENTITY else self._get_block(cid)
        limits = self._limits
        self._visits += 1
        self._graph_bytes += len(block)
        if self._visits > limits.max_blocks:
            raise LimitExceeded("max_blocks", f"More than {limits.max_blocks:,} blocks.")
        if len(block) > limits.max_block_bytes:
            raise LimitExceeded("max_block_bytes", f"A block is larger than {limits.max_block_bytes:,} bytes.")
        if self._graph_bytes > limits.max_graph_bytes:
            raise LimitExceeded(
                "max_graph_bytes", f"All blocks together are larger than {limits.max_graph_bytes:,} bytes."
            )
        if cid.hash_code != IDENTITY:
            self.used[cid] = None
        return block

    def _check_depth(self, depth: int) -> None:
        if depth > self._limits.max_depth:
            raise LimitExceeded("max_depth", f"More than {self._limits.max_depth:,} levels below each other.")


def _link_named(node: PbNode, name: str) -> Cid | None:
    """The first link of this name; a second one cannot be reached by a path."""
    return next((link.cid for link in node.links if link.name == name), None)


def _not_found(cid: Cid, name: str) -> Cid:
    raise PathNotFound(f"The directory {cid} has nothing named “{name[:60]}”.")
