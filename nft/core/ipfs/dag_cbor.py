"""The links of any block we read: dag-pb, dag-cbor (as NFT tools used for `metadata.json`) and raw."""

from collections.abc import Iterator
from typing import Any

import libipld

from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, Bytes, Cid, cid_from_bytes
from nft.core.ipfs.dag_pb import decode_node
from nft.core.ipfs.errors import InvalidCid, MalformedNode, PathNotFound, UnsupportedNode

DagCbor = Any  # what CBOR can hold: dict, list, str, bytes, int, float, bool or None; a link comes as its CID's bytes


def block_links(cid: Cid, block: Bytes) -> list[Cid]:
    """The CIDs that a proved block links to, in its own order; none for codecs we do not read."""
    if cid.codec == DAG_PB:
        return [link.cid for link in decode_node(block).links]
    if cid.codec == DAG_CBOR:
        return list(_find_links(decode_dag_cbor(block)))
    return []


def decode_dag_cbor(block: Bytes) -> DagCbor:
    """The value in a dag-cbor block."""
    try:
        return libipld.decode_dag_cbor(bytes(block))
    except (ValueError, RecursionError) as error:
        raise MalformedNode("A block is not valid dag-cbor.") from error


def link_in_dag_cbor(value: DagCbor, names: list[str]) -> tuple[Cid, list[str]]:
    """Follow `names` to the first link; that link and the names left over."""
    for used, name in enumerate(names, start=1):
        if not isinstance(value, dict) or name not in value:
            raise PathNotFound(f"A proved dag-cbor object has nothing named “{name[:60]}”.")
        value = value[name]
        if isinstance(value, bytes):
            return _as_link(value), names[used:]
    raise UnsupportedNode("The path ends inside a dag-cbor object, not at a file.")


def _find_links(value: DagCbor) -> Iterator[Cid]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))
        elif isinstance(item, bytes):
            try:
                yield cid_from_bytes(item)
            except InvalidCid:
                continue


def _as_link(value: bytes) -> Cid:
    try:
        return cid_from_bytes(value)
    except InvalidCid as error:
        raise UnsupportedNode(f"The path does not lead to a file. {error}") from error
