"""Claims as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse

from nft.models import HeldToken, TokenClaim
from nft.settings import is_local_stack
from nft.settings.chains import default_chain_id, describe_chain
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.positions import Position, take_page
from profiles.sentences import gettext, gettext_noop
from profiles.serving.showing import shown_picture

State, Step = TokenClaim.State, TokenClaim.Step
PICTURE_FAILED = "media_failed"
_STEPS = [
    (Step.OWNER, gettext_noop("Ask the chain who holds it")),
    (Step.METADATA, gettext_noop("Read its metadata")),
    (Step.IMAGE, gettext_noop("Fetch and prove its image")),
]


class ClaimStatus(TypedDict):
    """The JSON of a claim's live page; `redirect` once it is done."""

    state: str
    step: str
    steps: list[dict[str, str]]
    sentence: str
    reason: str
    done: bool
    redirect: NotRequired[str]


@dataclass(frozen=True)
class ShownClaims:
    """A person's claims, the newest first. `failed` were refused and never had a picture."""

    claims: list[TokenClaim]

    @property
    def failed(self) -> list[TokenClaim]:
        refused = (claim for claim in self.claims if claim.state == State.NOT_OWNED and not claim.is_held)
        return [claim for claim in refused if claim.avatar_id is None]


def shown_claims(user: User, now: datetime) -> ShownClaims:
    """Read the claims. `is_held` is set: whether the token is among those that the person's accounts hold."""
    token = {name: OuterRef(name) for name in ("chain_id", "contract", "token_id")}
    among_held = Exists(HeldToken.objects.filter(account__user=user, **token))
    with_pictures = user.nft_token_claims.select_related("picture", "avatar__image")
    claims = list(with_pictures.prefetch_related("avatar__image__renditions").annotate(among_held=among_held))
    for claim in claims:
        claim.is_held = vars(claim)["among_held"]  # the annotation, which the type checker loses
    decorate(claims, user, now)
    return ShownClaims(claims)


def get_claims_page(
    user: User, now: datetime, after: Position | None, size: int
) -> tuple[list[TokenClaim], Position | None]:
    """Return a page of a person's claims, decorated, newest first, and where the next one begins."""
    claims, following = take_page(
        user.nft_token_claims.select_related("picture", "avatar__image"), "created_at", after, size
    )
    decorate(claims, user, now)
    return claims, following


def decorate(claims: Iterable[TokenClaim], user: User, now: datetime) -> None:
    """Set what templates ask for: `chain_name`, `image_avatar`, `is_current`, `sentence`."""
    shown = shown_picture(profile_of(user), now).avatar
    for claim in claims:
        is_kept = claim.avatar is not None and claim.avatar.state not in _UNSEEN
        claim.chain_name = describe_chain(claim.chain_id).name
        claim.image_avatar = claim.avatar if is_kept else None
        claim.sentence = get_sentence(claim)
        claim.is_current = claim.avatar is not None and shown is not None and claim.avatar.pk == shown.pk


_UNSEEN = frozenset({Avatar.State.REMOVED, Avatar.State.HELD})


def get_sentence(claim: TokenClaim) -> str:
    """Return why the claim has no picture, or not yet, for its person; empty if there is nothing to explain."""
    picture = claim.get_picture()
    if claim.reason_sentence or claim.state != State.OWNED:
        return claim.reason_sentence
    if claim.avatar is not None and claim.avatar.state == Avatar.State.HELD:
        return claim.avatar.reason
    if claim.avatar is not None or not picture.last_error:
        return ""
    if picture.due_at is None:
        return gettext("Its picture can't be shown. %(last_error)s", last_error=picture.last_error)
    if picture.tries == 0:
        return gettext("Its picture waits for its turn. %(last_error)s", last_error=picture.last_error)
    return gettext(
        "Its picture could not be fetched yet. %(last_error)s We keep trying.", last_error=picture.last_error
    )


def claim_steps(claim: TokenClaim) -> list[dict[str, str]]:
    """Return the steps of a claim, each done, now, todo or failed."""
    at = [*(step for step, _ in _STEPS), Step.DONE].index(claim.step)
    broken = "failed" if claim.state == State.NOT_OWNED or _is_given_up(claim) else "now"
    return [
        {
            "key": str(step),
            "label": gettext(label),
            "state": "done" if index < at else broken if index == at else "todo",
        }
        for index, (step, label) in enumerate(_STEPS)
    ]


def claim_status(claim: TokenClaim) -> ClaimStatus:
    """Return what the live page polls."""
    has_picture = claim.state == State.OWNED and claim.avatar is not None
    done = has_picture or _is_given_up(claim) or claim.state == State.NOT_OWNED
    picture = claim.get_picture()
    picture_failed = claim.state == State.OWNED and not has_picture and picture.last_error and picture.tries > 0
    status = ClaimStatus(
        state=claim.state,
        step=claim.step,
        steps=claim_steps(claim),
        sentence=get_sentence(claim),
        reason=claim.reason or (PICTURE_FAILED if picture_failed else ""),
        done=done,
    )
    if done:
        status["redirect"] = reverse("nft:claim_detail", args=[claim.pk])
    return status


def _is_given_up(claim: TokenClaim) -> bool:
    """Return whether the token is verified and no worker will fetch its picture."""
    return claim.state == State.OWNED and claim.avatar is None and claim.get_picture().due_at is None


def demo_tokens() -> list[Mapping[str, str]]:
    """Return the tokens that the local stack deployed to try; none anywhere else."""
    if not is_local_stack():
        return []
    return list(describe_chain(default_chain_id()).demo_tokens)
