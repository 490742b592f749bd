"""The part of a chain's state that is proved: each read is answered from the state root of a block, or not at all.

Nodes of tries and code count by their own hash, whoever sent them. What they don't prove raises `ReadUnproved`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eth_hash.auto import keccak

from nft.core.evm.errors import NotProvable, NotProved
from nft.core.evm.proofs.header import Header
from nft.core.evm.proofs.rlp import decode_list, decode_number, decode_string
from nft.core.evm.proofs.trie import MAX_NODE, NodeMissing, find_in_trie
from profiles.sentences import gettext as _

EMPTY_CODE_HASH = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
MAX_PROOF = 4 * 1024 * 1024
"""Bytes of the nodes and the code of one proof."""
#: What the calls of one ownership check may read.
MAX_ACCOUNTS, MAX_SLOTS = 16, 128
_ACCOUNT_FIELDS = 4
_HASH = 32


class ReadUnproved(NotProved):
    """An account (`slot` None), its code (`slot` None, `is_code`) or a slot is read that nothing proves yet."""

    def __init__(self, address: bytes, slot: bytes | None = None, *, is_code: bool = False) -> None:
        super().__init__(_("Something that the contract reads is not proved."))
        self.address, self.slot, self.is_code = address, slot, is_code


@dataclass(frozen=True, slots=True)
class Account:
    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


@dataclass
class Evidence:
    """Nodes of tries and code, each by its hash. What they prove depends on the root that a reader starts from."""

    nodes: dict[bytes, bytes] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)
    most: int = MAX_PROOF
    _size: int = 0

    def add_node(self, node: bytes) -> None:
        """Keep a node of any trie. Raise `NotProved` if it, or all that is kept, is too large."""
        if len(node) > MAX_NODE:
            raise NotProved(_("A node of the proof is too large."))
        self._add(self.nodes, node)

    def add_code(self, code: bytes) -> None:
        self._add(self.codes, code)

    def total(self) -> int:
        """Return the bytes of all nodes and code."""
        return sum(map(len, [*self.nodes.values(), *self.codes.values()]))

    def _add(self, kept: dict[bytes, bytes], content: bytes) -> None:
        digest = keccak(content)
        if digest not in kept:
            self._size += len(content)
            if self._size > self.most:
                raise NotProved(_("The proof has more than %(most)s bytes.", most=self.most))
            kept[digest] = content


class ProvedState:
    """Reads of the state at a header, from evidence that may still grow. Remembers what was needed for them.

    All reads raise `ReadUnproved` where evidence is missing, `NotProved` where it is malformed, and `NotProvable`
    beyond MAX_ACCOUNTS or MAX_SLOTS.

    on_missing: called in place of raising `ReadUnproved`, and what is missing is taken for empty. So one run finds much
    of what is missing at once, and its result says nothing.
    """

    def __init__(
        self, header: Header, evidence: Evidence, on_missing: Callable[[ReadUnproved], None] | None = None
    ) -> None:
        self.header, self.evidence, self._on_missing = header, evidence, on_missing
        self.used = Evidence()
        self._accounts: dict[bytes, Account | None] = {}
        self._slots: dict[tuple[bytes, bytes], int] = {}

    def account(self, address: bytes) -> Account | None:
        """Return None for an address that provably has no account."""
        if address not in self._accounts:
            if len(self._accounts) == MAX_ACCOUNTS:
                raise NotProvable(_("The contract reads more than %(accounts)s accounts.", accounts=MAX_ACCOUNTS))
            try:
                found = find_in_trie(self.header.get("stateRoot"), address, self._get_node)
            except NodeMissing:
                found = None
                self._miss(ReadUnproved(address))
            self._accounts[address] = None if found is None else _decode_account(found)
        return self._accounts[address]

    def code(self, address: bytes) -> bytes:
        """Return the code of an account; empty where there is none."""
        account = self.account(address)
        if account is None or account.code_hash == EMPTY_CODE_HASH:
            return b""
        code = self.evidence.codes.get(account.code_hash)
        if code is None:
            self._miss(ReadUnproved(address, is_code=True))
            return b""
        self.used.codes[account.code_hash] = code
        return code

    def slot(self, address: bytes, slot: bytes) -> int:
        """Return the number in one of an account's slots; 0 only where that is proved."""
        if (address, slot) not in self._slots:
            if len(self._slots) == MAX_SLOTS:
                raise NotProvable(_("The contract reads more than %(slots)s slots.", slots=MAX_SLOTS))
            account = self.account(address)
            try:
                found = None if account is None else find_in_trie(account.storage_root, slot, self._get_node)
            except NodeMissing:
                found = None
                self._miss(ReadUnproved(address, slot))
            self._slots[address, slot] = 0 if found is None else decode_number(decode_string(found))
        return self._slots[address, slot]

    def get_reads(self) -> dict[bytes, dict[bytes, int]]:
        """Return by address the slots that were read, with their numbers."""
        reads: dict[bytes, dict[bytes, int]] = {address: {} for address in sorted(self._accounts)}
        for (address, slot), number in sorted(self._slots.items()):
            reads[address][slot] = number
        return reads

    def _miss(self, error: ReadUnproved) -> None:
        if self._on_missing is None:
            raise error
        self._on_missing(error)

    def _get_node(self, digest: bytes) -> bytes | None:
        node = self.evidence.nodes.get(digest)
        if node is not None:
            self.used.nodes[digest] = node
        return node


def _decode_account(content: bytes) -> Account:
    items = [item.content for item in decode_list(content, _ACCOUNT_FIELDS) if not item.is_list]
    if len(items) != _ACCOUNT_FIELDS or len(items[2]) != _HASH or len(items[3]) != _HASH:
        raise NotProved(_("An account of the proof is malformed."))
    return Account(decode_number(items[0]), decode_number(items[1]), items[2], items[3])
