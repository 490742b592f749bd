"""Why a chain gave no answer, or none that can be used. `permanent` tells whether asking the same again is pointless.

ChainError
├── ChainUnavailable      no node gave an answer: never a reason to decide anything
│   └── WrongChain        the node serves another chain than configured
├── CallFailed            the contract itself refused, failed or answered too much
└── TransactionRefused    the node does not take the transaction
"""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

STALE_NODE = Kind("stale-node", gettext_noop("The node is behind"), 503, permanent=False)
"""The node may be stuck."""
NODES_BEHIND = Kind("nodes-behind", gettext_noop("All nodes are behind"), 503, permanent=False)
BLOCK_GONE = Kind("block-gone", gettext_noop("The block is no longer part of the chain"), 503, permanent=False)
METHOD_UNSUPPORTED = Kind(
    "method-unsupported", gettext_noop("The node does not offer this method"), 503, permanent=False
)
ANSWER_TOO_LARGE = Kind("answer-too-large", gettext_noop("The contract's answer is too large"), 422)


class ChainError(ExpectedError):
    kind = Kind("chain-error", gettext_noop("The chain can't be read"), 503, permanent=False)


class ChainUnavailable(ChainError):
    kind = Kind("chain-unavailable", gettext_noop("The chain does not answer"), 503, permanent=False)


class WrongChain(ChainUnavailable):
    kind = Kind("wrong-chain", gettext_noop("The node serves another chain"), 503, permanent=False)

    def __init__(self, wanted: int, got: int) -> None:
        super().__init__(
            _(
                "The node serves chain %(got)s, not %(wanted)s: its configuration is wrong.",
                got=str(got),
                wanted=str(wanted),
            )
        )
        self.got = got


class CallFailed(ChainError):
    """`data` is what the contract returned with its refusal."""

    kind = Kind("call-failed", gettext_noop("The contract refused the call"), 422)

    def __init__(self, sentence: str, kind: Kind | None = None, *, data: bytes = b"") -> None:
        super().__init__(sentence, kind)
        self.data = data


class TransactionRefused(ChainError):
    kind = Kind("transaction-refused", gettext_noop("The chain does not take the transaction"), 422)
