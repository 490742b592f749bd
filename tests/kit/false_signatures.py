"""Signatures of receipts that are not what a verifier may take them for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.kit.receipts import Json, ReceiptWorld, b64, canonical

Signing = Callable[[Json, ReceiptWorld], Json]
OTHER_KEY = Ed25519PrivateKey.generate()


def header(**changes: object) -> Signing:
    def sign(receipt: Json, world: ReceiptWorld) -> Json:
        usual = {"alg": "Ed25519", "kid": world.jwk()["kid"], "typ": "avatar-receipt"} | changes
        return world.sign(receipt, header={name: value for name, value in usual.items() if value is not None})

    return sign


def members_of_signature(**changes: Any) -> Signing:
    return lambda receipt, world: world.sign(receipt, **changes)


def after(change: Callable[[Json, ReceiptWorld], object]) -> Signing:
    """Change what was signed."""

    def sign(receipt: Json, world: ReceiptWorld) -> Json:
        signed = world.sign(receipt)
        change(signed, world)
        return signed

    return sign


def published(*keys: Callable[[ReceiptWorld], Json]) -> Signing:
    def sign(receipt: Json, world: ReceiptWorld) -> Json:
        world.publish(*(key(world) for key in keys))
        return world.sign(receipt)

    return sign


def small_order(receipt: Json, world: ReceiptWorld) -> Json:
    """Use the neutral point as key: S = 0 and R = the key fit every message."""
    neutral = (1).to_bytes(32, "little")
    key = {**world.jwk(), "x": b64(neutral)}

    key["kid"] = b64(hashlib.sha256(canonical({name: key[name] for name in ("crv", "kty", "x")})).digest())
    world.publish(key)
    usual = {"alg": "Ed25519", "kid": key["kid"], "typ": "avatar-receipt"}
    return world.sign(receipt, header=usual, signature=b64(neutral + bytes(32)))


SIGNATURES: dict[str, Signing] = {
    "no algorithm": header(alg="none"),
    "another algorithm": header(alg="HS256"),
    "another algorithm's case": header(alg="eddsa"),
    "another curve's algorithm": header(alg="Ed448"),
    "a list of algorithms": header(alg=["Ed25519"]),
    "no algorithm at all": header(alg=None),
    "no key": header(kid=None),
    "another key's name": header(kid="x"),
    "a key that is a number": header(kid=1),
    "no type": header(typ=None),
    "another type": header(typ="JWT"),
    "what must be understood": header(crit=["exp"], exp=1),
    "what must be understood, empty": header(crit=[]),
    "keys elsewhere in the header": header(jku="https://other.example/keys"),
    "a key in the header": header(jwk={"kty": "OKP"}),
    "a certificate in the header": header(x5u="https://other.example/cert"),
    "a payload that is not encoded": header(b64=False, crit=["b64"]),
    "a header that is no object": lambda receipt, world: world.sign(receipt, protected=b64(b"[]")),
    "a header with a name twice": lambda receipt, world: world.sign(
        receipt, protected=b64(b'{"alg":"none","alg":"EdDSA","kid":"x","typ":"avatar-receipt"}')
    ),
    "a header nested deeply": lambda receipt, world: world.sign(receipt, protected=b64(b"[" * 2000)),
    "no header": members_of_signature(protected=""),
    "a padded header": after(
        lambda signed, _: signed["signature"].update(protected=signed["signature"]["protected"] + "=")
    ),
    "a header with a blank": after(
        lambda signed, _: signed["signature"].update(protected=" " + signed["signature"]["protected"])
    ),
    "a payload of its own": members_of_signature(payload=b64(b"{}")),
    "a second signature": members_of_signature(signatures=[]),
    "an unprotected header": after(lambda signed, _: signed["signature"].update(header={"alg": "Ed25519"})),
    "keys elsewhere": members_of_signature(keys="https://other.example/.well-known/avatarsite-receipt-keys.json"),
    "keys in a file": members_of_signature(keys="file:///etc/hostname"),
    "keys at another path": lambda receipt, world: world.sign(receipt, keys=f"{world.place.url}/mine.json"),
    "another key": lambda receipt, world: world.sign(receipt, key=OTHER_KEY),
    "another key by the known name": lambda receipt, world: world.sign(
        receipt, key=OTHER_KEY, header={"alg": "Ed25519", "kid": world.jwk()["kid"], "typ": "avatar-receipt"}
    ),
    "an empty signature": members_of_signature(signature=""),
    "a signature of zeros": members_of_signature(signature=b64(bytes(64))),
    "a short signature": members_of_signature(signature=b64(bytes(63))),
    "a list of signatures": after(lambda signed, _: signed.update(signature=[signed["signature"]])),
    "a text for a signature": after(lambda signed, _: signed.update(signature="x")),
    "a name changed": after(lambda signed, _: signed.update(name="Bob")),
    "more than was signed": after(lambda signed, _: signed.update(more=1)),
    "a mark taken back": after(lambda signed, _: signed.update(alt="Other")),
    "no keys published": published(),
    "the key published twice": published(ReceiptWorld.jwk, ReceiptWorld.jwk),
    "another key by its name": published(lambda world: world.jwk(OTHER_KEY, kid=world.jwk()["kid"])),
    "a key for encryption": published(lambda world: world.jwk(use="enc")),
    "a key for another algorithm": published(lambda world: world.jwk(alg="ES256")),
    "a key of another curve": published(lambda world: world.jwk(crv="X25519")),
    "a key of another kind": published(lambda world: world.jwk(kty="oct", k="AAAA")),
    "a key that fits everything": small_order,
}
