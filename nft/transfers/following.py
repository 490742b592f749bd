"""Follow a transfer that was sent from here to its end."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from nft.models import SentToken, TokenClaim
from nft.names.people import get_name_of_address
from nft.transfers.sending import WATCH_FOR


class Stage(enum.StrEnum):
    SENT = "sent"
    IN_BLOCK = "in_block"
    DONE = "done"
    REFUSED = "refused"
    MISSING = "missing"


@dataclass(frozen=True)
class TransferProgress:
    """How far a transfer is. `to`: the name of who gets it, and `recipient` their address, once it is in a block.

    REFUSED: it is in a block, where it failed. MISSING: it was not seen for so long that the network may have dropped
    or refused it.
    """

    stage: Stage
    to: str = ""
    recipient: bytes | None = None

    @property
    def has_ended(self) -> bool:
        return self.stage in {Stage.DONE, Stage.REFUSED, Stage.MISSING}


def get_transfer(claim: TokenClaim, now: datetime) -> TransferProgress:
    """Return how far the transfer is that was last sent from here. `claim.account` must be loaded."""
    sent = _find_sent(claim)
    recipient = bytes(sent.recipient) if sent else None
    to = get_name_of_address(recipient, claim.chain_id, now) if recipient else ""
    if claim.state == TokenClaim.State.NOT_OWNED or (sent is not None and sent.is_confirmed):
        return TransferProgress(Stage.DONE, to, recipient)
    if sent is not None or claim.moved_at_block is not None:
        return TransferProgress(Stage.IN_BLOCK, to, recipient)
    if claim.is_transfer_refused:
        return TransferProgress(Stage.REFUSED)
    has_owners = claim.account is not None and claim.account.is_contract_account
    is_late = claim.watch_until is None or claim.watch_until <= now
    return TransferProgress(Stage.MISSING if is_late and not has_owners else Stage.SENT)


def _find_sent(claim: TokenClaim) -> SentToken | None:
    """Return the transfer as the watcher saw it.

    A contract account reports a hash of its own: then the time tells the transfer from earlier ones.
    """
    sent = SentToken.objects.filter(
        user_id=claim.user_id, chain_id=claim.chain_id, contract=claim.contract, token_id=claim.token_id
    ).first()
    if sent is None or sent.tx_hash == claim.transfer_tx or claim.state == TokenClaim.State.NOT_OWNED:
        return sent
    is_new = claim.watch_until is not None and sent.seen_at >= claim.watch_until - WATCH_FOR
    return sent if is_new else None
