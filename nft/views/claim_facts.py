"""Read a claim for pages, and decide what lists say about it.

`read_claim` is the only place among the views that knows the columns of a claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from nft.models import TokenClaim
from profiles.models import Avatar
from profiles.page_parts import Pill

State = TokenClaim.State
# Characters of a token id that a list shows, the ellipsis included.
SHORT_ID = 14


@dataclass(frozen=True)
class ClaimFacts:
    """What pages need to know of a claim.

    `picture` is empty while there is none, and if the site's team took it down. `vault` is the address that holds the
    token on behalf of the person's account, empty if the account holds it itself.
    """

    id: UUID
    state: State
    step: str
    name: str
    collection: str
    chain_id: int
    chain_name: str
    contract: str
    token_id: str
    standard: str
    vault: str
    picture: Avatar | None
    is_current: bool
    is_usable: bool
    is_fetching: bool
    moved_at_block: int | None
    checked_at: datetime | None
    checked_block: int | None
    image_cid: str
    sentence: str

    @property
    def is_done(self) -> bool:
        """Return whether the token is verified and its picture is there."""
        return self.state == State.OWNED and self.picture is not None


def read_claim(claim: TokenClaim) -> ClaimFacts:
    """Read a claim that went through nft.claims.pages.decorate."""
    return ClaimFacts(
        id=claim.pk,
        state=State(claim.state),
        step=claim.step,
        name=claim.name or _("Token %(id)s") % {"id": shorten_id(claim.token_id_text)},
        collection=claim.collection,
        chain_id=claim.chain_id,
        chain_name=claim.chain_name,
        contract=claim.contract_text,
        token_id=claim.token_id_text,
        standard=claim.standard,
        vault=claim.vault_text,
        picture=claim.image_avatar,
        is_current=claim.is_current,
        is_usable=claim.image_avatar is not None and claim.image_avatar.state == Avatar.State.ACTIVE,
        is_fetching=claim.get_picture().due_at is not None,
        moved_at_block=claim.moved_at_block,
        checked_at=claim.checked_at,
        checked_block=claim.checked_block_number,
        image_cid=claim.get_picture().image_cid,
        sentence=claim.sentence,
    )


def shorten_id(token_id: str) -> str:
    return Truncator(token_id).chars(SHORT_ID)


def claim_pill(facts: ClaimFacts) -> Pill:
    if facts.state == State.OWNED and facts.moved_at_block:
        return Pill(_("May have ended") if facts.vault else _("Transfer seen"), "wait")
    if facts.state == State.OWNED:
        return Pill(_("Verified, by delegation") if facts.vault else _("Verified"), "good")
    if facts.state == State.NOT_OWNED:
        return Pill(_("Not yours"), "bad")
    return Pill(_("Could not be checked") if facts.state == State.UNKNOWN else _("Checking"), "wait")


def claim_place(facts: ClaimFacts) -> str:
    """Return where the token lives: its collection, if known, and its chain."""
    return ", ".join(filter(None, (facts.collection, facts.chain_name)))
