"""Build the exact EIP-4361 text, and accept only that text and a signature of the right key."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import siwe
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given, settings
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.evm import siwe as siwe_text
from nft.core.evm.errors import BadSignature
from nft.core.evm.signatures import is_erc6492, message_hash, parse_signature, recover_address, unwrap_erc6492
from nft.core.evm.siwe import SignInRequest, build_sign_in_text, check_read_back, is_same_text

NOON = datetime(2026, 1, 2, 12, 0, 0, 250_000, tzinfo=UTC)
ALICE = bytes.fromhex("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")
REQUEST = SignInRequest(
    domain="localhost:8000",
    scheme="http",
    uri="http://localhost:8000/accounts/wallet/verify/",
    chain_id=31337,
    address=ALICE,
    nonce="0123456789abcdefABCDEF0123456789",
    issued_at=NOON,
    expires_at=NOON + timedelta(minutes=5),
    statement="Sign in to this site. This costs nothing.",
    request_id="sign_in",
)
TEXT = """\
http://localhost:8000 wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

Sign in to this site. This costs nothing.

URI: http://localhost:8000/accounts/wallet/verify/
Version: 1
Chain ID: 31337
Nonce: 0123456789abcdefABCDEF0123456789
Issued At: 2026-01-02T12:00:00.250Z
Expiration Time: 2026-01-02T12:05:00.250Z
Request ID: sign_in"""


def test_the_text_has_the_shape_of_eip_4361() -> None:
    assert build_sign_in_text(REQUEST) == TEXT


def test_the_grammar_of_eip_4361_reads_the_same_out_of_it() -> None:
    message = siwe.SiweMessage.from_message(TEXT, abnf=True)
    assert message.prepare_message() == TEXT
    assert (message.domain, message.chain_id, message.nonce) == ("localhost:8000", 31337, REQUEST.nonce)


def test_a_text_without_request_id_is_whole_too() -> None:
    assert build_sign_in_text(replace(REQUEST, request_id="")) == TEXT.removesuffix("\nRequest ID: sign_in")


def test_times_of_any_zone_are_written_as_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert build_sign_in_text(replace(REQUEST, issued_at=NOON.astimezone(east))) == TEXT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain", ""),
        ("domain", "trusted.com@evil.com"),
        ("domain", "münchen.de"),
        ("domain", "localhost:"),
        ("domain", "localhost:08000"),
        ("domain", "localhost:8000\nURI: x"),
        ("domain", "LOCALHOST:8000"),
        ("domain", "-a.com"),
        ("domain", "a..com"),
        ("domain", "a.com/path"),
        ("domain", "a" * 64 + ".com"),
        ("scheme", ""),
        ("scheme", "javascript"),
        ("scheme", "HTTP"),
        ("uri", ""),
        ("uri", "https://localhost:8000/"),
        ("uri", "http://localhost:80001/"),
        ("uri", "http://localhost:8000.evil.com/"),
        ("uri", "http://localhost:8000@evil.com/"),
        ("uri", "http://localhost:8000/ space"),
        ("uri", "http://localhost:8000/\nVersion: 2"),
        ("uri", "http://localhost:8000/" + 3000 * "a"),
        ("chain_id", 0),
        ("chain_id", -1),
        ("chain_id", 2**64),
        ("address", bytes(19)),
        ("nonce", ""),
        ("nonce", "short"),
        ("nonce", "0123456789abcdef0123-6789abcdef"),
        ("nonce", "0123456789abcdef01234567\u0661"),
        ("nonce", "a" * 200),
        ("statement", ""),
        ("statement", "two\nlines"),
        ("statement", "smart “quotes”"),
        ("statement", "a" * 301),
        ("request_id", "with space"),
        ("request_id", "line\nbreak"),
        ("issued_at", NOON.replace(tzinfo=None)),
        ("expires_at", NOON.replace(tzinfo=None)),
        ("expires_at", NOON),
    ],
)
def test_nothing_that_could_mislead_gets_into_a_text(field: str, value: object) -> None:
    with pytest.raises(CoreError):
        build_sign_in_text(replace(REQUEST, **{field: value}))  # type: ignore[arg-type]


@given(st.sampled_from(["domain", "uri", "nonce", "statement", "request_id"]), st.text(max_size=40))
def test_any_field_is_written_as_given_or_refused(field: str, value: str) -> None:
    try:
        request = replace(REQUEST, **{field: value})  # type: ignore[arg-type]
        text = build_sign_in_text(request)
    except CoreError:
        return
    assert value in text
    check_read_back(request, text)


ALLOWED = {
    "domain": st.from_regex(siwe_text._DOMAIN, fullmatch=True),
    "nonce": st.from_regex(siwe_text._NONCE, fullmatch=True),
    "statement": st.from_regex(siwe_text._STATEMENT, fullmatch=True),
    "request_id": st.from_regex(siwe_text._REQUEST_ID, fullmatch=True),
}


@settings(max_examples=30)
@given(st.fixed_dictionaries(ALLOWED), st.integers(1, 2**31))
def test_every_allowed_text_reads_the_same_to_another_library(fields: dict[str, str], chain_id: int) -> None:
    domain = fields["domain"]
    if len(domain) > 200:
        return
    request = replace(REQUEST, **fields, uri=f"http://{domain}", chain_id=chain_id)  # type: ignore[arg-type]
    check_read_back(request, build_sign_in_text(request))


def test_a_text_that_says_something_else_is_found() -> None:
    with pytest.raises(CoreError, match="reads differently"):
        check_read_back(replace(REQUEST, chain_id=1), TEXT)


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_one_changed_character_is_another_text(position: int, character: str) -> None:
    posted = TEXT[:position] + character + TEXT[position + 1 :]
    assert is_same_text(TEXT, posted) == (posted == TEXT)


@pytest.mark.parametrize("posted", ["", TEXT + "\n", TEXT + " ", TEXT[:-1], TEXT.replace("\n", "\r\n"), "\ud800"])
def test_more_or_less_than_the_text_is_another_text(posted: str) -> None:
    assert not is_same_text(TEXT, posted)


# --- signatures ---

KEY_OF_EIP_2098 = "0x1234567890123456789012345678901234567890123456789012345678901234"
EIP_2098 = [  # text, 65-byte signature, compact signature: the standard's test cases
    (
        "Hello World",
        (
            "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
            "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea520641b"
        ),
        (
            "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
            "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
        ),
    ),
    (
        "It's a small(er) world",
        (
            "0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
            "139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f5507931c"
        ),
        (
            "0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
            "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793"
        ),
    ),
]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

KEYS = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


@pytest.mark.parametrize(("text", "full", "compact"), EIP_2098)
def test_the_vectors_of_eip_2098(text: str, full: str, compact: str) -> None:
    signer = bytes.fromhex(Account.from_key(KEY_OF_EIP_2098).address[2:])
    assert recover_address(text, parse_signature(full)) == signer
    assert recover_address(text, parse_signature(compact)) == signer


def test_the_personal_sign_vector_of_the_web3_documentation() -> None:
    signature = parse_signature(
        "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
        "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"
    )
    assert message_hash("Some data").hex() == "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655"
    assert recover_address("Some data", signature).hex() == "2c7536e3605d9c16a7a3d7b1898e529396a65c23"


@given(KEYS, st.text(st.characters(codec="utf-8")))
def test_what_eth_account_signs_is_recovered_in_every_form(key: bytes, text: str) -> None:
    signed = Account.sign_message(encode_defunct(text=text), key)
    signer = bytes.fromhex(Account.from_key(key).address[2:])
    full = bytes(signed.signature)
    compact = full[:32] + (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")
    for signature in (full, full[:64] + bytes((signed.v - 27,)), compact):
        assert recover_address(text, signature) == signer


def test_the_malleable_twin_of_a_signature_is_refused() -> None:
    signed = Account.sign_message(encode_defunct(text=TEXT), b"\x01" * 32)
    twin = bytes(signed.signature[:32]) + (ORDER - signed.s).to_bytes(32, "big") + bytes((55 - signed.v,))
    with pytest.raises(BadSignature, match="canonical"):
        recover_address(TEXT, twin)


@given(st.integers(0, 64), st.integers(1, 255))
def test_a_tampered_signature_never_recovers_the_signer(position: int, change: int) -> None:
    key = b"\x01" * 32
    signature = bytearray(Account.sign_message(encode_defunct(text=TEXT), key).signature)
    signature[position] ^= change
    try:
        recovered = recover_address(TEXT, bytes(signature))
    except BadSignature:
        return
    same_by_other_v = position == 64
    assert recovered != bytes.fromhex(Account.from_key(key).address[2:]) or same_by_other_v


@pytest.mark.parametrize("size", [0, 1, 63, 66, 130, 8192])
def test_signatures_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(BadSignature):
        recover_address(TEXT, bytes(size))


@pytest.mark.parametrize("v", [2, 26, 29, 35, 255])
def test_only_the_recovery_ids_of_personal_sign_are_taken(v: int) -> None:
    signature = bytes(Account.sign_message(encode_defunct(text=TEXT), b"\x01" * 32).signature[:64])
    with pytest.raises(BadSignature):
        recover_address(TEXT, signature + bytes((v,)))


@pytest.mark.parametrize(
    "signature", [bytes(64), bytes(65), b"\xff" * 64, ORDER.to_bytes(32, "big") + b"\0" * 31 + b"\x01\x1b"]
)
def test_numbers_that_are_no_signature_are_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        recover_address(TEXT, signature)


@given(st.binary(min_size=64, max_size=65), st.text(max_size=20))
def test_any_bytes_are_a_signature_or_refused(signature: bytes, text: str) -> None:
    with contextlib.suppress(BadSignature):
        assert len(recover_address(text, signature)) == 20


@pytest.mark.parametrize(
    "text", ["0", "0x0", "0xzz", "x00", "0x00 ", " 0x00", "0x0x00", "0x" + "00" * 16_385, "0x\u0660\u0660", "null"]
)
def test_what_is_no_hex_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        parse_signature(text)


@given(st.binary(max_size=16_384))
def test_hex_of_any_allowed_length_is_read_with_and_without_its_prefix(signature: bytes) -> None:
    assert parse_signature("0x" + signature.hex()) == signature
    assert parse_signature(signature.hex()) == signature
    assert parse_signature("0X" + signature.hex().upper()) == signature


@given(st.binary(min_size=20, max_size=20), st.binary(max_size=200), st.binary(max_size=200))
def test_an_erc_6492_wrapper_is_taken_off(factory: bytes, call_data: bytes, inner: bytes) -> None:
    wrapped = encode(["address", "bytes", "bytes"], [factory, call_data, inner]) + bytes.fromhex("6492" * 16)
    assert is_erc6492(wrapped)
    assert unwrap_erc6492(wrapped) == (factory, call_data, inner)


def _wrap(body: bytes) -> bytes:
    return body + bytes.fromhex("6492" * 16)


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(65), _wrap(b""), _wrap(b"\xff" * 96), _wrap(bytes(95)), _wrap(bytes(64) + b"\xff" * 32)],
)
def test_a_wrapper_that_cannot_be_read_is_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        unwrap_erc6492(signature)


@given(st.binary(max_size=300))
def test_any_wrapper_is_taken_off_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadSignature):
        unwrap_erc6492(_wrap(body))


def test_text_that_is_not_unicode_has_no_hash() -> None:
    with pytest.raises(BadSignature):
        message_hash("\ud800")
