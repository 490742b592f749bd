"""Content identifiers and the proof that bytes belong to them.

sha2-256 and short identity hashes only: those are what Kubo, pinning services and gateways make, and a hash
nobody checks here must not look like a proof.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

import libipld

from nft.core.ipfs.errors import BadVarint, BlockMismatch, InvalidCid, TruncatedVarint, UnsupportedCid

RAW = 0x55
DAG_PB = 0x70
DAG_CBOR = 0x71
SHA2_256 = 0x12
IDENTITY = 0x00
MAX_IDENTITY_BYTES = 128

_SHA2_256_BYTES = 32
_V0_HEAD = bytes((SHA2_256, _SHA2_256_BYTES))
_V0_BYTES = len(_V0_HEAD) + _SHA2_256_BYTES
_V0_CHARACTERS = 46
_USUAL = {b"\x01\x55\x12\x20": RAW, b"\x01\x70\x12\x20": DAG_PB}  # version 1, codec, sha2-256, 32 bytes
_MULTIBASES = "bBzfFkK"  # base32, base58btc, base16, base36: those the IPFS tools print
_MAX_CHARACTERS = 512


class Cid(NamedTuple):
    """A content identifier. Equal when version, codec and hash are equal, whatever base the text was in."""

    version: int
    codec: int
    hash_code: int
    digest: bytes

    def __hash__(self) -> int:
        return hash(self.digest)  # bytes remember theirs

    def __str__(self) -> str:
        """Canonical text: base58btc for version 0, lower-case base32 for version 1."""
        if self.version == 0:
            return str(libipld.encode_cid(self.encode()))
        return "b" + base64.b32encode(self.encode()).decode().lower().rstrip("=")

    def encode(self) -> bytes:
        """The binary form."""
        multihash = encode_varint(self.hash_code) + encode_varint(len(self.digest)) + self.digest
        if self.version == 0:
            return multihash
        return b"\x01" + encode_varint(self.codec) + multihash


def cid_of(data: Bytes, codec: int) -> Cid:
    """The CIDv1 of one block by sha2-256."""
    return Cid(1, codec, SHA2_256, hashlib.sha256(data).digest())


def parse_cid(text: str) -> Cid:
    """A CIDv0, or a CIDv1 in base32, base58btc, base16 or base36."""
    if not text or len(text) > _MAX_CHARACTERS:
        raise InvalidCid(f"A CID has 1 to {_MAX_CHARACTERS} characters, not {len(text)}.")
    if len(text) == _V0_CHARACTERS and text.startswith("Qm"):
        return cid_from_bytes(_decode_multibase("z" + text))
    if text[0] not in _MULTIBASES:
        raise InvalidCid(f"“{text[:60]}” is not a CID.")
    encoded = _decode_multibase(text)
    if encoded[:2] == _V0_HEAD:
        raise InvalidCid("A CIDv0 is written without a base prefix.")
    return cid_from_bytes(encoded)


def cid_from_bytes(encoded: Bytes) -> Cid:
    """A binary CID and nothing behind it."""
    try:
        cid, end = read_cid(encoded, 0)
    except BadVarint as error:
        raise InvalidCid(f"This is not a CID. {error}") from error
    if end != len(encoded):
        raise InvalidCid("There are bytes behind the CID.")
    return cid


def read_cid(buffer: Bytes, offset: int) -> tuple[Cid, int]:
    """The CID at `offset` and the offset behind it. Raises `TruncatedVarint` when the buffer ends inside it."""
    if buffer[offset : offset + 2] == _V0_HEAD:
        digest, end = _read_digest(buffer, offset + 2, _SHA2_256_BYTES)
        return Cid(0, DAG_PB, SHA2_256, digest), end
    usual = _USUAL.get(bytes(buffer[offset : offset + 4]))
    if usual is not None:
        digest, end = _read_digest(buffer, offset + 4, _SHA2_256_BYTES)
        return Cid(1, usual, SHA2_256, digest), end
    if len(buffer) == offset + 1 and buffer[offset] == SHA2_256:
        raise TruncatedVarint("The bytes end where a CIDv0 may begin.")
    version, offset = read_varint(buffer, offset)
    if version != 1:
        raise InvalidCid(f"CID version {version} does not exist.")
    codec, offset = read_varint(buffer, offset)
    hash_code, offset = read_varint(buffer, offset)
    length, offset = read_varint(buffer, offset)
    _check_hash(hash_code, length)
    digest, end = _read_digest(buffer, offset, length)
    return Cid(1, codec, hash_code, digest), end


def verify_block(cid: Cid, data: Bytes) -> None:
    """Raise `BlockMismatch` unless `data` is exactly what `cid` names."""
    if cid.hash_code == SHA2_256:
        proved = hashlib.sha256(data).digest() == cid.digest
    elif cid.hash_code == IDENTITY:
        proved = bytes(data) == cid.digest
    else:
        raise UnsupportedCid(f"Hash {cid.hash_code:#x} is not one we prove bytes against.")
    if not proved:
        raise BlockMismatch(cid)


def _check_hash(hash_code: int, length: int) -> None:
    if hash_code == SHA2_256:
        if length != _SHA2_256_BYTES:
            raise UnsupportedCid(f"A sha2-256 hash has 32 bytes, not {length}; only a whole one proves anything.")
    elif hash_code == IDENTITY:
        if length > MAX_IDENTITY_BYTES:
            raise UnsupportedCid(f"An identity CID may hold {MAX_IDENTITY_BYTES} bytes, not {length}.")
    else:
        raise UnsupportedCid(f"This CID uses hash {hash_code:#x}; only sha2-256 and identity are supported.")


def _read_digest(buffer: Bytes, offset: int, length: int) -> tuple[bytes, int]:
    digest = bytes(buffer[offset : offset + length])
    if len(digest) != length:
        raise TruncatedVarint("The bytes end inside a hash.")
    return digest, offset + length


def _decode_multibase(text: str) -> bytes:
    try:
        _, decoded = libipld.decode_multibase(text)
    except ValueError as error:
        raise InvalidCid(f"“{text[:60]}” is not a CID: its letters are not of its base.") from error
    return bytes(decoded)


# Unsigned LEB128 numbers, as in CIDs, CAR files and protobuf.

Bytes = bytes | bytearray | memoryview

_MAX_BYTES = 9  # multiformats unsigned-varint: at most 63 bits


def encode_varint(number: int) -> bytes:
    """`number` in as few bytes as possible."""
    if not 0 <= number < 1 << 63:
        raise BadVarint(f"{number} does not fit an unsigned varint of 63 bits.")
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(buffer: Bytes, offset: int) -> tuple[int, int]:
    """The number at `offset` and the offset behind it. Only the shortest form is accepted (multiformats)."""
    if offset < len(buffer) and buffer[offset] < 0x80:
        return buffer[offset], offset + 1
    number = shift = 0
    for index in range(offset, min(len(buffer), offset + _MAX_BYTES)):
        byte = buffer[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise BadVarint("A varint is not in its shortest form.")
            return number, index + 1
        shift += 7
    if len(buffer) - offset >= _MAX_BYTES:
        raise BadVarint("A varint is longer than 63 bits.")
    raise TruncatedVarint("The bytes end inside a varint.")
