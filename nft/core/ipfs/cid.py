"""Content identifiers (CIDs): text and binary forms, and the CID of a block.

Only sha2-256 and short identity hashes are accepted. Kubo, pinning services and gateways use these; a hash that is not
checked here must not look like a proof.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

import libipld

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.varint import TRUNCATED, BadVarint, encode_varint, read_varint
from profiles.errors import Kind
from profiles.sentences import gettext, gettext_noop

RAW = 0x55
DAG_PB = 0x70
DAG_CBOR = 0x71
SHA2_256 = 0x12
IDENTITY = 0x00
MAX_IDENTITY_BYTES = 128

UNSUPPORTED_CID = Kind("unsupported-cid", gettext_noop("This CID can't be verified"))
"""The kind of an `InvalidIdentifier` for a CID whose hash is not checked here."""

_SHA2_256_BYTES = 32
_V0_HEAD = bytes((SHA2_256, _SHA2_256_BYTES))
_V0_CHARACTERS = 46
# The first bytes of nearly all CIDs: version 1, codec, sha2-256, 32 bytes.
_USUAL = {b"\x01\x55\x12\x20": RAW, b"\x01\x70\x12\x20": DAG_PB}
# base32, base58btc, base16 and base36: the bases that the IPFS tools print.
_MULTIBASES = "bBzfFkK"
_MAX_CHARACTERS = 512


class Cid(NamedTuple):
    """A content identifier. Equal when version, codec and hash are equal, whatever base the text was in."""

    version: int
    codec: int
    hash_code: int
    digest: bytes

    def __hash__(self) -> int:
        return hash(self.digest)  # `bytes` caches its hash

    def __str__(self) -> str:
        """Return the canonical text: base58btc for version 0, lower-case base32 for version 1."""
        if self.version == 0:
            return str(libipld.encode_cid(self.encode()))
        return "b" + base64.b32encode(self.encode()).decode().lower().rstrip("=")

    def encode(self) -> bytes:
        """Return the binary form."""
        multihash = encode_varint(self.hash_code) + encode_varint(len(self.digest)) + self.digest
        if self.version == 0:
            return multihash
        return b"\x01" + encode_varint(self.codec) + multihash


def build_cid(block: Bytes, codec: int) -> Cid:
    """Return the CIDv1 of a block, with sha2-256."""
    return Cid(1, codec, SHA2_256, hashlib.sha256(block).digest())


def parse_cid(text: str) -> Cid:
    """Parse a CIDv0, or a CIDv1 in base32, base58btc, base16 or base36. Raise `InvalidIdentifier`."""
    if not text or len(text) > _MAX_CHARACTERS:
        raise InvalidIdentifier(
            gettext(
                "A CID has 1 to %(characters)s characters, not %(text)s.", characters=_MAX_CHARACTERS, text=len(text)
            )
        )
    if len(text) == _V0_CHARACTERS and text.startswith("Qm"):
        return decode_cid(_decode_multibase("z" + text))
    if text[0] not in _MULTIBASES:
        raise InvalidIdentifier(gettext("“%(text)s” is not a CID.", text=text[:60]))
    encoded = _decode_multibase(text)
    if encoded[:2] == _V0_HEAD:
        raise InvalidIdentifier(gettext("A CIDv0 is written without a base prefix."))
    return decode_cid(encoded)


def decode_cid(encoded: Bytes) -> Cid:
    """Decode a binary CID that fills `encoded` exactly. Raise `InvalidIdentifier`."""
    try:
        cid, end = read_cid(encoded, 0)
    except BadVarint as error:
        raise InvalidIdentifier(gettext("This is not a CID. %(error)s", error=error.sentence)) from error
    if end != len(encoded):
        raise InvalidIdentifier(gettext("There are bytes behind the CID."))
    return cid


def read_cid(buffer: Bytes, offset: int) -> tuple[Cid, int]:
    """Return the binary CID at `offset` and the offset after it.

    Raise `InvalidIdentifier`, or `BadVarint` with the kind `TRUNCATED` if the buffer ends inside the CID.
    """
    if buffer[offset : offset + 2] == _V0_HEAD:
        digest, end = _read_digest(buffer, offset + 2, _SHA2_256_BYTES)
        return Cid(0, DAG_PB, SHA2_256, digest), end
    usual = _USUAL.get(bytes(buffer[offset : offset + 4]))
    if usual is not None:
        digest, end = _read_digest(buffer, offset + 4, _SHA2_256_BYTES)
        return Cid(1, usual, SHA2_256, digest), end
    if len(buffer) == offset + 1 and buffer[offset] == SHA2_256:
        raise BadVarint(gettext("The bytes end where a CIDv0 may begin."), TRUNCATED)
    version, offset = read_varint(buffer, offset)
    if version != 1:
        raise InvalidIdentifier(gettext("CID version %(version)s does not exist.", version=version))
    codec, offset = read_varint(buffer, offset)
    hash_code, offset = read_varint(buffer, offset)
    length, offset = read_varint(buffer, offset)
    _check_hash(hash_code, length)
    digest, end = _read_digest(buffer, offset, length)
    return Cid(1, codec, hash_code, digest), end


def _check_hash(hash_code: int, length: int) -> None:
    if hash_code == SHA2_256:
        if length != _SHA2_256_BYTES:
            raise InvalidIdentifier(
                gettext(
                    "A sha2-256 hash has 32 bytes, not %(length)s; only a whole one proves anything.", length=length
                ),
                UNSUPPORTED_CID,
            )
    elif hash_code == IDENTITY:
        if length > MAX_IDENTITY_BYTES:
            raise InvalidIdentifier(
                gettext(
                    "An identity CID may hold %(identity_bytes)s bytes, not %(length)s.",
                    identity_bytes=MAX_IDENTITY_BYTES,
                    length=length,
                ),
                UNSUPPORTED_CID,
            )
    else:
        raise InvalidIdentifier(
            gettext(
                "This CID uses hash %(hash_code)s; only sha2-256 and identity are supported.",
                hash_code=f"{hash_code:#x}",
            ),
            UNSUPPORTED_CID,
        )


def _read_digest(buffer: Bytes, offset: int, length: int) -> tuple[bytes, int]:
    digest = bytes(buffer[offset : offset + length])
    if len(digest) != length:
        raise BadVarint(gettext("The bytes end inside a hash."), TRUNCATED)
    return digest, offset + length


def _decode_multibase(text: str) -> bytes:
    try:
        _, decoded = libipld.decode_multibase(text)
    except ValueError as error:
        raise InvalidIdentifier(
            gettext("“%(text)s” is not a CID: its letters are not of its base.", text=text[:60])
        ) from error
    return bytes(decoded)
