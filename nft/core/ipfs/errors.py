"""Errors of blocks, graphs of blocks and CAR archives. `nft.core.errors` shows the whole tree."""

from __future__ import annotations

from nft.core.errors import CoreError
from nft.core.ipfs.cid import Cid
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

MALFORMED_NODE = Kind("malformed-node", gettext_noop("An IPFS block is malformed"))
"""A verified block is not valid in the codec that its CID names (dag-pb, UnixFS or dag-cbor)."""
UNSUPPORTED_NODE = Kind("unsupported-node", gettext_noop("An IPFS block is of an unknown kind"))
"""A valid node of a type that is not read, such as a symbolic link."""
PATH_NOT_FOUND = Kind("path-not-found", gettext_noop("There is no such path in the IPFS content"))
"""A verified directory has no entry of this name."""
NOT_A_FILE = Kind("not-a-file", gettext_noop("The IPFS path leads to a directory"))
"""The path ends at a directory."""
FILE_TOO_LARGE = Kind("file-too-large", gettext_noop("The IPFS file is too large"))
TOO_MANY_BLOCKS = Kind("too-many-blocks", gettext_noop("The IPFS content has too many blocks"))
BLOCK_TOO_LARGE = Kind("block-too-large", gettext_noop("An IPFS block is too large"))
GRAPH_TOO_LARGE = Kind("graph-too-large", gettext_noop("The IPFS content has too many links"))
TOO_DEEP = Kind("too-deep", gettext_noop("The IPFS content is nested too deeply"))


class DagError(CoreError):
    """A block, or the graph it belongs to, was refused."""

    kind = Kind("dag-refused", gettext_noop("The IPFS content is refused"))


class BlockMismatch(DagError):
    """The bytes do not hash to the CID they were given for."""

    kind = Kind("block-mismatch", gettext_noop("An IPFS block is not the one asked for"), 502, permanent=False)

    def __init__(self, cid: Cid) -> None:
        super().__init__(_("The bytes received for %(cid)s do not match it.", cid=str(cid)))
        self.cid = cid


class BlockMissing(DagError):
    """A block must be fetched before the read can continue."""

    kind = Kind("block-missing", gettext_noop("An IPFS block is missing"), 404, permanent=False)

    def __init__(self, cid: Cid) -> None:
        super().__init__(_("The block %(cid)s is needed and not there yet.", cid=str(cid)))
        self.cid = cid


class CarError(CoreError):
    """Not a well-formed, complete CARv1 archive."""

    kind = Kind("bad-archive", gettext_noop("The gateway's archive is malformed"), 502, permanent=False)
