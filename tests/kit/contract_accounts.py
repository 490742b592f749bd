"""Contract accounts with valid, invalid or no answers to EIP-1271 (`isValidSignature`)."""

from __future__ import annotations

from nft.accounts import signatures
from nft.accounts.signatures import SignatureKind
from nft.clients.evm.chain import ChainClient

MAGIC = "1626ba7e"
ANYWHERE = "0x" + "77" * 20


def returning(word: str) -> str:
    """Return code that answers every call with one word."""
    return f"0x7f{word.ljust(64, '0')}60005260206000f3"


ANSWERS_YES = returning(MAGIC)
HOSTILE = {
    "another magic": returning("ffffffff"),
    "the magic on the wrong side": returning(MAGIC.rjust(64, "0")),
    "the magic with dirt after it": returning(MAGIC + "01"),
    "the number one": returning("1".rjust(64, "0")),
    "nothing": "0x00",
    "four bytes only": f"0x63{MAGIC}60e01b60005260046000f3",
    "two words": f"0x7f{MAGIC.ljust(64, '0')}60005260406000f3",
    "a revert": "0x60006000fd",
    "a revert with the magic": f"0x7f{MAGIC.ljust(64, '0')}60005260206000fd",
    "an endless loop": "0x5b600056",
    "all its gas": "0xfe",
    "two megabytes": "0x622000006000f3",
    "half a megabyte": "0x620800006000f3",
    "a call back to who asks": "0x60006000600060006000335af15060006000fd",
    "its own end": "0x33ff",
}
"""Codes of accounts that do anything but accept the signature."""


def judge(client: ChainClient, address: str, signature: str, text: str = "hello") -> SignatureKind:
    return signatures.verify(client, bytes.fromhex(address[2:]), text, bytes.fromhex(signature[2:]))
