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

import enum

from nft.core.errors import CoreError
from nft.core.evm.errors import InvalidIdentifier


class PasteRefused(InvalidIdentifier):
    """What was pasted names no token we can read; `reason` is a `PasteRefusal`."""

    def __init__(self, reason: enum.StrEnum, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class TokenUriRefused(CoreError):
    """A token URI we do not follow; `reason` is a `UriRefusal`."""

    def __init__(self, reason: enum.StrEnum, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class MetadataRefused(CoreError):
    """A metadata document we do not read; `reason` is a `MetadataRefusal`."""

    def __init__(self, reason: enum.StrEnum, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
