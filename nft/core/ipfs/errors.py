"""Errors of blocks, graphs of blocks and CAR archives. `nft.core.errors` shows the whole tree."""

from __future__ import annotations

from nft.core.errors import CoreError
from nft.core.ipfs.cid import Cid
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_TITLE = gettext_noop("This IPFS content can't be read")

MALFORMED_NODE = Kind("malformed-node", _TITLE)
"""A verified block is not valid in the codec that its CID names (dag-pb, UnixFS or dag-cbor)."""
UNSUPPORTED_NODE = Kind("unsupported-node", _TITLE)
"""A valid node of a type that is not read, such as a symbolic link."""
PATH_NOT_FOUND = Kind("path-not-found", _TITLE)
"""A verified directory has no entry of this name."""
NOT_A_FILE = Kind("not-a-file", _TITLE)
"""The path ends at a directory."""
FILE_TOO_LARGE = Kind("file-too-large", _TITLE)
TOO_MANY_BLOCKS = Kind("too-many-blocks", _TITLE)
BLOCK_TOO_LARGE = Kind("block-too-large", _TITLE)
GRAPH_TOO_LARGE = Kind("graph-too-large", _TITLE)
TOO_DEEP = Kind("too-deep", _TITLE)


class DagError(CoreError):
    """A block, or the graph it belongs to, was refused."""

    kind = Kind("dag-refused", _TITLE)


class BlockMismatch(DagError):
    """The bytes do not hash to the CID they were given for."""

    kind = Kind("block-mismatch", _TITLE, 502, permanent=False)

    def __init__(self, cid: Cid) -> None:
        super().__init__(_("The bytes received for %(cid)s do not match it.", cid=str(cid)))
        self.cid = cid


class BlockMissing(DagError):
    """A block must be fetched before the read can continue."""

    kind = Kind("block-missing", _TITLE, 404, permanent=False)

    def __init__(self, cid: Cid) -> None:
        super().__init__(_("The block %(cid)s is needed and not there yet.", cid=str(cid)))
        self.cid = cid


class CarError(CoreError):
    """Not a well-formed, complete CARv1 archive."""

    kind = Kind("bad-archive", _TITLE, 502, permanent=False)
