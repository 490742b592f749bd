"""Detect tokens that look like unsolicited advertising, by a few signs in their names.

A sign only moves a token to a separate list, from which the person can take it back.
"""

from __future__ import annotations

import enum
import re

from profiles.sentences import gettext_noop

_WEB_ADDRESS = re.compile(
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
    """Why a token was set aside. The values are stored."""

    WEB_ADDRESS = "web_address"
    LURE = "lure"
    MONEY = "money"
    INDEXER = "indexer"
    DENIED = "denied"


SENTENCES = {
    SpamSign.WEB_ADDRESS: gettext_noop("Its name is a web address."),
    SpamSign.LURE: gettext_noop("Its name asks you to claim or redeem something."),
    SpamSign.MONEY: gettext_noop("Its name promises money."),
    SpamSign.INDEXER: gettext_noop("An indexer lists its collection as spam."),
    SpamSign.DENIED: gettext_noop("This site does not show pictures of its collection."),
}


def find_spam_sign(name: str, collection: str) -> SpamSign | None:
    """Return the first sign in the names that the metadata and the contract state, or None."""
    text = f"{name} \n {collection}"
    for pattern, sign in ((_LURE, SpamSign.LURE), (_MONEY, SpamSign.MONEY), (_WEB_ADDRESS, SpamSign.WEB_ADDRESS)):
        if pattern.search(text):
            return sign
    return None
