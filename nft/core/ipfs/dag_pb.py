"""dag-pb nodes: named links and opaque data (https://ipld.io/specs/codecs/dag-pb/spec/)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import Cid, decode_cid
from nft.core.ipfs.errors import MALFORMED_NODE, DagError
from nft.core.ipfs.protobuf import DELIMITED, VARINT, encode_bytes, encode_number, read_fields, read_number
from profiles.sentences import gettext

_DATA, _LINKS = 1, 2
_HASH, _NAME, _SIZE = 1, 2, 3
# The layout of nearly all links, those to the parts of a file: a CIDv1 of 36 bytes, an empty name, the size.
_PART_HEAD = b"\x0a\x24"
_PART_HASH_ENDS = 38
_PART_NAME = b"\x12\x00\x18"
_PART_SIZE_AT = 41


class PbLink(NamedTuple):
    """A link to another block.

    `size` is the claimed size in bytes of the whole graph below it (Tsize). It is untrusted.
    """

    cid: Cid
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class PbNode:
    """A decoded node. `data` is None if the field is absent, which differs from empty."""

    data: memoryview | None
    links: tuple[PbLink, ...]


def encode_node(links: tuple[PbLink, ...] | list[PbLink], data: bytes | None) -> bytes:
    """Return the canonical form: links sorted by the bytes of their names (stable), then the data."""
    ordered = sorted(links, key=lambda link: link.name.encode())
    encoded = b"".join(encode_bytes(_LINKS, _encode_link(link)) for link in ordered)
    return encoded if data is None else encoded + encode_bytes(_DATA, data)


def decode_node(block: Bytes) -> PbNode:
    """Decode a node strictly.

    Raise `DagError` for unknown or repeated fields, links without a CID and links with an unsupported hash.
    """
    links: list[PbLink] = []
    data: memoryview | None = None
    for field, wire_type, _, value in read_fields(block):
        if wire_type != DELIMITED or field not in (_DATA, _LINKS):
            raise DagError(gettext("Field %(field)s does not belong in a dag-pb node.", field=field), MALFORMED_NODE)
        if field == _LINKS:
            links.append(_decode_link(value))
        elif data is None:
            data = value
        else:
            raise DagError(gettext("A dag-pb node has its data twice."), MALFORMED_NODE)
    return PbNode(data, tuple(links))


def _encode_link(link: PbLink) -> bytes:
    return (
        encode_bytes(_HASH, link.cid.encode())
        + encode_bytes(_NAME, link.name.encode())
        + encode_number(_SIZE, link.size)
    )


def _decode_link(message: memoryview) -> PbLink:
    if message[:2] == _PART_HEAD and message[_PART_HASH_ENDS:_PART_SIZE_AT] == _PART_NAME:
        size, end = read_number(message, _PART_SIZE_AT)
        if end == len(message):
            return PbLink(_decode_link_cid(message[2:_PART_HASH_ENDS]), "", size)
    return _decode_any_link(message)


def _decode_any_link(message: memoryview) -> PbLink:
    cid: Cid | None = None
    name, size, last = "", 0, 0
    for field, wire_type, number, value in read_fields(message):
        if field <= last or wire_type != (VARINT if field == _SIZE else DELIMITED) or field > _SIZE:
            raise DagError(
                gettext("A dag-pb link has fields that are unknown, repeated or out of order."), MALFORMED_NODE
            )
        last = field
        if field == _HASH:
            cid = _decode_link_cid(value)
        elif field == _NAME:
            name = _decode_name(value)
        else:
            size = number
    if cid is None:
        raise DagError(gettext("A dag-pb link has no CID."), MALFORMED_NODE)
    return PbLink(cid, name, size)


def _decode_link_cid(value: memoryview) -> Cid:
    try:
        return decode_cid(value)
    except InvalidIdentifier as error:
        raise DagError(
            gettext("A link in a dag-pb node cannot be followed. %(error)s", error=error.sentence), MALFORMED_NODE
        ) from error


def _decode_name(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise DagError(gettext("A link in a dag-pb node has a name that is not UTF-8."), MALFORMED_NODE) from error
