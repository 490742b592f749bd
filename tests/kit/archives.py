"""CAR archives, honest and not: made from what can be left out, changed, cut, added and declared."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from typing import NamedTuple

from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import DAG_PB, IDENTITY, RAW, Cid, build_cid
from nft.core.ipfs.dag_pb import PbLink, encode_node
from nft.core.ipfs.protobuf import encode_bytes, encode_number
from nft.core.ipfs.unixfs import NodeType, build_directory, build_file
from nft.core.ipfs.varint import encode_varint
from tests.kit.dags import unixfs

CONTENT = random.Random(7).randbytes(600_000)
FILE = build_file(CONTENT)
OTHER = build_file(b"another file")
FOLDER = build_directory({"a b.png": (FILE.root, FILE.size), "other": (OTHER.root, OTHER.size)})
FOLDER_BLOCKS = {**FOLDER.blocks, **FILE.blocks}
SMALL = build_file(b"a small file")
INLINE = Cid(1, RAW, IDENTITY, b"within its own CID")


class Archive(NamedTuple):
    """An archive, and the file that it should prove."""

    name: str
    data: bytes
    root: Cid
    path: str
    content: bytes


def section(cid: bytes, block: bytes) -> bytes:
    return encode_varint(len(cid) + len(block)) + cid + block


def archive_of(root: Cid, *sections: bytes) -> bytes:
    """Return a header that names the root, and these sections."""
    return header_of(root) + b"".join(sections)


def header_of(root: Cid) -> bytes:
    link = b"\0" + root.encode()
    head = bytes((0x40 | len(link),)) if len(link) < 24 else bytes((0x58, len(link)))
    content = b"\xa2\x65roots\x81\xd8\x2a" + head + link + b"\x67version\x01"
    return encode_varint(len(content)) + content


def sections_of(blocks: dict[Cid, bytes]) -> list[bytes]:
    return [section(cid.encode(), block) for cid, block in blocks.items()]


def honest() -> Iterator[Archive]:
    yield Archive("one block", build_car(SMALL.root, SMALL.blocks), SMALL.root, "", b"a small file")
    yield Archive("several blocks", build_car(FILE.root, FILE.blocks), FILE.root, "", CONTENT)
    yield Archive("in a folder", build_car(FOLDER.root, FOLDER_BLOCKS), FOLDER.root, "a b.png", CONTENT)
    yield Archive("within its CID", header_of(INLINE), INLINE, "", b"within its own CID")
    repeated = archive_of(FILE.root, *sections_of(dict(FILE.blocks)) * 2)
    yield Archive("each block twice", repeated, FILE.root, "", CONTENT)


def dishonest() -> Iterator[Archive]:
    for data, root, path in (
        (build_car(FILE.root, FILE.blocks), FILE.root, ""),
        (build_car(FOLDER.root, FOLDER_BLOCKS), FOLDER.root, "a b.png"),
    ):
        for name, lie in (*changed(data), *cut(data), *left_out(root, path), *stray(data)):
            yield Archive(f"{name} {path}", lie, root, path, CONTENT)
    for name, data in (*headers(), *sections()):
        yield Archive(name, data, SMALL.root, "", b"")
    yield from graphs()
    yield from paths()


def changed(data: bytes) -> Iterator[tuple[str, bytes]]:
    rng = random.Random(len(data))
    # Not within the roots that the header declares: they do not matter.
    for place in [
        0,
        1,
        2,
        5,
        10,
        52,
        56,
        59,
        60,
        62,
        63,
        *(rng.randrange(70, len(data)) for _ in range(20)),
        len(data) - 1,
    ]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << rng.randrange(8)
        yield f"a bit changed at {place}", bytes(damaged)


def cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    for end in [0, 1, 30, 58, 59, 60, 95, 100, len(data) // 2, len(data) - 1]:
        yield f"cut at {end}", data[:end]
    for tail in (b"\0", b"\x80", b"\xff" * 12, b"\x01\x01", b"garbage", encode_varint(2**40)):
        yield f"{tail!r} behind it", data + tail


def left_out(root: Cid, path: str) -> Iterator[tuple[str, bytes]]:
    blocks = dict(FOLDER_BLOCKS) if path else dict(FILE.blocks)
    for missing in blocks:
        kept = {cid: block for cid, block in blocks.items() if cid != missing}
        yield f"without {missing}", archive_of(root, *sections_of(kept))
        posing = Cid(1, RAW, IDENTITY, missing.digest)
        inline = section(posing.encode(), missing.digest)
        yield f"an inline block in place of {missing}", archive_of(root, inline, *sections_of(kept))
        other = section(missing.encode(), b"other bytes")
        yield f"other bytes for {missing}", archive_of(root, other, *sections_of(kept))
        swapped = section(OTHER.root.encode(), OTHER.blocks[OTHER.root])
        yield f"another file for {missing}", archive_of(root, swapped, *sections_of(kept))
    yield "another file alone", archive_of(root, *sections_of(dict(OTHER.blocks)))
    yield "another root and its file", build_car(OTHER.root, OTHER.blocks)


def stray(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "a block that belongs to nothing", data + section(SMALL.root.encode(), SMALL.blocks[SMALL.root])
    many = b"".join(section(build_cid(bytes([n]), RAW).encode(), bytes([n])) for n in range(200))
    yield "many blocks that belong to nothing", data + many


def headers() -> Iterator[tuple[str, bytes]]:
    blocks = b"".join(sections_of(dict(SMALL.blocks)))
    link = b"\xd8\x2a\x58\x25\0" + SMALL.root.encode()
    version, roots = b"\x67version\x01", b"\x65roots\x81" + link
    contents = {
        "an empty header": b"",
        "no map": b"\x80",
        "no roots": b"\xa1" + version,
        "no version": b"\xa1" + roots,
        "version 2": b"\xa2" + roots + b"\x67version\x02",
        "the head of version 2": b"\xa1\x67version\x02",
        "a third member": b"\xa3" + roots + version + b"\x61x\x01",
        "a root that is a text": b"\xa2\x65roots\x81\x61x" + version,
        "a root that is no CID": b"\xa2\x65roots\x81\xd8\x2a\x43\0\1\2" + version,
        "more roots than there are": b"\xa2\x65roots\x82" + link + version,
        "too many roots": b"\xa2\x65roots\x91" + link * 17 + version,
        "roots twice": b"\xa2" + roots + roots,
        "nested deeply": b"\x81" * 4000,
        "more behind it": b"\xa2" + roots + version + b"\0",
        "too large": b"\xa2" + roots + version + bytes(5000),
    }
    for name, content in contents.items():
        yield f"a header: {name}", encode_varint(len(content)) + content + blocks
    yield "a header that claims gigabytes", encode_varint(2**33) + blocks
    yield "a header that claims all there is", encode_varint(2**63 - 1) + blocks
    yield "a header without an end", b"\xff" * 100
    yield "a page of the web", b"<!doctype html><title>Not found</title>" * 9
    yield "a picture", b"\x89PNG\r\n\x1a\n" + bytes(1000)


def sections() -> Iterator[tuple[str, bytes]]:
    head, block = header_of(SMALL.root), SMALL.blocks[SMALL.root]
    cid = SMALL.root.encode()
    digest = SMALL.root.digest
    cids = {
        "of version 2": b"\x02\x55\x12\x20" + digest,
        "of version 0 in version 1": b"\x01" + cid,
        "with half a hash": b"\x01\x55\x12\x10" + digest[:16],
        "with no hash": b"\x01\x55\x12\x00",
        "with SHA-1": b"\x01\x55\x11\x14" + hashlib.sha1(block, usedforsecurity=False).digest(),
        "with SHA-512": b"\x01\x55\x13\x40" + hashlib.sha512(block).digest(),
        "that claims gigabytes": b"\x01\x55\x00" + encode_varint(2**33),
        "that holds too much": b"\x01\x55\x00" + encode_varint(200) + bytes(200),
        "without an end": b"\xff" * 12,
        "that is empty": b"",
    }
    for name, other in cids.items():
        yield f"a CID {name}", head + section(other, block)
    yield "a section of no bytes", head + b"\0" + section(cid, block)
    yield "a section shorter than its CID", head + encode_varint(10) + cid + block
    yield "a section longer than the archive", head + encode_varint(100_000) + cid + block
    yield "a section of gigabytes", head + encode_varint(2**40) + cid + block
    yield "an inline block that is another", head + section(Cid(1, RAW, IDENTITY, digest).encode(), b"x" * 32)


def graphs() -> Iterator[Archive]:
    """Blocks that match their CIDs and are no honest file."""
    chunk = bytes(1_000_000)
    raw = build_cid(chunk, RAW)
    nodes: dict[str, bytes] = {
        "the same block ten thousand times": encode_node([PbLink(raw)] * 10_000, unixfs(NodeType.FILE)),
        "a file with its data twice": encode_bytes(1, unixfs(NodeType.FILE, b"a")) * 2,
        "a type twice": encode_bytes(1, unixfs(NodeType.DIRECTORY) + unixfs(NodeType.FILE, b"a")),
        "bytes twice": encode_bytes(1, unixfs(NodeType.FILE, b"a") + encode_bytes(2, b"b")),
        "a folder for a file": encode_node([], unixfs(NodeType.DIRECTORY)),
        "a symbolic link": encode_node([], unixfs(NodeType.SYMLINK, b"/etc/passwd")),
        "metadata": encode_node([], unixfs(NodeType.METADATA)),
        "a type nobody knows": encode_node([], unixfs(9)),
        "no type": encode_bytes(1, encode_bytes(2, b"a")),
        "no UnixFS": encode_node([PbLink(raw)], None),
        "a link without a CID": encode_bytes(2, encode_bytes(2, b"x")) + encode_bytes(1, unixfs(NodeType.FILE)),
        "a link to half a CID": encode_bytes(2, encode_bytes(1, raw.encode()[:20]))
        + encode_bytes(1, unixfs(NodeType.FILE)),
        "bytes behind a CID": encode_bytes(2, encode_bytes(1, raw.encode() + b"\0"))
        + encode_bytes(1, unixfs(NodeType.FILE)),
        "a link with two CIDs": encode_bytes(2, encode_bytes(1, raw.encode()) * 2)
        + encode_bytes(1, unixfs(NodeType.FILE)),
        "a type that is bytes": encode_bytes(1, encode_bytes(1, b"\x02")),
        "bytes that are a number": encode_bytes(1, encode_number(1, 2) + encode_number(2, 5)),
        "a field that wraps around": encode_varint((2**29 << 3 | 2) + 8) + encode_varint(4) + unixfs(2, b"")[:4],
        "a field longer than its block": b"\x0a\xff\x01",
        "a field of a fixed size": b"\x09" + bytes(8),
        "an empty node": b"",
        "no protobuf": b"\xff" * 50,
    }
    for name, node in nodes.items():
        root = build_cid(node, DAG_PB)
        yield Archive(f"a graph: {name}", archive_of(root, *sections_of({root: node, raw: chunk})), root, "", b"")
    for name, codec in {"dag-cbor": 0x71, "dag-json": 0x129, "git": 0x78}.items():
        root = build_cid(b"\xa0", codec)
        yield Archive(f"a codec: {name}", archive_of(root, section(root.encode(), b"\xa0")), root, "", b"")
    yield from towers()
    yield from shards()


def towers() -> Iterator[Archive]:
    """Files whose few blocks stand for too many, or lie too deep."""
    for name, links, levels in (("doubling", 2, 60), ("hundredfold", 100, 8), ("deep", 1, 3000)):
        below, blocks = SMALL.root, dict(SMALL.blocks)
        for _ in range(levels):
            node = encode_node([PbLink(below)] * links, unixfs(NodeType.FILE))
            below = build_cid(node, DAG_PB)
            blocks[below] = node
        yield Archive(f"a tower: {name}", archive_of(below, *sections_of(blocks)), below, "", b"")


def shards() -> Iterator[Archive]:
    for fanout in (0, 1, 3, 2**16, 2**40, 2**62):
        node = encode_node([PbLink(SMALL.root, "0")], unixfs(NodeType.HAMT_SHARD, b"", hash_type=0x22, fanout=fanout))
        root = build_cid(node, DAG_PB)
        data = archive_of(root, *sections_of({root: node, **SMALL.blocks}))
        yield Archive(f"a shard of {fanout}", data, root, "x", b"")


def paths() -> Iterator[Archive]:
    data = build_car(FOLDER.root, FOLDER_BLOCKS)
    for path in ("", "b", "../a b.png", "./a b.png", "A B.PNG", "a b.png/x", "x/" * 100 + "a b.png", "\x1b[2Jproved"):
        yield Archive(f"a path: {path!r}", data, FOLDER.root, path, CONTENT)
