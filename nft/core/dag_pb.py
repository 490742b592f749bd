"""dag-pb nodes: named links and opaque data (https://ipld.io/specs/codecs/dag-pb/spec/)."""

from dataclasses import dataclass
from typing import NamedTuple

from nft.core.cid import Cid, cid_from_bytes
from nft.core.errors import InvalidCid, MalformedNode
from nft.core.varint import Bytes
from nft.core.wire import DELIMITED, VARINT, encode_bytes, encode_number, read_fields, read_number

_DATA, _LINKS = 1, 2
_HASH, _NAME, _SIZE = 1, 2, 3
_PART_HEAD = b"\x0a\x24"  # a hash field with a CIDv1 of 36 bytes
_PART_HASH_ENDS = 38
_PART_NAME = b"\x12\x00\x18"  # an empty name, and the field of the size
_PART_SIZE_AT = 41


class PbLink(NamedTuple):
    """One link. `size` is what the node's author claims for the whole graph below; never trust it."""

    cid: Cid
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class PbNode:
    """A decoded node; `data` is None where the field is absent, which is not the same as empty."""

    data: memoryview | None
    links: tuple[PbLink, ...]


def encode_node(links: tuple[PbLink, ...] | list[PbLink], data: bytes | None) -> bytes:
    """The canonical form: links sorted by the bytes of their names (stable), then the data."""
    ordered = sorted(links, key=lambda link: link.name.encode())
    encoded = b"".join(encode_bytes(_LINKS, _encode_link(link)) for link in ordered)
    return encoded if data is None else encoded + encode_bytes(_DATA, data)


def decode_node(block: Bytes) -> PbNode:
    """Strict: unknown or repeated fields, links without a CID and links of an unsupported hash are refused."""
    links: list[PbLink] = []
    data: memoryview | None = None
    for field, kind, _, value in read_fields(block):
        if kind != DELIMITED or field not in (_DATA, _LINKS):
            raise MalformedNode(f"Field {field} does not belong in a dag-pb node.")
        if field == _LINKS:
            links.append(_decode_link(value))
        elif data is None:
            data = value
        else:
            raise MalformedNode("A dag-pb node has its data twice.")
    return PbNode(data, tuple(links))


def _encode_link(link: PbLink) -> bytes:
    return (
        encode_bytes(_HASH, link.cid.encode())
        + encode_bytes(_NAME, link.name.encode())
        + encode_number(_SIZE, link.size)
    )


def _decode_link(message: memoryview) -> PbLink:
    if message[:2] == _PART_HEAD and message[_PART_HASH_ENDS:_PART_SIZE_AT] == _PART_NAME:  # of a file: most links
        size, end = read_number(message, _PART_SIZE_AT)
        if end == len(message):
            return PbLink(_decode_cid(message[2:_PART_HASH_ENDS]), "", size)
    return _decode_any_link(message)


def _decode_any_link(message: memoryview) -> PbLink:
    cid: Cid | None = None
    name, size, last = "", 0, 0
    for field, kind, number, value in read_fields(message):
        if field <= last or kind != (VARINT if field == _SIZE else DELIMITED) or field > _SIZE:
            raise MalformedNode("A dag-pb link has fields that are unknown, repeated or out of order.")
        last = field
        if field == _HASH:
            cid = _decode_cid(value)
        elif field == _NAME:
            name = _decode_name(value)
        else:
            size = number
    if cid is None:
        raise MalformedNode("A dag-pb link has no CID.")
    return PbLink(cid, name, size)


def _decode_cid(value: memoryview) -> Cid:
    try:
        return cid_from_bytes(value)
    except InvalidCid as error:
        raise MalformedNode(f"A link in a dag-pb node cannot be followed. {error}") from error


def _decode_name(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise MalformedNode("A link in a dag-pb node has a name that is not UTF-8.") from error
