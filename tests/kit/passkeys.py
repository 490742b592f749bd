"""A passkey: a P-256 key that signs WebAuthn assertions, as browsers and phones make them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# The person was there and proved it.
AUTHENTICATOR_DATA = hashlib.sha256(b"keys.example").digest() + b"\x05" + bytes(4)
PREFIX = '{"type":"webauthn.get","challenge":"'
FIELDS = '"origin":"https://keys.example","crossOrigin":false'


@dataclass(frozen=True)
class Assertion:
    """What an authenticator signed, and the signature; s is in the lower half, as contracts demand."""

    client_data: str
    r: int
    s: int


@dataclass(frozen=True)
class Passkey:
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls) -> Passkey:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def point(self) -> tuple[int, int]:
        numbers = self.key.public_key().public_numbers()
        return numbers.x, numbers.y

    def sign(self, challenge: bytes) -> Assertion:
        encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        client_data = f'{PREFIX}{encoded}",{FIELDS}}}'
        signed = AUTHENTICATOR_DATA + hashlib.sha256(client_data.encode()).digest()
        r, s = decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return Assertion(client_data, r, min(s, ORDER - s))
