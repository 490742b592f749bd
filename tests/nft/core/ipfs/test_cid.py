"""Parse CIDs in every base, and verify bytes against them."""

import base64
import contextlib
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.blocks import verify_block
from nft.core.ipfs.cid import (
    DAG_PB,
    IDENTITY,
    MAX_IDENTITY_BYTES,
    RAW,
    SHA2_256,
    UNSUPPORTED_CID,
    Cid,
    build_cid,
    decode_cid,
    parse_cid,
)
from nft.core.ipfs.errors import BlockMismatch
from tests.kit.errors import raises_kind

# "hello world\n" and the Kubo quick-start folder, as printed by `ipfs` and quoted in the IPFS documentation
README_V0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
README_V1 = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34"

DIGESTS = st.binary(min_size=32, max_size=32)
CIDS = st.one_of(
    st.builds(Cid, st.just(0), st.just(DAG_PB), st.just(SHA2_256), DIGESTS),
    st.builds(Cid, st.just(1), st.integers(0, 2**40), st.just(SHA2_256), DIGESTS),
    st.builds(Cid, st.just(1), st.just(RAW), st.just(IDENTITY), st.binary(max_size=MAX_IDENTITY_BYTES)),
)


def test_version_0_and_1_of_the_same_block_differ_only_in_form() -> None:
    v0, v1 = parse_cid(README_V0), parse_cid(README_V1)
    assert (str(v0), str(v1)) == (README_V0, README_V1)
    assert v0.digest == v1.digest
    assert v0 != v1


def test_a_raw_leaf_is_named_by_the_hash_of_its_bytes() -> None:
    cid = parse_cid("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e")  # of "hello world"
    assert cid == build_cid(b"hello world", RAW)
    verify_block(cid, b"hello world")


def test_an_identity_cid_holds_its_bytes() -> None:
    cid = parse_cid("bafkqabtimvwgy3yk")
    assert (cid.hash_code, cid.digest) == (IDENTITY, b"hello\n")
    verify_block(cid, b"hello\n")
    with pytest.raises(BlockMismatch):
        verify_block(cid, b"hello")


@pytest.mark.parametrize(
    "write",
    [
        lambda encoded: "B" + base64.b32encode(encoded).decode().rstrip("="),
        lambda encoded: "f" + encoded.hex(),
        lambda encoded: "F" + encoded.hex().upper(),
    ],
)
def test_every_base_gives_the_same_cid(write: object) -> None:
    assert callable(write)
    assert parse_cid(write(parse_cid(README_V1).encode())) == parse_cid(README_V1)


@pytest.mark.parametrize(
    "text",  # by the JavaScript multiformats library
    ["k2jmtxvacy5p64u708sn9oawhfsizpcwgk1g59ckse0h1r7a2j7d0tlr", "zdj7Wg2Qkk4mYgAkVU1kppfQ2sMGz5zPwERVpeWmxCQLDxVoC"],
)
def test_base36_and_base58_are_read(text: str) -> None:
    assert parse_cid(text) == parse_cid(README_V1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "Q" * 46,
        README_V0[:-1],
        README_V0 + "1",
        "z" + README_V0,
        README_V1[:-1],
        README_V1 + "a",
        README_V1.replace("q", "0", 1),
        "m" + base64.b64encode(parse_cid(README_V1).encode()).decode(),
        "bafy beie",
        "b" + "a" * 600,
        "\ud800",
        "https://example.com",
        "f" + "02551220" + 64 * "0",
        "f" + "01551220" + 66 * "0",
        "f" + "01551220" + 62 * "0",
        "f" + "8100551220" + 64 * "0",
    ],
)
def test_what_is_no_cid_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_cid(text)


@pytest.mark.parametrize(
    "encoded",
    [
        "01551114" + 40 * "0",  # sha1
        "0155120a" + 20 * "0",  # sha2-256 cut to ten bytes
        "0155b220" + "20" + 64 * "0",  # blake2b-256
        "01550081" + "01" + 258 * "0",  # identity of 129 bytes
    ],
)
def test_hashes_that_prove_little_or_nothing_are_refused_by_name(encoded: str) -> None:
    with raises_kind(UNSUPPORTED_CID):
        decode_cid(bytes.fromhex(encoded))


@given(CIDS)
def test_text_and_bytes_round_trip(cid: Cid) -> None:
    assert decode_cid(cid.encode()) == cid
    assert parse_cid(str(cid)) == cid


@given(st.text(max_size=80) | st.from_regex(r"(Qm[1-9A-HJ-NP-Za-km-z]{44}|[bzfk][a-z0-9]{0,80})", fullmatch=True))
def test_any_text_is_a_cid_or_refused(text: str) -> None:
    try:
        cid = parse_cid(text)
    except InvalidIdentifier:
        return
    assert parse_cid(str(cid)) == cid


@given(st.binary(max_size=80))
def test_any_bytes_are_a_cid_or_refused(encoded: bytes) -> None:
    with contextlib.suppress(InvalidIdentifier):
        assert decode_cid(encoded).encode() == encoded


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_only_the_very_bytes_are_proved(data: bytes, other: bytes) -> None:
    assume(data != other)
    cid = build_cid(data, RAW)
    verify_block(cid, data)
    verify_block(cid, memoryview(data))
    with pytest.raises(BlockMismatch):
        verify_block(cid, other)


def test_a_hash_nobody_knows_proves_nothing() -> None:
    with raises_kind(UNSUPPORTED_CID):
        verify_block(Cid(1, RAW, 0x11, hashlib.sha1(b"", usedforsecurity=False).digest()), b"")
