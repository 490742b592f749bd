"""Ethereum addresses: 20 bytes in code, EIP-55 text for people."""

from __future__ import annotations

import re

from eth_hash.auto import keccak

from nft.core.errors import InvalidIdentifier
from profiles.sentences import gettext as _

ADDRESS_BYTES = 20
ZERO = bytes(ADDRESS_BYTES)

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def parse_address(text: str) -> bytes:
    """Parse `0x` and 40 hexadecimal digits. Raise `InvalidIdentifier`.

    Digits of mixed case must match the EIP-55 checksum; all lower or all upper case is accepted without one.
    """
    if not _ADDRESS.fullmatch(text):
        shown = f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
        raise InvalidIdentifier(_("%(shown)s is not an address: 0x and 40 hexadecimal digits are needed.", shown=shown))
    address = bytes.fromhex(text[2:])
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != to_checksum(address):
        raise InvalidIdentifier(
            _("The address %(text)s has a wrong checksum (EIP-55): one of its letters is mistyped.", text=text)
        )
    return address


def to_checksum(address: bytes) -> str:
    """Return the EIP-55 text of an address. Raise `InvalidIdentifier` unless it has 20 bytes."""
    check_length(address)
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False))


def check_length(address: bytes) -> None:
    """Raise `InvalidIdentifier` unless `address` has 20 bytes."""
    if len(address) != ADDRESS_BYTES:
        raise InvalidIdentifier(_("An address has 20 bytes, not %(address)s.", address=len(address)))
