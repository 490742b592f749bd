"""Names of the Ethereum Name Service: their one normal form (ENSIP-15), their hashes (EIP-137), and how an address
stands among them (ENSIP-3, ENSIP-11, ENSIP-19)."""

import re

from eth_hash.auto import keccak

from nft.core.evm.address import ADDRESS_BYTES
from nft.core.evm.errors import InvalidAddress, InvalidName
from nft.core.text import clean_text

MAX_NAME_CHARACTERS = 255
MAX_LABELS = 12
"""Each label of a name may cost a call to the registry."""
MAX_LABEL_BYTES = 255  # what the length byte of the DNS encoding holds

ETH_COIN_TYPE = 60
"""The coin type (SLIP-44) of an address on the chain that holds the names."""
_EVM_COIN_TYPES = 0x80000000

_ONE_WORD = re.compile(r"[^\s/:#?,@]+")
_PLAIN = re.compile(r"(?!..--)(?=.)_*[a-z0-9-]*")


def looks_like_name(text: str) -> bool:
    """Whether `text` can only be meant as a name: one word with a dot. It need not be a valid one."""
    return "." in text and len(text) <= MAX_NAME_CHARACTERS and _ONE_WORD.fullmatch(text) is not None


def normalise_name(text: str) -> str:
    """The name in its normal form. Raises InvalidName with the reason for what ENSIP-15 disallows."""
    if not text or len(text) > MAX_NAME_CHARACTERS:
        raise InvalidName(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.")
    name = text.lower() if text.isascii() else text
    if not all(_PLAIN.fullmatch(label) for label in name.split(".")):
        name = _normalise_unusual(text)
    labels = name.split(".")
    if len(labels) > MAX_LABELS:
        raise InvalidName(f"The name has {len(labels)} parts; we read names of up to {MAX_LABELS}.")
    if any(len(label.encode()) > MAX_LABEL_BYTES for label in labels):
        raise InvalidName(f"A part of the name is longer than {MAX_LABEL_BYTES} bytes.")
    return name


def labelhash(label: str) -> bytes:
    """The keccak-256 of one label."""
    return keccak(label.encode())


def namehash(name: str) -> bytes:
    """The node of a normal name; that of the root, "", is zero."""
    node = bytes(32)
    for label in reversed(name.split(".") if name else []):
        node = keccak(node + labelhash(label))
    return node


def dns_encode(name: str) -> bytes:
    """The wire form of DNS (RFC 1035 §3.1) that ENSIP-10 asks for, without DNS's limit on the whole."""
    labels = [label.encode() for label in name.split(".")] if name else []
    if any(not 1 <= len(label) <= MAX_LABEL_BYTES for label in labels):
        raise InvalidName("A part of the name is empty or too long.")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def ancestors(name: str) -> list[str]:
    """The name itself, then each of its parents, the root left out."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def evm_coin_type(chain_id: int) -> int:
    """The coin type of addresses on another EVM chain than that of the names (ENSIP-11). Raises InvalidName where
    the chain's id is too large to have one."""
    if not 0 < chain_id < _EVM_COIN_TYPES:
        raise InvalidName(f"Names hold no addresses of chain {chain_id}: its number is too large.")
    return _EVM_COIN_TYPES | chain_id


def reverse_name(address: bytes, coin_type: int = ETH_COIN_TYPE) -> str:
    """Where an address names itself: below `addr.reverse` (ENSIP-3), else below its coin type (ENSIP-19)."""
    if len(address) != ADDRESS_BYTES:
        raise InvalidAddress(f"An address has 20 bytes, not {len(address)}.")
    place = "addr" if coin_type == ETH_COIN_TYPE else f"{coin_type:x}"
    return f"{address.hex()}.{place}.reverse"


def _normalise_unusual(text: str) -> str:
    # Loaded for the first name that needs its tables: they take 100 MB and half a second.
    from ens_normalize import DisallowedSequence, ens_normalize

    try:
        return str(ens_normalize(text))
    except DisallowedSequence as error:
        reason = error.general_info
        shown = clean_text(text, 60)
        raise InvalidName(f"“{shown}” can't be a name: it {reason[:1].lower()}{reason[1:]}.") from error
