"""What became of tokens that were minted here: whose they are now, and whether their person shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from nft.minting.steps import ENDED
from nft.models import MintRequest, SentToken, TokenClaim
from nft.names.people import get_name_of_address
from profiles.people.profiles import profile_of
from profiles.serving.showing import shown_picture

_State = TokenClaim.State
Token = tuple[int, bytes, int]


@dataclass(frozen=True)
class Departure:
    """A transfer out of the person's accounts. `is_burned`: to nobody. `to`: the name of who has it."""

    to: str
    at: datetime
    is_confirmed: bool
    is_burned: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a minted token. `lost`: why it is not the person's, if no transfer of theirs was seen.

    `is_coming`: workers are about to make it the picture. `claim_id` is that of the person's claim, if there is one.
    """

    departure: Departure | None = None
    lost: str = ""
    claim_id: UUID | None = None
    is_current: bool = False
    is_coming: bool = False

    @property
    def is_theirs(self) -> bool:
        return self.departure is None and not self.lost


def get_outcome(user: User, mint: MintRequest, now: datetime) -> Outcome:
    """Return what became of a mint; nothing is known before it is confirmed."""
    return get_outcomes(user, [mint], now).get(mint.pk, Outcome())


def get_outcomes(user: User, mints: Sequence[MintRequest], now: datetime) -> dict[UUID, Outcome]:
    """Return what became of those of these mints that are confirmed, with a few queries for all of them."""
    tokens = {
        mint.pk: (mint.chain_id, bytes(mint.contract), mint.token_id)
        for mint in mints
        if mint.state == MintRequest.State.CONFIRMED and mint.token_id is not None
    }
    if not tokens:
        return {}
    wanted = {
        "chain_id__in": {chain_id for chain_id, _, _ in tokens.values()},
        "contract__in": {contract for _, contract, _ in tokens.values()},
        "token_id__in": {token_id for _, _, token_id in tokens.values()},
    }
    departures = _get_departures(user.nft_sent_tokens.filter(**wanted), now)
    claims = {
        (claim.chain_id, claim.contract, claim.token_id): claim
        for claim in user.nft_token_claims.filter(**wanted).select_related("picture")
    }
    shown = shown_picture(profile_of(user), now).avatar
    current_id = shown.pk if shown else None
    return {pk: _build(departures.get(token), claims.get(token), current_id) for pk, token in tokens.items()}


def is_settled(mint: MintRequest, outcome: Outcome) -> bool:
    """Return whether nothing more happens by itself."""
    left = outcome.departure
    is_moving = outcome.is_coming or (left is not None and not left.is_confirmed)
    return mint.state in ENDED and not is_moving


def _build(departure: Departure | None, claim: TokenClaim | None, current_id: UUID | None) -> Outcome:
    if claim is None:
        return Outcome(departure)
    is_fetching = claim.state == _State.OWNED and claim.get_picture().due_at is not None
    return Outcome(
        departure,
        lost=claim.reason_sentence if claim.state == _State.NOT_OWNED else "",
        claim_id=claim.pk,
        is_current=claim.avatar_id is not None and claim.avatar_id == current_id,
        is_coming=claim.avatar_id is None and (claim.state == _State.PENDING or is_fetching),
    )


def _get_departures(sent: QuerySet[SentToken], now: datetime) -> dict[Token, Departure]:
    return {
        (row.chain_id, row.contract, row.token_id): Departure(
            get_name_of_address(row.recipient, row.chain_id, now),
            row.seen_at,
            row.is_confirmed,
            is_burned=not any(row.recipient),
        )
        for row in sent
    }
