#!/usr/bin/env python3
"""Check a file from IPFS without trusting its sender. Needs only Python 3.9 or newer.

    python3 verify_car.py ARCHIVE.car CID[/PATH] [-o FILE]

The script hashes every block of the archive (CARv1) against its CID and assembles the file at PATH from the root down.
It prints the SHA-256 of the file and, with -o, writes it to FILE. It opens no other file and no network connection.

Exit status: 0 proved; 1 not proved; 2 the archive can't be read, or FILE can't be written.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

RAW, DAG_PB, SHA2_256, IDENTITY = 0x55, 0x70, 0x12, 0x00
DIRECTORY, FILE, RAW_FILE, SHARD = 1, 2, 0, 5
VARINT, BYTES = 0, 2
BASES = {
    "b": "abcdefghijklmnopqrstuvwxyz234567",
    "z": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "k": "0123456789abcdefghijklmnopqrstuvwxyz",
    "f": "0123456789abcdef",
}
# No honest picture or metadata comes near these.
MOST_ARCHIVE_BYTES = MOST_FILE_BYTES = 64 * 1024 * 1024
MOST_HEADER_BYTES, MOST_BLOCK_BYTES, MOST_NODE_BYTES = 4096, 4 * 1024 * 1024, 8 * 1024 * 1024
MOST_BLOCKS, MOST_ROOTS, MOST_NAMES, MOST_LEVELS = 20_000, 16, 64, 32
MOST_CID_CHARACTERS, MOST_INLINE_BYTES, MOST_FANOUT = 512, 128, 1024
Cid = tuple[int, int, bytes]
"""Codec, hash and digest."""
Blocks = dict[tuple[int, bytes], bytes]
"""By codec and SHA-256."""
Node = tuple[int, bytes, int, list[tuple[bytes, Cid]]]
"""UnixFS type, data, fanout, and links as (name, CID)."""


class Unproved(Exception):
    """The archive does not prove the file. The message gives the reason."""


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Return the unsigned LEB128 number of at most 64 bits at `offset`, and the offset after it."""
    number = shift = 0
    while True:
        if offset >= len(data) or shift > 63:
            raise Unproved("The bytes end inside a number, or it is too long.")
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, offset
        shift += 7


def read_cid(data: bytes, offset: int) -> tuple[Cid, int]:
    """Return the binary CID at `offset` and the offset after it."""
    if data[offset : offset + 2] == b"\x12\x20":
        codec, hash_code, length, offset = DAG_PB, SHA2_256, 32, offset + 2
    else:
        version, offset = read_varint(data, offset)
        codec, offset = read_varint(data, offset)
        hash_code, offset = read_varint(data, offset)
        length, offset = read_varint(data, offset)
        if version != 1:
            raise Unproved(f"There is no CID version {version}.")
    digest = data[offset : offset + length]
    if len(digest) != length:
        raise Unproved("The bytes end inside a hash.")
    if not (length == 32 if hash_code == SHA2_256 else hash_code == IDENTITY and length <= MOST_INLINE_BYTES):
        raise Unproved(f"A CID uses a hash that is not checked here: {hash_code:#x} of {length} bytes.")
    return (codec, hash_code, digest), offset + length


def read_whole_cid(data: bytes) -> Cid:
    """Return the binary CID that fills `data`."""
    cid, end = read_cid(data, 0)
    if end != len(data):
        raise Unproved("There are bytes behind the CID.")
    return cid


def parse_cid(text: str) -> Cid:
    """Parse a CIDv0, or a CIDv1 in base32, base36, base58 or base16."""
    if text.startswith("Qm") and len(text) == 46:
        text = "z" + text
    letters = BASES.get(text[:1], "")
    if not 1 < len(text) <= MOST_CID_CHARACTERS or not all(letter in letters for letter in text[1:]):
        raise Unproved(f"{text[:60]!r} is not a CID in base32, base36, base58 or base16.")
    number, body = 0, text[1:]
    for letter in body:
        number = number * len(letters) + letters.index(letter)
    if text[0] == "b":  # base32 pads its bits at the end, not at the beginning
        size = len(body) * 5 // 8
        data = (number >> (len(body) * 5 - size * 8)).to_bytes(size, "big")
    else:
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return read_whole_cid(data)


# --- the archive ------------------------------------------------------------------------------------------------------


def prove_file(archive: bytes, root: Cid, path: str) -> tuple[bytes, int]:
    """Return the file at `path` below `root` and the number of blocks that prove it. Raise `Unproved`."""
    if len(archive) > MOST_ARCHIVE_BYTES:
        raise Unproved(f"The archive is larger than {MOST_ARCHIVE_BYTES:,} bytes.")
    roots, proved = prove_blocks(archive)
    reader = Reader(proved)
    content = reader.read(root, path)
    check_blocks_belong(proved, [root, *roots])
    return content, len(reader.used)


def prove_blocks(archive: bytes) -> tuple[list[Cid], Blocks]:
    """Return the roots that an archive declares, and its blocks."""
    header, offset = read_section(archive, 0, MOST_HEADER_BYTES)
    roots, proved = read_header(header), Blocks()
    while offset < len(archive):
        section, offset = read_section(archive, offset, MOST_BLOCK_BYTES)
        (codec, hash_code, digest), start = read_cid(section, 0)
        block = section[start:]
        if (hashlib.sha256(block).digest() if hash_code == SHA2_256 else block) != digest:
            raise Unproved(f"The bytes of a block do not match its CID (digest {digest.hex()}).")
        if hash_code == SHA2_256:  # an inline CID is its own block: under its digest it would pose as another
            proved[codec, digest] = block
        if len(proved) > MOST_BLOCKS:
            raise Unproved(f"The archive has more than {MOST_BLOCKS:,} blocks.")
    return roots, proved


def read_section(archive: bytes, offset: int, most: int) -> tuple[bytes, int]:
    """Return the bytes behind the length at `offset`, and the offset after them."""
    length, start = read_varint(archive, offset)
    if not 0 < length <= most:
        raise Unproved(f"A part of the archive claims {length:,} bytes; 1 to {most:,} are read.")
    if start + length > len(archive):
        raise Unproved("The archive ends inside a block.")
    return archive[start : start + length], start + length


def read_header(header: bytes) -> list[Cid]:
    """Return the roots of {"roots": [CID, …], "version": 1} in CBOR (RFC 8949), in either order."""
    head, version, roots = b"\xa2", b"\x67version\x01", b"\x65roots"
    rest = header[len(head) :].removeprefix(version)
    is_first = rest != header[len(head) :]
    count = rest[len(roots)] - 0x80 if rest.startswith(roots) and len(rest) > len(roots) else -1
    if not header.startswith(head) or not 0 <= count <= MOST_ROOTS:
        raise Unproved("This is no CAR archive of version 1, or it names too many roots.")
    found, offset = [], len(roots) + 1
    for _ in range(count):
        link = re.match(rb"\xd8\x2a(?:[\x41-\x57]|\x58(.))\0", rest[offset : offset + 5], re.DOTALL)
        if not link:
            raise Unproved("The archive's header names a root that is no CID.")
        size = link[1][0] if link[1] else link[0][2] - 0x40  # 0x40 + size, or 0x58 and the size; 0 before the CID
        start, offset = offset + link.end(), offset + link.end() - 1 + size
        found.append(read_whole_cid(rest[start:offset]))
    if rest[offset:] != (b"" if is_first else version):
        raise Unproved("The archive's header is malformed.")
    return found


def check_blocks_belong(proved: Blocks, roots: list[Cid]) -> None:
    """Raise `Unproved` if a block belongs to none of the roots. Blocks of other codecs than dag-pb are not followed."""
    reader, pending = Reader(proved), list(roots)
    while pending:
        cid = pending.pop()
        key = (cid[0], cid[2])
        if cid[1] == SHA2_256 and (key not in proved or key in reader.used):
            continue
        if cid[0] == DAG_PB:
            pending += [child for _, child in read_links(reader.block(cid))]
        elif cid[0] == RAW:
            reader.block(cid)
        else:
            return
    if len(reader.used) < len(proved):
        raise Unproved(f"{len(proved) - len(reader.used):,} blocks of the archive belong to none of its roots.")


# --- files and directories: UnixFS in dag-pb --------------------------------------------------------------------------


def read_fields(message: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield the fields of a protobuf message: (field number, wire type, integer or bytes)."""
    offset = 0
    while offset < len(message):
        key, offset = read_varint(message, offset)
        value, offset = read_varint(message, offset)
        if key & 7 == VARINT:
            yield key >> 3, VARINT, value
        elif key & 7 == BYTES and offset + value <= len(message):
            yield key >> 3, BYTES, message[offset : offset + value]
            offset += value
        else:
            raise Unproved("A block holds a field that does not belong there.")


def read_once(message: bytes, kinds: dict[int, int]) -> dict[int, Any]:
    """Return the fields in `kinds` (number: wire type). Raise `Unproved` if one is twice: readers would disagree."""
    found: dict[int, Any] = {}
    for field, kind, value in read_fields(message):
        if field not in kinds:
            continue
        if field in found or kind != kinds[field]:
            raise Unproved("A block holds a field twice, or in a wrong form.")
        found[field] = value
    return found


def read_links(block: bytes) -> list[tuple[bytes, Cid]]:
    """Return the links of a dag-pb node as (name, CID)."""
    messages = [value for field, kind, value in read_fields(block) if (field, kind) == (2, BYTES)]
    links = [read_once(message, {1: BYTES, 2: BYTES}) for message in messages]
    return [(link.get(2, b""), read_whole_cid(link.get(1, b""))) for link in links]


class Reader:
    """Reads files from proved blocks. `used` are the keys of those it read. All methods raise `Unproved`."""

    def __init__(self, proved: Blocks) -> None:
        self.proved = proved
        self.used: set[tuple[int, bytes]] = set()
        self.visits = self.node_bytes = 0

    def block(self, cid: Cid) -> bytes:
        self.visits += 1
        if self.visits > MOST_BLOCKS:
            raise Unproved(f"More than {MOST_BLOCKS:,} blocks would have to be read.")
        codec, hash_code, digest = cid
        if hash_code == IDENTITY:
            return digest
        block = self.proved.get((codec, digest))
        if block is None:
            raise Unproved(f"The archive lacks a block (sha2-256 {digest.hex()}).")
        self.used.add((codec, digest))
        self.node_bytes += len(block) if codec == DAG_PB else 0
        if self.node_bytes > MOST_NODE_BYTES:
            raise Unproved(f"Its directories and nodes have more than {MOST_NODE_BYTES:,} bytes.")
        return block

    def node(self, cid: Cid) -> Node:
        """Decode a UnixFS node."""
        if cid[0] != DAG_PB:
            raise Unproved("The path goes through a kind of block that is not read here.")
        block = self.block(cid)
        unixfs = read_once(read_once(block, {1: BYTES}).get(1, b""), {1: VARINT, 2: BYTES, 6: VARINT})
        return unixfs.get(1, -1), unixfs.get(2, b""), unixfs.get(6, 0), read_links(block)

    def find(self, cid: Cid, name: bytes) -> Cid:
        """Return the entry of a directory by its name."""
        node = self.node(cid)
        if node[0] == SHARD:
            found = self.find_in_shards(node, name)
        else:
            found = find_link(node, name) if node[0] == DIRECTORY else None
        if found is None:
            raise Unproved(f"The proved directory has nothing named {name.decode(errors='replace')[:60]!r}.")
        return found

    def find_in_shards(self, node: Node, name: bytes) -> Cid | None:
        hashed, used = murmur3(name), 0
        while node[0] == SHARD:
            fanout = node[2]
            bits = fanout.bit_length() - 1
            used += bits
            if not 1 < fanout <= MOST_FANOUT or fanout != 1 << bits or used > 64:
                raise Unproved("A sharded directory is malformed.")
            slot = hashed >> (64 - used) & (fanout - 1)
            prefix = f"{slot:0{len(format(fanout - 1, 'X'))}X}".encode()
            found, shard = find_link(node, prefix + name), find_link(node, prefix)
            if found is not None or shard is None:
                return found
            node = self.node(shard)
        return None

    def read(self, root: Cid, path: str) -> bytes:
        """Return the file at `path` below `root`."""
        names = [name for name in path.split("/") if name]
        if len(names) > MOST_NAMES:
            raise Unproved(f"The path has more than {MOST_NAMES} names.")
        cid = root
        for name in names:
            cid = self.find(cid, name.encode(errors="surrogateescape"))
        parts, pending, size = [], [(cid, 1)], 0
        while pending:
            cid, depth = pending.pop()
            part, children = self.read_part(cid)
            parts.append(part)
            pending += [(child, depth + 1) for child in reversed(children)]
            size += len(part)
            if size > MOST_FILE_BYTES or depth > MOST_LEVELS:
                raise Unproved(f"The file has more than {MOST_FILE_BYTES:,} bytes or {MOST_LEVELS} levels.")
        return b"".join(parts)

    def read_part(self, cid: Cid) -> tuple[bytes, list[Cid]]:
        """Return a file's own bytes in a block, and the blocks that follow them."""
        if cid[0] == RAW:
            return self.block(cid), []
        kind, data, _, links = self.node(cid)
        if kind not in (FILE, RAW_FILE):
            raise Unproved("The path leads to a directory, or to something else that is not a file.")
        return data, [child for _, child in links]


def find_link(node: Node, name: bytes) -> Cid | None:
    """Return the first link of this name. Paths never reach a second one."""
    return next((cid for linked, cid in node[3] if linked == name), None)


def murmur3(data: bytes) -> int:
    """Return the first 64 bits of MurmurHash3 x64 128 with seed 0: the place of a name in a sharded directory."""
    mask, c1, c2 = (1 << 64) - 1, 0x87C37B91114253D5, 0x4CF5AD432745937F

    def turn(value: int, bits: int) -> int:
        return (value << bits | value >> (64 - bits)) & mask

    def finish(value: int) -> int:
        value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & mask
        value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & mask
        return value ^ value >> 33

    def mix(part: bytes, one: int, bits: int, other: int) -> int:
        return turn(int.from_bytes(part, "little") * one & mask, bits) * other & mask

    h1 = h2 = 0
    full = len(data) - len(data) % 16
    for at in range(0, full, 16):
        h1 = (turn(h1 ^ mix(data[at : at + 8], c1, 31, c2), 27) + h2) * 5 + 0x52DCE729 & mask
        h2 = (turn(h2 ^ mix(data[at + 8 : at + 16], c2, 33, c1), 31) + h1) * 5 + 0x38495AB5 & mask
    h1 ^= mix(data[full : full + 8], c1, 31, c2) ^ len(data)
    h2 ^= mix(data[full + 8 :], c2, 33, c1) ^ len(data)
    h1 = h1 + h2 & mask
    h2 = h2 + h1 & mask
    return finish(h1) + finish(h2) & mask


# --- program ----------------------------------------------------------------------------------------------------------


def say(text: str, *, is_error: bool = False) -> None:
    """Print one line of plain ASCII, so that no name can move the cursor, or end the line and begin its own."""
    line = "".join(letter if " " <= letter <= "~" else f"\\u{ord(letter):04x}" for letter in text[:600])
    print(line, file=sys.stderr if is_error else sys.stdout)


def parse_reference(text: str) -> tuple[str, str]:
    """Return CID and path. Behind ipfs:// the path is percent-encoded; without it, it is written as it is."""
    name, _, path = text.removeprefix("ipfs://").partition("/")
    return name, unquote(path) if text.startswith("ipfs://") else path


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="a CAR file, from any gateway: …/ipfs/CID/PATH?format=car")
    parser.add_argument("cid", help="CID, CID/PATH, or ipfs://CID/PATH with a percent-encoded path")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write the proved file")
    asked = parser.parse_args(arguments)
    name, path = parse_reference(asked.cid)
    try:
        with Path(asked.archive).open("rb") as file:
            archive = file.read(MOST_ARCHIVE_BYTES + 1)
    except (OSError, ValueError) as error:
        say(f"UNREADABLE: {error}", is_error=True)
        return 2
    try:
        content, blocks = prove_file(archive, parse_cid(name), path)
    except Unproved as error:
        say(f"NOT PROVED: {error}", is_error=True)
        return 1
    try:
        if asked.output:
            Path(asked.output).write_bytes(content)
    except (OSError, ValueError) as error:
        say(f"PROVED, BUT NOT WRITTEN: {error}", is_error=True)
        return 2
    say(f"PROVED: {blocks} blocks, {len(content)} bytes")
    say(f"SHA-256 {hashlib.sha256(content).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
