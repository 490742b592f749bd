"""Transactions that the site itself sends (EIP-1559, type 2): digest, signed bytes and fees."""

from __future__ import annotations

from dataclasses import dataclass

from eth_hash.auto import keccak

_TYPE = b"\x02"
# Nodes replace a pending transaction only if both fees rise by at least 10 %. The rest covers rounding.
_RAISE_PERCENT = 13


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees in wei per unit of gas: `max_fee` limits the total, `tip` is the priority fee in it."""

    max_fee: int
    tip: int

    @property
    def expected(self) -> int:
        """The fee paid while the base fee stays as it was in `build_fees`."""
        return (self.max_fee - self.tip) // 2 + self.tip


@dataclass(frozen=True)
class UnsignedTransaction:
    """A call without value, to be signed by its sender."""

    chain_id: int
    nonce: int
    fees: Fees
    gas: int
    to: bytes
    data: bytes

    def digest(self) -> bytes:
        """Return the hash to sign."""
        return keccak(_TYPE + _encode(self._fields()))

    def signed(self, signature: bytes) -> bytes:
        """Return the bytes for `eth_sendRawTransaction`. `signature` is r, s and the recovery bit: 65 bytes."""
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
        return _TYPE + _encode([*self._fields(), signature[64], r, s])

    def _fields(self) -> list[object]:
        return [self.chain_id, self.nonce, self.fees.tip, self.fees.max_fee, self.gas, self.to, 0, self.data, []]


def parse_call(raw: bytes) -> tuple[bytes, bytes]:
    """Return the called address and the call data of a transaction that `UnsignedTransaction.signed` made."""
    import rlp

    fields: list[bytes] = rlp.decode(raw[1:])
    return bytes(fields[5]), bytes(fields[7])


def transaction_hash(raw: bytes) -> str:
    """Return the hash of a signed transaction, which is known before it is sent."""
    return "0x" + keccak(raw).hex()


def build_fees(base_fee: int, tip: int) -> Fees:
    """Return fees that still suffice if the base fee doubles, which takes at least six full blocks."""
    return Fees(2 * base_fee + tip, tip)


def build_replacement_fees(before: Fees, fresh: Fees) -> Fees:
    """Return fees that replace a pending transaction: raised as far as nodes demand, at least the `fresh` ones."""
    return Fees(max(_raised(before.max_fee), fresh.max_fee), max(_raised(before.tip), fresh.tip))


def _raised(wei: int) -> int:
    return wei * (100 + _RAISE_PERCENT) // 100 + 1


def _encode(fields: list[object]) -> bytes:
    # Loaded here, as it loads pydantic and much else, and only a worker of a site that sponsors mints needs it.
    import rlp

    return bytes(rlp.encode(fields))
