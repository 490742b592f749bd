"""Detect signs of advertising, but not in names that only resemble it."""

import pytest

from nft.core.tokens.spam import SENTENCES, SpamSign, find_spam_sign


@pytest.mark.parametrize(
    ("name", "collection", "sign"),
    [
        ("Claim your reward", "", SpamSign.LURE),
        ("5000 USDC", "", SpamSign.MONEY),
        ("$3,000 for you", "", SpamSign.MONEY),
        ("", "AIRDROP 2026", SpamSign.LURE),
        ("", "apecoin-gift.xyz", SpamSign.WEB_ADDRESS),
        ("see https://a.b", "", SpamSign.WEB_ADDRESS),
        ("Join t.me/pump", "", SpamSign.WEB_ADDRESS),
        ("Free mint pass", "", SpamSign.LURE),
    ],
)
def test_signs_of_advertising_are_named(name: str, collection: str, sign: SpamSign) -> None:
    assert find_spam_sign(name, collection) is sign


@pytest.mark.parametrize(
    ("name", "collection"),
    [
        ("Hills at six", "Avatars"),
        ("#42", "Bored Ape Yacht Club"),
        ("Visitor in the garden", "The Claimants"),
        ("alice.eth", "ENS: Ethereum Name Service"),
        ("Ether rock 7", "EtherRocks"),
        ("Dr. No. 3", ""),
        ("", ""),
    ],
)
def test_names_of_pictures_are_no_advertising(name: str, collection: str) -> None:
    assert find_spam_sign(name, collection) is None


def test_every_sign_has_its_sentence() -> None:
    assert set(SENTENCES) == set(SpamSign)
