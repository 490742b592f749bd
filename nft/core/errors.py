"""The errors of the pure core. All are expected errors: their message is a sentence for a person.

    CoreError              a value was refused
    ├── InvalidIdentifier  not an address, CAIP identifier, ENS name, token id, CID, or name of a token
    ├── BadAnswer *        a chain's or an indexer's answer has the wrong shape            (evm.errors)
    ├── BadSignature       not a signature from which an address can be recovered          (evm.errors)
    ├── NotProved *        a part of a state proof is missing or false                     (evm.errors)
    │   ├── NodeMissing    a node of a trie                                                (evm.proofs.trie)
    │   └── ReadUnproved   an account, its code or a slot that was read                    (evm.proofs.state)
    ├── NotProvable        a call that is never proved here                                (evm.errors)
    ├── DagError           a block, or the graph it belongs to, was refused                (ipfs.errors)
    │   ├── BlockMismatch* bytes that do not hash to their CID
    │   └── BlockMissing * a block is needed first
    ├── CarError *         not a well-formed CARv1 archive                                 (ipfs.errors)
    └── BadVarint          a varint is cut short or not in its shortest form               (ipfs.varint)

The errors marked * have `permanent` False: another node or gateway may give a better answer. Finer reasons are `Kind`
constants beside the code that raises them.
"""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop


class CoreError(ExpectedError):
    """A value was refused. The message names the reason and, where a limit was hit, the limit."""

    kind = Kind("invalid-value", gettext_noop("This value can't be used"))


class InvalidIdentifier(CoreError):
    """Text or bytes that are not the identifier they should be."""

    kind = Kind("invalid-identifier", gettext_noop("This identifier can't be used"))
