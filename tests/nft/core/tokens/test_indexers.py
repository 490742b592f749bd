"""Parse or refuse the answers of indexers; picture URLs are never kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import MAX_TOKEN_ID, TokenStandard
from nft.core.tokens.indexers import IndexedToken, parse_alchemy_page, parse_blockscout_page

CONTRACT = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D"
ADDRESS = bytes.fromhex(CONTRACT[2:])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(CONTRACT) | st.just("ERC721"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ownedNfts", "items", "contract", "token", "address", "tokenId", "id", "type", "pageKey"]),
            inner,
        )
    ),
    max_leaves=12,
)


def test_alchemys_tokens_are_read() -> None:
    entry = {
        "contract": {"address": CONTRACT, "name": "Bored\u202e Apes", "tokenType": "ERC721", "isSpam": True},
        "tokenId": "42",
        "tokenType": "ERC721",
        "name": "Ape",
        "image": {"cachedUrl": "https://cdn.example/42"},
    }
    page = parse_alchemy_page(json.dumps({"ownedNfts": [entry], "pageKey": "k&=?"}).encode())
    assert page.tokens == (IndexedToken(ADDRESS, 42, TokenStandard.ERC721, "Ape", "Bored Apes", is_spam=True),)
    assert page.next_query == {"pageKey": "k&=?"}


def test_blockscouts_tokens_are_read() -> None:
    token = {"address": CONTRACT, "name": None, "type": "ERC-1155"}
    entry = {"id": "7", "token": token, "value": "3", "metadata": None, "image_url": "https://cdn.example/7"}
    answer = {"items": [entry], "next_page_params": {"items_count": 50, "token_id": "7"}}
    page = parse_blockscout_page(json.dumps(answer).encode())
    assert page.tokens == (IndexedToken(ADDRESS, 7, TokenStandard.ERC1155),)
    assert page.next_query == {"items_count": "50", "token_id": "7"}


@pytest.mark.parametrize("token_id", ["-1", "0x2a", "", "1.0", str(MAX_TOKEN_ID + 1), None, [1]])
def test_an_entry_that_makes_no_sense_is_left_out(token_id: object) -> None:
    contract = {"address": CONTRACT, "tokenType": "ERC721"}
    entries = [{"contract": contract, "tokenId": token_id}, {"contract": contract, "tokenId": "1"}]
    page = parse_alchemy_page(json.dumps({"ownedNfts": entries}).encode())
    assert [token.token_id for token in page.tokens] == [1]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"ownedNfts": {}}', b"\xff", b"[" * 100_000])
def test_what_is_no_page_is_refused(raw: bytes) -> None:
    for parse in (parse_alchemy_page, parse_blockscout_page):
        with pytest.raises(BadAnswer):
            parse(raw)


@given(JSON)
def test_any_json_is_a_page_or_refused(document: object) -> None:
    for parse in (parse_alchemy_page, parse_blockscout_page):
        try:
            page = parse(json.dumps(document).encode())
        except BadAnswer:
            continue
        assert all(len(token.contract) == 20 and 0 <= token.token_id <= MAX_TOKEN_ID for token in page.tokens)
