"""Signers of the site's own transactions: a key from a secret, or the operator's KMS or HSM by its dotted path."""

from __future__ import annotations

from typing import Protocol

import coincurve
from django.utils.module_loading import import_string
from eth_hash.auto import keccak

from nft.clients.transport.guard import blaming
from nft.settings import conf
from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class SignerError(ExpectedError):
    """Nothing was signed; trying again later may help."""

    kind = Kind("signer-unavailable", gettext_noop("The site's signer can't be used"), 503, permanent=False)


class Signer(Protocol):
    """What the callable named by NFT_SPONSOR_SIGNER returns for a chain id. `sign` may raise anything."""

    @property
    def address(self) -> bytes: ...

    def sign(self, digest: bytes) -> bytes:
        """Return r, s and the recovery bit (0 or 1): 65 bytes. A high s is allowed."""


class KeySigner:
    """Signs with a private key in this process. Its `repr` never shows the key."""

    def __init__(self, key: str) -> None:
        """Raises ValueError for an invalid key, without repeating it."""
        try:
            self._key = coincurve.PrivateKey(bytes.fromhex(key.strip().removeprefix("0x").rjust(64, "0")))
        except ValueError:
            raise ValueError("This is no private key: 64 hexadecimal digits are expected.") from None
        self.address: bytes = _address(self._key.public_key)

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign_recoverable(digest, hasher=None)


def get_signer(chain_id: int) -> Signer | None:
    """Return None where the site sponsors no mints. Raises SignerError where the operator's signer can't be made."""
    if chain_id not in conf().sponsor_chains:
        return None
    if not conf().sponsor_signer:
        return KeySigner(conf().sponsor_keys[chain_id])
    with blaming(lambda: SignerError(_("The site's signer can't be reached right now."))):
        signer: Signer = import_string(conf().sponsor_signer)(chain_id)
        return signer


def sign_digest(signer: Signer, digest: bytes) -> bytes:
    """Return its signature with a low s (EIP-2), verified against its address. Raises SignerError."""
    with blaming(lambda: SignerError(_("The site's signer gave no signature."))):
        signature = _with_low_s(signer.sign(digest))
        key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    if _address(key) != signer.address:
        raise SignerError(_("The site's signer signed with another key than that of its address."))
    return signature


def _with_low_s(signature: bytes) -> bytes:
    s, bit = int.from_bytes(signature[32:64]), signature[64]
    if s <= _ORDER // 2:
        return signature
    return signature[:32] + (_ORDER - s).to_bytes(32) + bytes([bit ^ 1])


def _address(key: coincurve.PublicKey) -> bytes:
    return keccak(key.format(compressed=False)[1:])[12:]
