"""Wallet signatures: EIP-191 hashes, recovery of the signer's address, and the ERC-6492 wrapper."""

from __future__ import annotations

import re

import coincurve
from eth_hash.auto import keccak

from nft.core.evm.abi.words import WORD, decode_address, decode_bytes, decode_uint
from nft.core.evm.errors import BadAnswer, BadSignature
from profiles.sentences import gettext

# Accounts with passkeys or many owners sign at length: 20 owners take 3,520 bytes before the account is deployed.
MAX_SIGNATURE_BYTES = 16 * 1024
# In hexadecimal digits with 0x.
MAX_SIGNATURE_TEXT = 2 + 2 * MAX_SIGNATURE_BYTES
ERC6492_MAGIC = bytes.fromhex("6492" * 16)

_HEX = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})*)")
_RECOVERY_IDS = {0: 0, 1: 1, 27: 0, 28: 1}
_HALF_ORDER = 0x7FFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_5D57_6E73_57A4_501D_DFE9_2F46_681B_20A0
_TOP_BIT = 1 << 255


def parse_signature(hex_text: str) -> bytes:
    """Parse hexadecimal digits, with or without `0x`, at most `MAX_SIGNATURE_BYTES`. Raise `BadSignature`.

    None at all are a signature too: a contract account may have approved the text on its chain (Safe does).
    """
    if len(hex_text) > MAX_SIGNATURE_TEXT:
        raise BadSignature(
            gettext("The signature is longer than %(signature_bytes)s bytes.", signature_bytes=MAX_SIGNATURE_BYTES)
        )
    digits = _HEX.fullmatch(hex_text)
    if digits is None:
        raise BadSignature(gettext("The signature is not whole bytes in hexadecimal digits."))
    return bytes.fromhex(digits[1])


def message_hash(text: str) -> bytes:
    """Return the hash that `personal_sign` signs (EIP-191 version 0x45) and ERC-1271 contracts verify."""
    try:
        message = text.encode()
    except UnicodeEncodeError as error:
        raise BadSignature(gettext("The signed text is not valid Unicode.")) from error
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def recover_address(text: str, signature: bytes) -> bytes:
    """Return the address whose key signed `text`. Compare only this address, never signatures.

    `signature` has 65 bytes (r, s, v in 0/1/27/28) or 64 (EIP-2098). An s in the upper half is refused (EIP-2): each
    signature has such a twin, and no wallet makes it. Raise `BadSignature`.
    """
    compact, recovery_id = _split_signature(signature)
    if int.from_bytes(compact[WORD:], "big") > _HALF_ORDER:
        raise BadSignature(gettext("The signature is not in its canonical form (s is in the upper half)."))
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            compact + bytes((recovery_id,)), message_hash(text), hasher=None
        )
    except ValueError as error:
        raise BadSignature(gettext("No key can have made this signature.")) from error
    return keccak(key.format(compressed=False)[1:])[12:]


def is_erc6492(signature: bytes) -> bool:
    """Return whether the signature is wrapped for an account that may not be deployed yet (ERC-6492)."""
    return len(signature) > WORD and signature.endswith(ERC6492_MAGIC)


def unwrap_erc6492(signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Return factory address, factory call data and inner signature of an ERC-6492 wrapper. Raise `BadSignature`."""
    if not is_erc6492(signature):
        raise BadSignature(gettext("The signature has no ERC-6492 wrapper."))
    body = signature[: -len(ERC6492_MAGIC)]
    try:
        factory = decode_address(body[:WORD])
        offsets = decode_uint(body[WORD : 2 * WORD]), decode_uint(body[2 * WORD : 3 * WORD])
        call_data, _ = decode_bytes(body, offsets[0], MAX_SIGNATURE_BYTES)
        inner, _ = decode_bytes(body, offsets[1], MAX_SIGNATURE_BYTES)
    except BadAnswer as error:
        raise BadSignature(gettext("The ERC-6492 wrapper cannot be read. %(error)s", error=error.sentence)) from error
    return factory, call_data, inner


def _split_signature(signature: bytes) -> tuple[bytes, int]:
    """Return r ‖ s (64 bytes) and the recovery id (0 or 1)."""
    if len(signature) == 65:
        if signature[64] not in _RECOVERY_IDS:
            raise BadSignature(
                gettext(
                    "The signature's last byte is %(signature)s; 0, 1, 27 or 28 is expected.", signature=signature[64]
                )
            )
        return signature[:64], _RECOVERY_IDS[signature[64]]
    if len(signature) == 64:
        parity_and_s = int.from_bytes(signature[WORD:], "big")
        s = (parity_and_s & ~_TOP_BIT).to_bytes(WORD, "big")
        return signature[:WORD] + s, parity_and_s >> 255
    raise BadSignature(gettext("A signature by a key has 64 or 65 bytes, not %(signature)s.", signature=len(signature)))
