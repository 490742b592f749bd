"""Claims as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from nft.models import MintRequest, TokenClaim
from nft.settings import is_local_stack
from nft.settings.chains import default_chain_id, describe_chain
from profiles.people.people import profile_of
from profiles.serving.showing import shown_picture

State, Step = TokenClaim.State, TokenClaim.Step
_STEPS = [
    (Step.OWNER, "Ask the chain who holds it"),
    (Step.METADATA, "Read its metadata"),
    (Step.IMAGE, "Fetch and prove its image"),
]


@dataclass(frozen=True)
class ShownClaims:
    claims: list[TokenClaim]
    minted: list[MintRequest]


def shown_claims(user: User, now: datetime) -> ShownClaims:
    """A person's claims, newest first, and the tokens minted here that they have not claimed yet."""
    claims = list(user.token_claims.select_related("avatar__image").prefetch_related("avatar__image__renditions"))
    decorate(claims, user, now)
    claimed = {(claim.chain_id, claim.contract, claim.token_id) for claim in claims}
    done = user.mint_requests.filter(state=MintRequest.State.CONFIRMED)
    minted = [one for one in done if (one.chain_id, one.contract, one.token_id) not in claimed]
    return ShownClaims(claims, minted)


def decorate(claims: Iterable[TokenClaim], user: User, now: datetime) -> None:
    """Adds what templates ask for: chain_name, image_avatar, is_current."""
    shown = shown_picture(profile_of(user), now).avatar
    for claim in claims:
        stands = claim.avatar is not None and claim.avatar.state != "removed"
        claim.chain_name = describe_chain(claim.chain_id).name
        claim.image_avatar = claim.avatar if stands else None
        claim.is_current = claim.avatar is not None and shown is not None and claim.avatar.pk == shown.pk


def claim_steps(claim: TokenClaim) -> list[dict[str, str]]:
    """The steps of a claim: done, now, todo or failed."""
    at = [*(step for step, _ in _STEPS), Step.DONE].index(Step(claim.step))
    given_up = claim.state == State.OWNED and claim.media_due_at is None
    broken = "failed" if claim.state == State.NOT_OWNED or given_up else "now"
    return [
        {"key": str(step), "label": label, "state": "done" if index < at else broken if index == at else "todo"}
        for index, (step, label) in enumerate(_STEPS)
    ]


def claim_status(claim: TokenClaim) -> dict[str, Any]:
    """What the live page polls."""
    has_picture = claim.step == Step.DONE and claim.avatar is not None
    given_up = claim.state == State.OWNED and not has_picture and claim.media_due_at is None
    done = has_picture or given_up or claim.state == State.NOT_OWNED
    status = {
        "state": claim.state,
        "step": claim.step,
        "steps": claim_steps(claim),
        "sentence": claim.reason_sentence,
        "reason": claim.reason,
        "done": done,
    }
    return {**status, "redirect": reverse("nft:claim_detail", args=[claim.pk])} if done else status


def demo_tokens() -> list[Mapping[str, str]]:
    """Of the local stack only: tokens to try, as the stack deployed them."""
    if not is_local_stack():
        return []
    return list(describe_chain(default_chain_id()).demo_tokens)
