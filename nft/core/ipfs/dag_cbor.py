"""dag-cbor blocks. Some NFT tools stored `metadata.json` in directories of this codec."""

from __future__ import annotations

from collections.abc import Iterator

import libipld

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import Cid, decode_cid
from nft.core.ipfs.errors import MALFORMED_NODE, PATH_NOT_FOUND, UNSUPPORTED_NODE, DagError
from profiles.sentences import gettext as _

DagCbor = dict[str, "DagCbor"] | list["DagCbor"] | str | bytes | int | float | bool | None
"""A decoded value. A link is the bytes of its CID."""


def decode_dag_cbor(block: Bytes) -> DagCbor:
    """Return the value in a block. Raise `DagError`."""
    try:
        value: DagCbor = libipld.decode_dag_cbor(bytes(block))
    except (ValueError, RecursionError) as error:
        raise DagError(_("A block is not valid dag-cbor."), MALFORMED_NODE) from error
    return value


def find_link(value: DagCbor, names: list[str]) -> tuple[Cid, list[str]]:
    """Follow `names` to the first link; return it and the names left over. Raise `DagError`."""
    for used, name in enumerate(names, start=1):
        if not isinstance(value, dict) or name not in value:
            raise DagError(_("A proved dag-cbor object has nothing named “%(name)s”.", name=name[:60]), PATH_NOT_FOUND)
        value = value[name]
        if isinstance(value, bytes):
            return _decode_link(value), names[used:]
    raise DagError(_("The path ends inside a dag-cbor object, not at a file."), UNSUPPORTED_NODE)


def iterate_links(value: DagCbor) -> Iterator[Cid]:
    """Yield the CIDs in `value` in order. Other byte strings are skipped."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))
        elif isinstance(item, bytes):
            try:
                yield decode_cid(item)
            except InvalidIdentifier:
                continue


def _decode_link(value: bytes) -> Cid:
    try:
        return decode_cid(value)
    except InvalidIdentifier as error:
        raise DagError(
            _("The path does not lead to a file. %(error)s", error=error.sentence), UNSUPPORTED_NODE
        ) from error
