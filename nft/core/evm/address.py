"""Ethereum addresses: 20 bytes inside, EIP-55 text outside."""

import re

from eth_hash.auto import keccak

from nft.core.evm.errors import InvalidAddress

ADDRESS_BYTES = 20
ZERO = bytes(ADDRESS_BYTES)

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def parse_address(text: str) -> bytes:
    """`text` as 20 bytes. Needs the `0x`; letters of mixed case must be the EIP-55 checksum, one case is free."""
    if not _ADDRESS.fullmatch(text):
        raise InvalidAddress(f"{_shown(text)} is not an address: 0x and 40 hexadecimal digits are needed.")
    address = bytes.fromhex(text[2:])
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != to_checksum(address):
        raise InvalidAddress(f"The address {text} has a wrong checksum (EIP-55): one of its letters is mistyped.")
    return address


def to_checksum(address: bytes) -> str:
    """The EIP-55 text of 20 bytes."""
    if len(address) != ADDRESS_BYTES:
        raise InvalidAddress(f"An address has 20 bytes, not {len(address)}.")
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False))


def _shown(text: str) -> str:
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
