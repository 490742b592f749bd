"""Sentences that tell a person why a token is not, or no longer, shown as theirs."""

from __future__ import annotations

from dataclasses import dataclass

from nft.core.evm.address import to_checksum
from nft.core.tokens.verdict import Reason
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

NO_ACCOUNT = "no_account"
UNLINKED = "unlinked"

#: Losses that no answer of the chain caused: the earlier picture returns at once, whatever the person's loss policy.
OFF_CHAIN_REASONS = frozenset({NO_ACCOUNT, UNLINKED})

_GONE = frozenset({Reason.BURNED, Reason.NO_SUCH_TOKEN, Reason.NO_CONTRACT})


@dataclass(frozen=True)
class NotOwned:
    """Why a token is not a person's. `sentence` is the verdict's own.

    name: what people call the token, perhaps "". holder: what to call who has it now, "" if that is not known.
    vault: the address that held the token for the person until now. is_sent: they sent it away from here lately.
    """

    reason: str
    sentence: str = ""
    name: str = ""
    holder: str = ""
    vault: bytes | None = None
    is_sent: bool = False

    @property
    def token(self) -> str:
        return self.name or _("Your NFT")


def no_account_sentence(chain_name: str) -> str:
    return _("You have no linked account on %(chain)s. Link the account that holds the token.", chain=chain_name)


def unlinked_sentence() -> str:
    return _("The account that holds this token was unlinked.")


def refused_sentence(found: NotOwned) -> str:
    """Return the sentence for a token that was not theirs when they claimed it."""
    if found.reason == Reason.HELD_BY_OTHER and found.holder:
        return _("It is held by %(holder)s, which is not linked to you.", holder=found.holder)
    if found.reason in {Reason.HELD_BY_OTHER, Reason.NONE_HELD}:
        return _("None of your linked accounts holds this token.")
    return found.sentence


def loss_sentence(found: NotOwned) -> str:
    """Return the sentence for a token that was theirs until now."""
    if found.reason in _GONE:
        return _("%(token)s no longer exists: it was burned.", token=found.token)
    if found.reason not in {Reason.HELD_BY_OTHER, Reason.NONE_HELD}:
        return found.sentence
    if found.vault is not None:
        return _no_longer_delegated(found, found.vault)
    texts = {
        (True, True): gettext_noop("You sent %(token)s to %(holder)s."),
        (True, False): gettext_noop("You sent %(token)s away."),
        (False, True): gettext_noop("%(token)s was sent to %(holder)s."),
        (False, False): gettext_noop("%(token)s was sent away: none of your linked accounts holds it."),
    }
    return _(texts[found.is_sent, bool(found.holder)], token=found.token, holder=found.holder)


def _no_longer_delegated(found: NotOwned, vault: bytes) -> str:
    if to_checksum(vault) in found.sentence:  # it is still the owner
        return _(
            "The vault that holds %(token)s no longer delegates it to a linked account of yours.", token=found.token
        )
    if found.holder:
        held = {"token": found.token, "holder": found.holder}
        return _("The vault no longer holds %(token)s for you. It is held by %(holder)s.", **held)
    return _("The vault no longer holds %(token)s for you, or no longer delegates it.", token=found.token)
