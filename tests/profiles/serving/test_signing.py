"""The form of receipts' signatures, by the vectors of the RFCs."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any, cast

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import FlattenedJSONSerialization
from pytest_django import Settings

from profiles.serving.signing import UNSIGNED, canonical, public_keys, sign
from tests.kit.verifier import load

# RFC 8037, appendix A
PRIVATE = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def _key(settings: Settings) -> None:
    private = Ed25519PrivateKey.from_private_bytes(decode(PRIVATE))
    settings.AVATAR_RECEIPT_SIGNING_KEY = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    settings.AVATAR_RECEIPT_PUBLIC_KEYS = []


@pytest.mark.usefixtures("_key")
def test_a_key_is_published_by_its_thumbprint() -> None:
    (published,) = public_keys()["keys"]
    assert (published["x"], published["kid"]) == (PUBLIC, THUMBPRINT)
    assert (published["kty"], published["crv"]) == ("OKP", "Ed25519")
    assert "alg" not in published, "receipts of before RFC 9864 name it otherwise"


@pytest.mark.usefixtures("_key")
def test_any_jws_library_finds_the_signature_good() -> None:
    receipt: dict[str, Any] = {"b": "é\u0001“", "a": [1, None, True]}
    signed = sign(receipt, "https://site.example/keys")
    words = signed["signature"]
    assert signed == {"signature": words}
    assert words is not None
    assert json.loads(decode(words["protected"])) == {"alg": "Ed25519", "kid": THUMBPRINT, "typ": "avatar-receipt"}
    payload = base64.urlsafe_b64encode('{"a":[1,null,true],"b":"é\\u0001“"}'.encode()).rstrip(b"=").decode()
    message = f"{words['protected']}.{payload}".encode()
    Ed25519PublicKey.from_public_bytes(decode(PUBLIC)).verify(decode(words["signature"]), message)
    assert sign(receipt, "https://site.example/keys")["signature"] == words

    attached = {"protected": words["protected"], "payload": payload, "signature": words["signature"]}
    keys = KeySet.import_key_set(cast("KeySetSerialization", public_keys()))
    found = jws.deserialize_json(cast("FlattenedJSONSerialization", attached), keys, algorithms=["Ed25519", "EdDSA"])
    assert found.payload == rfc8785.dumps(receipt)
    with pytest.raises(BadSignatureError):
        jws.deserialize_json(
            cast("FlattenedJSONSerialization", attached | {"payload": payload + "AAAA"}), keys, algorithms=["Ed25519"]
        )


def test_without_a_key_a_receipt_says_that_it_is_not_signed(settings: Settings) -> None:
    settings.AVATAR_RECEIPT_SIGNING_KEY = ""
    assert sign({"a": 1}, "") == {"signature": None, "unsigned": UNSIGNED}


SCRIPT = load("verify_signature")


@settings(max_examples=8, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_the_script_s_own_arithmetic_agrees_with_the_library(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert SCRIPT.is_signed(public, message, signature)
    damaged = bytearray(signature)
    damaged[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(SCRIPT.Wrong):
        assert not SCRIPT.is_signed(public, message, bytes(damaged))
    assert not SCRIPT.is_signed(public, message + b"x", signature)


TEXTS = st.text('az"\\/\0\x1f\x7f\n é“😀\ue000', max_size=12)


@given(st.dictionaries(st.text("abxyz_", max_size=5), st.one_of(st.none(), st.booleans(), st.integers(), TEXTS)))
def test_script_and_site_write_the_same_canonical_json(value: dict[str, Any]) -> None:
    assert load("verify_words").canonical(json.loads(json.dumps(value))) == canonical(value)
    if all(abs(each) < 2**53 for each in value.values() if isinstance(each, int)):
        assert rfc8785.dumps(value) == canonical(value)
