"""Everything the pure core can refuse, as one tree.

    CoreError                     a value was refused; the message is a sentence for a person
    ├── InvalidAddress            no 20-byte address, or a wrong EIP-55 checksum
    ├── InvalidName               not a name of the Ethereum Name Service
    ├── InvalidIdentifier         no CAIP-10 / CAIP-19 / did:nft identifier
    │   └── PasteRefused          what a person pasted names no token we can read (.reason)
    ├── BadVarint                 a number cut short or not in its shortest form (inside parsers only)
    ├── InvalidCid                no CID
    │   └── UnsupportedCid        a CID whose hash, base or codec we do not prove
    ├── DagError                  a block or a graph of blocks was refused
    │   ├── BlockMismatch   *     bytes that do not hash to their CID
    │   ├── BlockMissing    *     a block is needed first (.cid)
    │   ├── MalformedNode         a proved block that is no valid dag-pb, UnixFS or dag-cbor
    │   ├── UnsupportedNode       valid, but no kind of node we read
    │   ├── PathNotFound          the proved directory has no such name
    │   ├── NotAFile              the path ends at a directory
    │   └── LimitExceeded         more bytes, blocks or depth than allowed (.limit)
    ├── CarError            *     no well-formed CARv1
    ├── TokenUriRefused           a token URI we do not follow (.reason)
    ├── MetadataRefused           a metadata document we do not read (.reason)
    ├── BadAnswer           *     a chain answer that is not what the call returns
    └── SignInError
        ├── InvalidSignInRequest  a field that may not stand in a sign-in text
        └── BadSignature          not a signature we recover an address from

`permanent` says whether trying the same again can help: those marked * may come right when another gateway
or node is asked, so their `permanent` is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nft.core.ipfs.cid import Cid
from nft.core.errors import CoreError


class InvalidCid(CoreError):
    """Not a content identifier."""


class UnsupportedCid(InvalidCid):
    """A content identifier that we cannot prove bytes against."""


class BadVarint(CoreError):
    """A varint longer than 63 bits or not in its shortest form."""


class TruncatedVarint(BadVarint):
    """The buffer ends too early: more bytes may complete it."""


class DagError(CoreError):
    """A block, or the graph it belongs to, was refused."""


class BlockMismatch(DagError):
    """The bytes do not hash to the CID they were given for."""

    permanent = False

    def __init__(self, cid: Cid) -> None:
        super().__init__(f"The bytes received for {cid} do not match it.")
        self.cid = cid


class BlockMissing(DagError):
    """A block must be fetched before reading can go on."""

    permanent = False

    def __init__(self, cid: Cid) -> None:
        super().__init__(f"The block {cid} is needed and not there yet.")
        self.cid = cid


class MalformedNode(DagError):
    """Proved bytes that are no valid node of the codec their CID names."""


class UnsupportedNode(DagError):
    """A valid node of a kind we do not read, such as a symbolic link."""


class PathNotFound(DagError):
    """A proved directory has no entry of this name."""


class NotAFile(DagError):
    """The path ends at a directory, so there are no bytes to show."""


class LimitExceeded(DagError):
    """More than the limits allow; `limit` is the name of the `DagLimits` field that was hit."""

    def __init__(self, limit: str, sentence: str) -> None:
        super().__init__(sentence)
        self.limit = limit


class CarError(CoreError):
    """Not a well-formed, complete CARv1."""

    permanent = False
