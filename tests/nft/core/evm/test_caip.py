"""CAIP-10, CAIP-19 (with 22 and 29) and did:nft give each account and token exactly one identifier."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.evm.caip import MAX_CHAIN_ID, AccountId, AssetId, parse_account_id, parse_asset_id
from nft.core.evm.token import MAX_TOKEN_ID, TokenStandard, substitute_id

ADDRESSES = st.binary(min_size=20, max_size=20)
CHAIN_IDS = st.integers(1, MAX_CHAIN_ID)
TOKEN_IDS = st.integers(0, MAX_TOKEN_ID)
ASSETS = st.builds(AssetId, CHAIN_IDS, st.sampled_from(TokenStandard), ADDRESSES, TOKEN_IDS)

KITTY = "eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/771769"  # CAIP-19, CAIP-22


def test_the_account_of_caip_10() -> None:
    text = "eip155:1:0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb"
    account = parse_account_id(text)
    assert account.chain_id == 1
    assert str(account) == text


def test_the_asset_of_caip_19_and_22() -> None:
    asset = parse_asset_id(KITTY)
    assert (asset.chain_id, asset.standard, asset.token_id) == (1, TokenStandard.ERC721, 771769)
    assert str(asset) == KITTY


def test_an_erc_1155_asset_of_caip_29() -> None:
    asset = parse_asset_id("eip155:137/erc1155:0x28959cf125ccb051e70711d0924a62fb28eaf186/0")
    assert (asset.chain_id, asset.standard, asset.token_id) == (137, TokenStandard.ERC1155, 0)


def test_the_did_of_the_nft_method() -> None:
    asset = parse_asset_id("did:nft:eip155:1_erc721:0xb300a43751601bd54ffee7de35929537b28e1488_2")
    assert str(asset).lower() == "eip155:1/erc721:0xb300a43751601bd54ffee7de35929537b28e1488/2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eip155:1",
        "eip155:0/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/1",
        "eip155:01/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/1",
        "eip155:9223372036854775772/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/1",
        "eip155:1/erc20:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/1",
        "eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d",
        "eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/01",
        "eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/-1",
        "eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/\u0663",
        f"eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/{MAX_TOKEN_ID + 1}",
        "bip122:000000000019d6689c085ae165831e93/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/1",
        KITTY + "\n",
        "did:nft:eip155:1_erc721:0xb300a43751601bd54ffee7de35929537b28e1488_2?versionTime=2021-05-05",
    ],
)
def test_what_names_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_asset_id(text)


def test_a_mistyped_contract_is_found_by_its_checksum() -> None:
    with pytest.raises(InvalidIdentifier, match="checksum"):
        parse_asset_id(KITTY.replace("0x06012c", "0x06012C"))


@given(ASSETS)
def test_assets_round_trip_as_caip_and_as_did(asset: AssetId) -> None:
    text = str(asset)
    assert parse_asset_id(text) == asset
    assert parse_asset_id("did:nft:" + text.replace("/", "_")) == asset


@given(CHAIN_IDS, ADDRESSES)
def test_accounts_round_trip(chain_id: int, address: bytes) -> None:
    account = AccountId(chain_id, address)
    assert parse_account_id(str(account)) == account


@given(st.text() | st.from_regex(r"eip155:\d{1,30}[:/].{0,40}"))
def test_any_text_is_an_identifier_or_refused(text: str) -> None:
    for parse in (parse_account_id, parse_asset_id):
        with contextlib.suppress(InvalidIdentifier):
            parse(text)


@pytest.mark.parametrize(
    "wrong",
    [(0, bytes(20), 1), (1, bytes(19), 1), (1, bytes(20), -1), (1, bytes(20), MAX_TOKEN_ID + 1)],
)
def test_no_asset_outside_the_ranges_can_be_made(wrong: tuple[int, bytes, int]) -> None:
    chain_id, contract, token_id = wrong
    with pytest.raises(InvalidIdentifier):
        AssetId(chain_id, TokenStandard.ERC721, contract, token_id)


@pytest.mark.parametrize(
    ("token_id", "digits"),
    [
        (314592, "000000000000000000000000000000000000000000000000000000000004cce0"),  # the example of ERC-1155
        (10063, "000000000000000000000000000000000000000000000000000000000000274f"),
        (2**128 + 1, "0000000000000000000000000000000100000000000000000000000000000001"),
        (MAX_TOKEN_ID, 64 * "f"),
    ],
)
def test_the_id_in_a_uri_is_64_lower_case_hex_digits(token_id: int, digits: str) -> None:
    assert substitute_id("https://token-cdn-domain/{id}.json", token_id) == f"https://token-cdn-domain/{digits}.json"


def test_every_id_place_is_filled_and_other_text_left_alone() -> None:
    assert substitute_id("ipfs://x/{id}/{ID}/{id}", 1) == f"ipfs://x/{1:064x}/{{ID}}/{1:064x}"
