"""Blocks for tests: known bytes, a store that can be tampered with, and archives made by other implementations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nft.core.ipfs.cid import DAG_PB, Cid, build_cid
from nft.core.ipfs.dag_pb import PbLink, encode_node
from nft.core.ipfs.errors import BlockMissing
from nft.core.ipfs.protobuf import encode_bytes, encode_number
from nft.core.ipfs.unixfs import BuiltDag, NodeType, build_directory, build_file

VECTORS = Path(__file__).parent / "vectors"


def counted_bytes(size: int) -> bytes:
    """Return 0, 1, … 250, 0, 1, …: the content of the golden CIDs."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@dataclass
class Store:
    """Blocks as an untrusted gateway has them. Records which were asked for."""

    blocks: dict[Cid, bytes] = field(default_factory=dict)
    asked: list[Cid] = field(default_factory=list)

    def get(self, cid: Cid) -> bytes:
        self.asked.append(cid)
        if cid not in self.blocks:
            raise BlockMissing(cid)
        return self.blocks[cid]

    def add(self, blocks: Mapping[Cid, bytes]) -> None:
        self.blocks.update(blocks)

    def put_node(self, links: list[PbLink], unixfs: bytes | None) -> Cid:
        """Store any dag-pb node, well-formed or not."""
        block = encode_node(links, unixfs)
        cid = build_cid(block, DAG_PB)
        self.blocks[cid] = block
        return cid


def unixfs(node_type: NodeType | int, data: bytes | None = None, **numbers: int) -> bytes:
    """Return the UnixFS message of a node. `numbers` may be file_size, hash_type and fanout."""
    fields = {"file_size": 3, "hash_type": 5, "fanout": 6}
    message = encode_number(1, int(node_type))
    if data is not None:
        message += encode_bytes(2, data)
    return message + b"".join(encode_number(fields[name], value) for name, value in numbers.items())


def published_token(store: Store) -> tuple[BuiltDag, bytes]:
    """Store a directory with `image.webp` (two chunks) and `metadata.json`; return it and the picture's bytes."""
    picture = counted_bytes(300_000)
    image, metadata = build_file(picture), build_file(b'{"name":"x"}')
    directory = build_directory(
        {"image.webp": (image.root, image.size), "metadata.json": (metadata.root, metadata.size)}
    )
    for built in (image, metadata, directory):
        store.add(built.blocks)
    return directory, picture
