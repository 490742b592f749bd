"""What can go wrong when asking a chain. `permanent` says that asking the same again is of no use.

ChainError
├── ChainUnavailable      no node gave an answer: never a reason to decide anything
│   ├── WrongChain        the node serves another chain than configured
│   ├── StaleNode         the node's newest confirmed block is too old: it may be stuck
│   ├── NodesBehind       no node has come as far as was seen before
│   └── BlockGone         the block we read at is not, or no longer, part of the chain
├── CallReverted          the contract itself refused or failed (`data` holds what it said)
├── AnswerTooLarge        the contract answered with more bytes than allowed
└── TransactionRefused    the node does not take the transaction
"""

from __future__ import annotations


class ChainError(Exception):
    permanent = False


class ChainUnavailable(ChainError):
    pass


class WrongChain(ChainUnavailable):
    def __init__(self, wanted: int, got: int) -> None:
        super().__init__(f"The node serves chain {got}, not {wanted}: its configuration is wrong.")
        self.got = got


class StaleNode(ChainUnavailable):
    def __init__(self, age: float, limit: float) -> None:
        super().__init__(f"The newest confirmed block is {age:,.0f} s old; {limit:,.0f} s are allowed.")


class NodesBehind(ChainUnavailable):
    def __init__(self, known: int) -> None:
        super().__init__(f"No node has confirmed block {known}, which was seen confirmed before.")


class BlockGone(ChainUnavailable):
    def __init__(self, number: int | None = None) -> None:
        block = "The block read at" if number is None else f"Block {number}"
        super().__init__(f"{block} is no longer part of the chain.")


class CallReverted(ChainError):
    permanent = True

    def __init__(self, message: str, data: bytes = b"") -> None:
        super().__init__(message)
        self.data = data


class AnswerTooLarge(ChainError):
    permanent = True

    def __init__(self, limit: int) -> None:
        super().__init__(f"The contract answered with more than {limit:,} bytes.")


class TransactionRefused(ChainError):
    permanent = True
