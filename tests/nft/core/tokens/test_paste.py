"""Parse everything that people paste to name a token, or refuse it with its kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.evm.token import MAX_TOKEN_ID, TokenStandard
from nft.core.tokens import paste
from nft.core.tokens.paste import AssetReference, parse_pasted_token
from profiles.errors import Kind
from tests.kit.errors import raises_kind

LOCAL = 31337
CONTRACT_TEXT = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D"
CONTRACT = bytes.fromhex(CONTRACT_TEXT[2:])


@pytest.mark.parametrize(
    "text",
    [
        f"{CONTRACT_TEXT} 42",
        f"  {CONTRACT_TEXT}   42\n",
        f"{CONTRACT_TEXT}/42",
        f"{CONTRACT_TEXT}:42",
        f"{CONTRACT_TEXT}#42",
        f"{CONTRACT_TEXT}, 42",
        f"{CONTRACT_TEXT.lower()}\t42",
        f"{CONTRACT_TEXT} 0x2a",
    ],
)
def test_contract_and_id_are_taken_to_be_on_the_default_chain(text: str) -> None:
    assert parse_pasted_token(text, LOCAL) == AssetReference(LOCAL, CONTRACT, 42)


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        (f"eip155:137/erc721:{CONTRACT_TEXT}/42", TokenStandard.ERC721),
        (f"eip155:137/erc1155:{CONTRACT_TEXT}/42", TokenStandard.ERC1155),
        (f"did:nft:eip155:137_erc721:{CONTRACT_TEXT}_42", TokenStandard.ERC721),
    ],
)
def test_identifiers_bring_their_chain_and_standard(text: str, standard: TokenStandard) -> None:
    assert parse_pasted_token(text, LOCAL) == AssetReference(137, CONTRACT, 42, standard)


@pytest.mark.parametrize(
    ("url", "chain_id"),
    [
        ("https://opensea.io/assets/ethereum/{c}/42", 1),
        ("https://opensea.io/item/base/{c}/42", 8453),
        ("https://www.opensea.io/de/assets/matic/{c}/42?tab=offers", 137),
        ("https://opensea.io/assets/{c}/42", 1),
        ("https://testnets.opensea.io/assets/sepolia/{c}/42", 11155111),
        ("https://rarible.com/token/{c}:42", 1),
        ("https://rarible.com/token/polygon/{c}:42?tab=owners", 137),
        ("https://rarible.com/ethereum/items/{c}:42", 1),
        ("https://etherscan.io/nft/{c}/42", 1),
        ("https://etherscan.io/token/{c}?a=42#inventory", 1),
        ("http://sepolia.etherscan.io/nft/{c}/42", 11155111),
        ("https://polygonscan.com/token/{c}?a=42", 137),
        ("https://basescan.org/nft/{c}/42", 8453),
        ("https://eth.blockscout.com/token/{c}/instance/42", 1),
        ("https://gnosis.blockscout.com/token/{c}/instance/42/token-transfers", 100),
        ("https://magiceden.io/item-details/ethereum/{c}/42", 1),
        ("https://magiceden.us/item-details/polygon/{c}/42?utm=x", 137),
        ("https://looksrare.org/collections/{c}/42", 1),
        ("https://sepolia.looksrare.org/collections/{c}/42#activity", 11155111),
        ("https://explorer.example:4000/token/{c}/instance/42", 99),
    ],
)
def test_pages_of_marketplaces_and_explorers_name_a_token(url: str, chain_id: int) -> None:
    own_explorers = {"explorer.example:4000": 99}
    for contract in (CONTRACT_TEXT, CONTRACT_TEXT.lower()):
        found = parse_pasted_token(url.format(c=contract), LOCAL, own_explorers)
        assert found == AssetReference(chain_id, CONTRACT, 42)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", paste.EMPTY),
        (" \n", paste.EMPTY),
        ("x" * 3000, paste.TOO_LONG),
        (CONTRACT_TEXT, paste.NO_TOKEN_ID),
        (f"{CONTRACT_TEXT} seven", paste.BAD_TOKEN_ID),
        (f"{CONTRACT_TEXT} -1", paste.BAD_TOKEN_ID),
        (f"{CONTRACT_TEXT} {MAX_TOKEN_ID + 1}", paste.BAD_TOKEN_ID),
        (f"{CONTRACT_TEXT} 0x{65 * '1'}", paste.BAD_TOKEN_ID),
        (f"{CONTRACT_TEXT.replace('BC4C', 'bC4C')} 1", paste.BAD_CONTRACT),
        ("eip155:1/erc20:0x00/1", paste.BAD_IDENTIFIER),
        ("vitalik.eth", paste.ENS_NAME),
        ("my favourite ape", paste.NOT_UNDERSTOOD),
        ("https://[::1", paste.NOT_UNDERSTOOD),
        (f"https://opensea.io.example.com/assets/ethereum/{CONTRACT_TEXT}/42", paste.UNKNOWN_SITE),
        (f"https://example.com/token/{CONTRACT_TEXT}/instance/1", paste.UNKNOWN_SITE),
        (f"https://opensea.io/assets/solana/{CONTRACT_TEXT}/42", paste.UNKNOWN_CHAIN),
        (f"https://testnet.rarible.com/token/{CONTRACT_TEXT}:42", paste.UNKNOWN_CHAIN),
        ("https://opensea.io/collection/boredapeyachtclub", paste.NOT_A_TOKEN_PAGE),
        ("https://opensea.io/assets/ethereum/0x12/42", paste.BAD_CONTRACT),
        (f"https://etherscan.io/address/{CONTRACT_TEXT}", paste.NOT_A_TOKEN_PAGE),
        (f"https://etherscan.io/token/{CONTRACT_TEXT}", paste.NO_TOKEN_ID),
        (f"https://etherscan.io/token/{CONTRACT_TEXT}?a={CONTRACT_TEXT}", paste.NO_TOKEN_ID),
        (f"https://rarible.com/token/{CONTRACT_TEXT}", paste.NO_TOKEN_ID),
        (
            "https://magiceden.io/item-details/7ovoA3Zt6zmi6RbNjs6gFYkGN9NH5ppdg9UJYzBYx8mP",
            paste.NOT_A_TOKEN_PAGE,
        ),
        (f"https://magiceden.io/item-details/solana/{CONTRACT_TEXT}/1", paste.UNKNOWN_CHAIN),
        (f"https://looksrare.org/collections/{CONTRACT_TEXT}", paste.NOT_A_TOKEN_PAGE),
    ],
)
def test_everything_else_is_refused_with_its_reason(text: str, kind: Kind) -> None:
    with raises_kind(kind) as refused:
        parse_pasted_token(text, LOCAL)
    assert str(refused.value).endswith(".")


@given(
    st.text()
    | st.from_regex(r"https?://(opensea\.io|rarible\.com|etherscan\.io|eth\.blockscout\.com|.{0,9})/.{0,80}")
    | st.from_regex(r"0x[0-9a-f]{40}[ /:#,].{0,90}")
    | st.from_regex(r"(eip155|did):.{0,120}")
)
def test_any_text_is_a_token_or_refused(text: str) -> None:
    try:
        found = parse_pasted_token(text, LOCAL)
    except InvalidIdentifier:
        return
    assert len(found.contract) == 20
    assert 0 <= found.token_id <= MAX_TOKEN_ID
