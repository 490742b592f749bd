"""Decide whether the site pays for people's tokens, with which key, and how much (NFT_SPONSOR_…)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env
from avatarsite.settings.chains import LOCAL_CHAIN_ID

# Of the local chain's account that administers our contract; everybody knows it.
LOCAL_KEY = "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"
GWEI = 10**9


def read_chains(*, is_local: bool) -> list[int]:
    """Return the ids of the chains on which the site pays."""
    words = env.words("NFT_SPONSOR_CHAINS", [str(LOCAL_CHAIN_ID)] if is_local else [])
    try:
        return [int(word) for word in words]
    except ValueError:
        raise ImproperlyConfigured("NFT_SPONSOR_CHAINS: write chain ids.") from None


def read_keys(chain_ids: list[int], *, is_local: bool) -> dict[int, str]:
    """Return the key for each chain. NFT_SPONSOR_KEY is one key for all of them, or JSON: chain id to key."""
    given = env.text("NFT_SPONSOR_KEY", "")
    if given.startswith("{"):
        keys = {int(chain_id): str(key) for chain_id, key in _object(given).items()}
    else:
        keys = dict.fromkeys(chain_ids, given) if given else {}
    if is_local and LOCAL_CHAIN_ID in chain_ids:
        keys.setdefault(LOCAL_CHAIN_ID, LOCAL_KEY)
    return keys


def read_budget() -> int:
    """Return wei a day and chain. NFT_SPONSOR_BUDGET_PER_DAY is a decimal amount of the chain's currency."""
    text = env.text("NFT_SPONSOR_BUDGET_PER_DAY", "0.05")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not 0 <= amount <= 1000:
        raise ImproperlyConfigured(
            f"NFT_SPONSOR_BUDGET_PER_DAY is {text!r}: write an amount such as 0.05, at most 1000."
        )
    return int(amount * 10**18)


def _object(text: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(text)
    except ValueError:  # its message would repeat the keys
        raise ImproperlyConfigured("NFT_SPONSOR_KEY is neither a key nor JSON.") from None
    return found
