"""Sign receipts, so that anybody who keeps one can prove later what this site vouched for.

The form is a JWS (RFC 7515) in its flattened JSON form, by Ed25519 (RFC 8037), under its own name (RFC 9864). Its
payload is detached (RFC 7515, appendix F): it is the receipt without its `signature`, as canonical JSON (RFC 8785).
Public keys are published as a JWK set (RFC 7517), each named by its thumbprint (RFC 7638); earlier ones stay there for
as long as AVATAR_RECEIPT_PUBLIC_KEYS lists them. They name no `alg`: receipts signed before RFC 9864 say `EdDSA`, and
libraries refuse a key that says otherwise. The curve names the algorithm.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from profiles import settings
from profiles.errors import ExpectedError, Kind

FORM = (
    "JWS (RFC 7515) with a detached payload: this object without “signature”, as canonical JSON (RFC 8785). "
    "Ed25519 (RFC 8037, RFC 9864)."
)
UNSIGNED = "Not signed: this site has no signing key."
UNPUBLISHED = "Not signed: this site does not publish its keys."
KEY_BYTES = 32
REMEMBERED = 1024


class BadSigningKey(ExpectedError):
    """A setting that should hold a key holds none."""

    kind = Kind("bad-signing-key", "Not a signing key", 500)


class Signature(TypedDict):
    """How to check a receipt: `protected` and `signature` as in a JWS, `keys` the URL of the JWK set."""

    form: str
    keys: str
    protected: str
    signature: str


class Signed(TypedDict, total=False):
    """`unsigned` is the reason why `signature` is None."""

    signature: Signature | None
    unsigned: str


@dataclass(frozen=True)
class SigningKey:
    """The site's key pair. `key_id` is the public key's thumbprint."""

    private: Ed25519PrivateKey
    public: bytes
    key_id: str


def sign(receipt: Mapping[str, object], keys_url: str) -> Signed:
    """Return the members that sign `receipt`. Raise BadSigningKey.

    The same receipt gets the same signature in every process: Ed25519 signatures are deterministic.
    """
    key = signing_key()
    if key is None:
        return {"signature": None, "unsigned": UNSIGNED}
    if not keys_url:
        return {"signature": None, "unsigned": UNPUBLISHED}
    protected, signature = _signed(key, canonical(receipt))
    return {"signature": {"form": FORM, "keys": keys_url, "protected": protected, "signature": signature}}


def canonical(value: object) -> bytes:
    """Return canonical JSON (RFC 8785) of what receipts hold: ASCII keys, whole numbers below 2^53, no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signing_key() -> SigningKey | None:
    """Return the site's key, None if it has none. Raise BadSigningKey."""
    pem = settings.current().receipt_signing_key
    return _read_key(pem) if pem else None


def public_keys() -> dict[str, list[dict[str, str]]]:
    """Return the JWK set: the signing key first, then AVATAR_RECEIPT_PUBLIC_KEYS. Raise BadSigningKey."""
    key = signing_key()
    published = [
        *([key.public] if key else []),
        *(_read_public(text) for text in settings.current().receipt_public_keys),
    ]
    keys = dict.fromkeys(published)
    return {"keys": [{**_jwk(public), "kid": _thumbprint(public), "use": "sig"} for public in keys]}


@lru_cache(maxsize=REMEMBERED)
def _signed(key: SigningKey, payload: bytes) -> tuple[str, str]:
    """Return the protected header and the signature (RFC 7515 §5.1)."""
    protected = _b64({"alg": "Ed25519", "kid": key.key_id, "typ": "avatar-receipt"})
    return protected, _b64(key.private.sign(f"{protected}.{_b64(payload)}".encode()))


@lru_cache(maxsize=8)
def _read_key(pem: str) -> SigningKey:
    try:
        private = load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSigningKey("AVATAR_RECEIPT_SIGNING_KEY is no private key in PEM form without a password.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadSigningKey("AVATAR_RECEIPT_SIGNING_KEY is a key, but not for Ed25519.")
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SigningKey(private, public, _thumbprint(public))


def _read_public(text: str) -> bytes:
    try:
        public = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSigningKey(f"AVATAR_RECEIPT_PUBLIC_KEYS: {text[:60]} is not base64url.") from error
    if len(public) != KEY_BYTES:
        raise BadSigningKey(
            f"AVATAR_RECEIPT_PUBLIC_KEYS: {text[:60]} holds {len(public)} bytes, a key has {KEY_BYTES}."
        )
    return public


def _jwk(public: bytes) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": _b64(public)}


def _thumbprint(public: bytes) -> str:
    return _b64(hashlib.sha256(canonical(_jwk(public))).digest())


def _b64(value: bytes | dict[str, str]) -> str:
    data = value if isinstance(value, bytes) else canonical(value)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
