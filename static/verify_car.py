#!/usr/bin/env python3
"""Check a file from IPFS without trusting its sender. Needs only Python 3.9 or newer.

    python3 verify_car.py ARCHIVE.car CID[/PATH] [-o FILE]

The script hashes every block of the archive (CARv1) against its CID and assembles the file at PATH from the root down.
It prints the SHA-256 of the file and, with -o, writes it to FILE. Exit status: 0 if proved, else 1.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

RAW, DAG_PB, SHA2_256, IDENTITY = 0x55, 0x70, 0x12, 0x00
DIRECTORY, FILE, RAW_FILE, SHARD = 1, 2, 0, 5
BASES = {
    "b": "abcdefghijklmnopqrstuvwxyz234567",
    "z": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "k": "0123456789abcdefghijklmnopqrstuvwxyz",
    "f": "0123456789abcdef",
}
MOST_VISITS = 100_000
Cid = tuple[int, int, bytes]
"""Codec, hash and digest."""


class Unproved(Exception):
    """The archive does not prove the file. The message gives the reason."""


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Return the unsigned LEB128 number at `offset` and the offset after it."""
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
    if hash_code not in (SHA2_256, IDENTITY) or (hash_code == SHA2_256 and length != 32):
        raise Unproved(f"A CID uses a hash that is not checked here: {hash_code:#x}.")
    return (codec, hash_code, digest), offset + length


def parse_cid(text: str) -> Cid:
    """Parse a CIDv0, or a CIDv1 in base32, base36, base58 or base16."""
    if text.startswith("Qm") and len(text) == 46:
        text = "z" + text
    if not text or text[0] not in BASES or not all(letter in BASES[text[0]] for letter in text[1:]):
        raise Unproved(f"“{text[:60]}” is not a CID in base32, base36, base58 or base16.")
    letters, body = BASES[text[0]], text[1:]
    number = 0
    for letter in body:
        number = number * len(letters) + letters.index(letter)
    if text[0] == "b":  # base32 pads its bits at the end, not at the beginning
        size = len(body) * 5 // 8
        data = (number >> (len(body) * 5 - size * 8)).to_bytes(size, "big")
    else:
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    cid, end = read_cid(data, 0)
    if end != len(data):
        raise Unproved("There are bytes behind the CID.")
    return cid


def prove_blocks(archive: bytes) -> dict[bytes, bytes]:
    """Return the blocks of an archive by digest. Raise `Unproved` if one does not match its CID."""
    length, offset = read_varint(archive, 0)
    offset += length
    if not length or offset > len(archive):
        raise Unproved("This is no CAR archive.")
    proved = {}
    while offset < len(archive):
        length, start = read_varint(archive, offset)
        offset = start + length
        if offset > len(archive):
            raise Unproved("The archive ends inside a block.")
        (_, hash_code, digest), start = read_cid(archive, start)
        if start > offset:
            raise Unproved("A block is shorter than its own name.")
        block = archive[start:offset]
        if (hashlib.sha256(block).digest() if hash_code == SHA2_256 else block) != digest:
            raise Unproved(f"The bytes of a block do not match its CID (sha2-256 {digest.hex()}).")
        proved[digest] = block
    return proved


def read_fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a protobuf message: (field number, integer or bytes)."""
    offset = 0
    while offset < len(message):
        key, offset = read_varint(message, offset)
        value, offset = read_varint(message, offset)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2 and offset + value <= len(message):
            yield key >> 3, message[offset : offset + value]
            offset += value
        else:
            raise Unproved("A block holds a field that does not belong there.")


def first(fields: Iterable[tuple[Any, Any]], wanted: object, default: Any) -> Any:
    """Return the value of the first field or entry named `wanted`."""
    return next((value for field, value in fields if field == wanted), default)


class Reader:
    """Reads files from proved blocks. All methods raise `Unproved`."""

    def __init__(self, proved: dict[bytes, bytes]) -> None:
        self.proved = proved
        self.visits = 0

    def block(self, cid: Cid) -> bytes:
        self.visits += 1
        if self.visits > MOST_VISITS:
            raise Unproved(f"The file has more than {MOST_VISITS:,} blocks.")
        _, hash_code, digest = cid
        if hash_code != IDENTITY and digest not in self.proved:
            raise Unproved(f"The archive lacks a block (sha2-256 {digest.hex()}).")
        return digest if hash_code == IDENTITY else self.proved[digest]

    def node(self, cid: Cid) -> tuple[int, bytes, int, list[tuple[bytes, Cid]]]:
        """Decode a UnixFS node: (type, data, fanout, [(name, CID)])."""
        if cid[0] != DAG_PB:
            raise Unproved("The path goes through a kind of block that is not read here.")
        fields = list(read_fields(self.block(cid)))
        unixfs = list(read_fields(first(fields, 1, b"")))
        links = [list(read_fields(value)) for field, value in fields if field == 2]
        entries = [(first(link, 2, b""), read_cid(first(link, 1, b""), 0)[0]) for link in links]
        return first(unixfs, 1, None), first(unixfs, 2, b""), first(unixfs, 6, 0), entries

    def find(self, cid: Cid, name: bytes) -> Cid:
        """Return the entry of a directory by its name."""
        kind, _, fanout, entries = self.node(cid)
        if kind == DIRECTORY:
            found = first(entries, name, None)
        else:
            found = self.find_in_shards(kind, fanout, entries, name) if kind == SHARD else None
        if found is None:
            raise Unproved(f"The proved directory has nothing named “{name.decode()}”.")
        return found

    def find_in_shards(self, kind: int, fanout: int, entries: list[tuple[bytes, Cid]], name: bytes) -> Cid | None:
        hashed, used = murmur3(name), 0
        while kind == SHARD:
            bits = fanout.bit_length() - 1
            used += bits
            if fanout != 1 << bits or not bits or used > 64:
                raise Unproved("A sharded directory is malformed.")
            slot = hashed >> (64 - used) & (fanout - 1)
            prefix = f"{slot:0{len(format(fanout - 1, 'X'))}X}".encode()
            found = first(entries, prefix + name, None)
            shard = first(entries, prefix, None)
            if found is not None or shard is None:
                return found
            kind, _, fanout, entries = self.node(shard)
        return None

    def read(self, root: Cid, path: str) -> bytes:
        """Return the file at `path` below `root`."""
        cid = root
        for name in path.split("/"):
            if name:
                cid = self.find(cid, name.encode())
        parts, pending = [], [cid]
        while pending:
            cid = pending.pop()
            if cid[0] == RAW:
                parts.append(self.block(cid))
                continue
            kind, data, _, entries = self.node(cid)
            if kind not in (FILE, RAW_FILE):
                raise Unproved("The path leads to a directory, not to a file.")
            parts.append(data)
            pending.extend(child for _, child in reversed(entries))
        return b"".join(parts)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="a CAR file, from any gateway: …/ipfs/CID/PATH?format=car")
    parser.add_argument("cid", help="CID, or CID/PATH; ipfs:// in front is allowed")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write the proved file")
    asked = parser.parse_args()
    name, _, path = asked.cid.removeprefix("ipfs://").partition("/")
    try:
        proved = prove_blocks(Path(asked.archive).read_bytes())
        content = Reader(proved).read(parse_cid(name), path)
    except (Unproved, OSError) as error:
        print(f"NOT PROVED: {error}", file=sys.stderr)
        return 1
    if asked.output:
        Path(asked.output).write_bytes(content)
    print(f"PROVED: {len(proved)} blocks, {len(content)} bytes")
    print(f"SHA-256 {hashlib.sha256(content).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
