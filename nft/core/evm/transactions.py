"""Transactions the site itself sends (EIP-1559, type 2): what is hashed and signed, and the bytes a node takes."""

from __future__ import annotations

from dataclasses import dataclass

import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak

TYPE = b"\x02"
BUMP_PERCENT = 13
"""Nodes take a second transaction of a number (nonce) only for a tenth more of both fees; rounding costs a little."""


@dataclass(frozen=True)
class Fees:
    """In wei for each unit of gas: the most that is paid in all, and what of it goes to the block's maker."""

    most: int
    tip: int

    @property
    def usual(self) -> int:
        """What is paid while the base fee stays as it is (see `plan_fees`)."""
        return (self.most - self.tip) // 2 + self.tip


@dataclass(frozen=True)
class UnsignedTransaction:
    """A call without value, as its sender signs it."""

    chain_id: int
    nonce: int
    fees: Fees
    gas: int
    to: bytes
    data: bytes

    def digest(self) -> bytes:
        return keccak(TYPE + rlp.encode(self._fields()))

    def signed(self, signature: bytes) -> bytes:
        """With r, s and the recovery bit (65 bytes), as `eth_sendRawTransaction` takes it."""
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
        return TYPE + bytes(rlp.encode([*self._fields(), signature[64], r, s]))

    def _fields(self) -> list[object]:
        fees = [self.fees.tip, self.fees.most]
        return [self.chain_id, self.nonce, *fees, self.gas, self.to, 0, self.data, []]


def call_of(raw: bytes) -> tuple[bytes, bytes]:
    """Of what `UnsignedTransaction.signed` gave: who is called, and with what."""
    fields: list[bytes] = rlp.decode(raw[1:])
    return bytes(fields[5]), bytes(fields[7])


def hash_of(raw: bytes) -> str:
    """The name of a signed transaction everywhere: known before it is sent."""
    return "0x" + keccak(raw).hex()


def plan_fees(base_fee: int, tip: int) -> Fees:
    """Enough for a base fee that doubles, which takes it six full blocks."""
    return Fees(2 * base_fee + tip, tip)


def outbid(before: Fees, fresh: Fees) -> Fees:
    """What replaces a transaction that stays behind: as much dearer as nodes ask for, never below the present."""
    return Fees(max(_raised(before.most), fresh.most), max(_raised(before.tip), fresh.tip))


def _raised(wei: int) -> int:
    return wei * (100 + BUMP_PERCENT) // 100 + 1
