"""Does a token look like advertising somebody sent to a stranger? A few plain signs, each with a name people can read.

A sign only sets a token aside: the person sees it on its own shelf and may take it back.
"""

import enum
import re

_ADDRESS = re.compile(
    r"https?://|www\.|\bt\.me/|\b[a-z0-9-]{2,}\.(?:com|net|org|xyz|io|app|site|online|top|club|fi|gift|claims?|rewards?|vip|live|pro|cc|lol)\b",
    re.IGNORECASE,
)
_LURE = re.compile(
    r"\b(?:claim (?:your|now|here|at)|free (?:mint|claim|airdrop)|airdrops?|vouchers?|giveaways?|you(?:'ve| have)? won"
    r"|rewards? (?:at|on|pass)|redeem|visit (?:to|the|our)|bonus (?:token|usd))\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[$€£]\s?\d[\d,.]*|\b\d[\d,.]*\s?(?:USD[CT]?|W?ETH)\b", re.IGNORECASE)


class SpamSign(enum.StrEnum):
    """Why a token was set aside; stable names."""

    WEB_ADDRESS = "web_address"
    LURE = "lure"
    MONEY = "money"
    INDEXER = "indexer"
    DENIED = "denied"


SENTENCES = {
    SpamSign.WEB_ADDRESS: "Its name is a web address.",
    SpamSign.LURE: "Its name asks you to claim or redeem something.",
    SpamSign.MONEY: "Its name promises money.",
    SpamSign.INDEXER: "An indexer lists its collection as spam.",
    SpamSign.DENIED: "This site does not show pictures of its collection.",
}


def find_spam_sign(name: str, collection: str) -> SpamSign | None:
    """The first sign in the token's or its collection's name, both as the contract and metadata tell them."""
    text = f"{name} \n {collection}"
    for pattern, sign in ((_LURE, SpamSign.LURE), (_MONEY, SpamSign.MONEY), (_ADDRESS, SpamSign.WEB_ADDRESS)):
        if pattern.search(text):
            return sign
    return None
