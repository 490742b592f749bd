"""Names of the Ethereum Name Service (ENS): normal form, hashes, and the names and coin types of addresses.

Sources: ENSIP-15 (normalization), EIP-137 (hashes), ENSIP-3, ENSIP-11 and ENSIP-19 (addresses).
"""

from __future__ import annotations

import re

from eth_hash.auto import keccak

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import check_length
from nft.core.text import clean_text
from profiles.sentences import gettext as _

MAX_NAME_CHARACTERS = 255
# Each label of a name may cost a call to the registry.
MAX_LABELS = 12
# The DNS encoding has one byte for the length of a label.
MAX_LABEL_BYTES = 255

# The coin type (SLIP-44) of an address on the chain that holds the ENS registry.
ETH_COIN_TYPE = 60
# Bit that ENSIP-11 adds to the ids of other EVM chains.
_EVM_COIN_TYPES = 0x80000000

_ONE_WORD = re.compile(r"[^\s/:#?,@]+")
_PLAIN = re.compile(r"(?!..--)(?=.)_*[a-z0-9-]*")


def looks_like_name(text: str) -> bool:
    """Return whether `text` can only be meant as a name: one word with a dot. It need not be valid."""
    return "." in text and len(text) <= MAX_NAME_CHARACTERS and _ONE_WORD.fullmatch(text) is not None


def normalize_name(text: str) -> str:
    """Return the name in its normal form. Raise `InvalidIdentifier` with the reason if ENSIP-15 disallows it."""
    if not text or len(text) > MAX_NAME_CHARACTERS:
        raise InvalidIdentifier(
            _("A name has 1 to %(name_characters)s characters.", name_characters=MAX_NAME_CHARACTERS)
        )
    name = text.lower() if text.isascii() else text
    if not all(_PLAIN.fullmatch(label) for label in name.split(".")):
        name = _normalize_unusual(text)
    labels = name.split(".")
    if len(labels) > MAX_LABELS:
        raise InvalidIdentifier(
            _(
                "The name has %(labels)s parts; we read names of up to %(most)s.",
                labels=len(labels),
                most=MAX_LABELS,
            )
        )
    if any(len(label.encode()) > MAX_LABEL_BYTES for label in labels):
        raise InvalidIdentifier(
            _("A part of the name is longer than %(label_bytes)s bytes.", label_bytes=MAX_LABEL_BYTES)
        )
    return name


def labelhash(label: str) -> bytes:
    """Return the keccak-256 hash of one label (EIP-137)."""
    return keccak(label.encode())


def namehash(name: str) -> bytes:
    """Return the node of a normalized name (EIP-137). The node of the root, "", is zero."""
    node = bytes(32)
    for label in reversed(name.split(".") if name else []):
        node = keccak(node + labelhash(label))
    return node


def dns_encode(name: str) -> bytes:
    """Return the DNS wire form (RFC 1035 §3.1) for ENSIP-10, without the DNS limit on the whole name."""
    labels = [label.encode() for label in name.split(".")] if name else []
    if any(not 1 <= len(label) <= MAX_LABEL_BYTES for label in labels):
        raise InvalidIdentifier(_("A part of the name is empty or too long."))
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def ancestors(name: str) -> list[str]:
    """Return the name itself, then each of its parents, without the root."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def evm_coin_type(chain_id: int) -> int:
    """Return the coin type of addresses on an EVM chain other than the registry's (ENSIP-11).

    Raise `InvalidIdentifier` if the chain id is too large to have one.
    """
    if not 0 < chain_id < _EVM_COIN_TYPES:
        raise InvalidIdentifier(
            _("Names hold no addresses of chain %(chain_id)s: its number is too large.", chain_id=str(chain_id))
        )
    return _EVM_COIN_TYPES | chain_id


def reverse_name(address: bytes, coin_type: int = ETH_COIN_TYPE) -> str:
    """Return the name under which an address sets its own name.

    It lies below `addr.reverse` (ENSIP-3) or, for other chains, below the coin type (ENSIP-19).
    """
    check_length(address)
    place = "addr" if coin_type == ETH_COIN_TYPE else f"{coin_type:x}"
    return f"{address.hex()}.{place}.reverse"


def _normalize_unusual(text: str) -> str:
    # Imported on first use: its tables take 100 MB and half a second.
    from ens_normalize import DisallowedSequence, ens_normalize

    try:
        return str(ens_normalize(text))
    except DisallowedSequence as error:
        reason = error.general_info
        shown = clean_text(text, 60)
        raise InvalidIdentifier(
            _(
                "“%(shown)s” can't be a name: it %(reason)s.",
                shown=shown,
                reason=f"{reason[:1].lower()}{reason[1:]}",
            )
        ) from error
