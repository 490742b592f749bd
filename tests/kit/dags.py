"""What the tests about blocks share: known bytes, a store that can be tampered with, and archives made elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nft.core.ipfs.cid import DAG_PB, Cid, cid_of
from nft.core.ipfs.dag_pb import PbLink, encode_bytes, encode_node, encode_number
from nft.core.ipfs.errors import BlockMissing
from nft.core.ipfs.unixfs import BuiltDag, NodeType, build_directory, build_file

VECTORS = Path(__file__).parent / "vectors"


def counted_bytes(size: int) -> bytes:
    """0, 1, … 250, 0, 1, …: what the golden CIDs are of."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@dataclass
class Store:
    """Blocks as an untrusted gateway has them; remembers what was asked for."""

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
        cid = cid_of(block, DAG_PB)
        self.blocks[cid] = block
        return cid


def unixfs(node_type: NodeType | int, data: bytes | None = None, **numbers: int) -> bytes:
    """The UnixFS message of a node; numbers by name: file_size, hash_type, fanout."""
    fields = {"file_size": 3, "hash_type": 5, "fanout": 6}
    message = encode_number(1, int(node_type))
    if data is not None:
        message += encode_bytes(2, data)
    return message + b"".join(encode_number(fields[name], value) for name, value in numbers.items())


def published_token(store: Store) -> tuple[BuiltDag, bytes]:
    """A directory with `image.webp` (two chunks) and `metadata.json`, and the picture's bytes."""
    picture = counted_bytes(300_000)
    image, metadata = build_file(picture), build_file(b'{"name":"x"}')
    directory = build_directory(
        {"image.webp": (image.root, image.size), "metadata.json": (metadata.root, metadata.size)}
    )
    for built in (image, metadata, directory):
        store.add(built.blocks)
    return directory, picture
