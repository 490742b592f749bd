"""Sentences that tell a person why a token is not, or no longer, shown as theirs."""

from __future__ import annotations

from nft.core.evm.address import to_checksum
from nft.core.tokens.verdict import Reason

NO_ACCOUNT = "no_account"
UNLINKED = "unlinked"

#: Losses that no answer of the chain caused: the earlier picture returns at once, whatever the person's loss policy.
OFF_CHAIN_REASONS = frozenset({NO_ACCOUNT, UNLINKED})

_GONE = frozenset({Reason.BURNED, Reason.NO_SUCH_TOKEN, Reason.NO_CONTRACT})


def loss_sentence(reason: str, sentence: str, chain_name: str, *, was_owned: bool, vault: bytes | None = None) -> str:
    """Return the sentence for a NOT_OWNED claim.

    sentence: the verdict's own. vault: the address that held the token for the person until now.
    """
    if reason == NO_ACCOUNT:
        return f"You have no linked account on {chain_name}. Link the account that holds the token."
    if reason == UNLINKED:
        return "The account that holds this token was unlinked."
    if was_owned and vault is not None and reason in {Reason.HELD_BY_OTHER, Reason.NONE_HELD}:
        return _no_longer_delegated(sentence, vault)
    if was_owned:
        return _lost(reason, sentence)
    if reason == Reason.HELD_BY_OTHER:
        return f"{sentence} That is none of your linked accounts."
    if reason == Reason.NONE_HELD:
        return "None of your linked accounts holds this token."
    return sentence


def _no_longer_delegated(sentence: str, vault: bytes) -> str:
    if to_checksum(vault) in sentence:  # it is still the owner
        return "The vault that holds this token no longer delegates it to a linked account of yours."
    return f"The vault no longer holds this token for you, or no longer delegates it. {sentence}"


def _lost(reason: str, sentence: str) -> str:
    if reason in _GONE:
        return "The token no longer exists: it was burned."
    if reason == Reason.HELD_BY_OTHER:
        return f"The token was transferred away. {sentence}"
    if reason == Reason.NONE_HELD:
        return "The token was transferred away: none of your linked accounts holds it any more."
    return sentence
