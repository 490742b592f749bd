"""Check signatures against the vectors in the standards.

Those of EIP-55 are in test_address.py, those of EIP-2098 in test_siwe.py. The `siwe` package contains no vectors.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import siwe
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nft.core.evm.abi.signature_calls import ERC1271_MAGIC, build_is_valid_signature, parse_is_valid_signature
from nft.core.evm.signatures import (
    ERC6492_MAGIC,
    MAX_SIGNATURE_BYTES,
    is_erc6492,
    message_hash,
    recover_address,
    unwrap_erc6492,
)
from nft.core.evm.siwe import SignInRequest, build_sign_in_text

# https://eips.ethereum.org/EIPS/eip-4361, "Examples": implicit scheme, explicit port, explicit scheme
EIP_4361 = """\
{origin} wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""
ORIGINS = ["example.com", "example.com:3388", "https://example.com"]
REQUEST = SignInRequest(
    domain="example.com",
    scheme="https",
    uri="https://example.com/login",
    chain_id=1,
    address=bytes.fromhex("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
    nonce="32891756" * 3,
    issued_at=datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC),
    expires_at=datetime(2021, 9, 30, 16, 30, 24, tzinfo=UTC),
    statement="I accept the ExampleOrg Terms of Service: https://example.com/tos",
)


def test_the_example_of_eip_4361_is_what_we_write_but_for_what_we_add() -> None:
    """Our text has a nonce of 128 bits, milliseconds and an expiration time, and no resources."""
    ours = build_sign_in_text(REQUEST).replace("32891756" * 3, "32891756").replace(".000Z", "Z")
    expected = EIP_4361.format(origin="https://example.com").partition("\nResources:")[0]
    assert ours == expected + "\nExpiration Time: 2021-09-30T16:30:24Z"


def test_the_port_of_the_second_example_is_part_of_the_domain() -> None:
    text = build_sign_in_text(replace(REQUEST, domain="example.com:3388", uri="https://example.com:3388/login"))
    assert text.startswith("https://example.com:3388 wants you to sign in with your Ethereum account:\n0xC02a")


@pytest.mark.parametrize("origin", ORIGINS)
def test_signatures_of_the_examples_of_eip_4361_are_recovered(origin: str) -> None:
    text = EIP_4361.format(origin=origin)
    key = Account.create()
    signature = bytes(key.sign_message(encode_defunct(text=text)).signature)
    assert recover_address(text, signature) == bytes.fromhex(key.address[2:])
    assert siwe.SiweMessage.from_message(text).chain_id == 1


def test_personal_messages_are_hashed_as_eip_191_says() -> None:
    """https://eips.ethereum.org/EIPS/eip-191, version 0x45: 0x19, 0x45, the rest of the words, length, message."""
    for text in ("", "hello", "é" * 50, "\n" * 1000):
        content = text.encode()
        prefix = b"\x19" + b"\x45" + b"thereum Signed Message:\n" + str(len(content)).encode()
        assert message_hash(text) == keccak(prefix + content)


def test_the_magic_value_of_erc_1271() -> None:
    """https://eips.ethereum.org/EIPS/eip-1271: bytes4(keccak256("isValidSignature(bytes32,bytes)")), both ways."""
    assert ERC1271_MAGIC.hex() == "1626ba7e"
    assert keccak(b"isValidSignature(bytes32,bytes)")[:4] == ERC1271_MAGIC
    assert build_is_valid_signature(bytes(32), b"")[:4] == ERC1271_MAGIC
    assert parse_is_valid_signature(ERC1271_MAGIC.ljust(32, b"\0"))
    assert not parse_is_valid_signature(bytes.fromhex("ffffffff").ljust(32, b"\0"))  # the standard's other answer


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_the_question_of_erc_1271_is_encoded_as_any_library_does(digest: bytes, signature: bytes) -> None:
    expected = ERC1271_MAGIC + encode(["bytes32", "bytes"], [digest, signature])
    assert build_is_valid_signature(digest, signature) == expected


def test_the_wrapper_of_erc_6492() -> None:
    """https://eips.ethereum.org/EIPS/eip-6492: abi.encode((factory, calldata, signature), (address, bytes, bytes)) and
    magic bytes, which end in 0x92 so that no signature of a key looks like it."""
    assert ERC6492_MAGIC.hex() == "6492649264926492649264926492649264926492649264926492649264926492"
    factory, call, inner = bytes(range(20)), b"deploy", bytes(65)
    wrapped = encode(["address", "bytes", "bytes"], [factory, call, inner]) + ERC6492_MAGIC
    assert is_erc6492(wrapped)
    assert unwrap_erc6492(wrapped) == (factory, call, inner)
    assert ERC6492_MAGIC[-1] not in {0, 1, 27, 28}
    assert not is_erc6492(wrapped + b"\0")
    assert len(wrapped) < MAX_SIGNATURE_BYTES
