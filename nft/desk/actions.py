"""What staff may do about tokens: ask the chain again, and fetch a picture again."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from nft.app_labels import NFT
from nft.claims.claiming import recheck_as_staff
from nft.claims.collection_decisions import decide_collection
from nft.claims.errors import ClaimError
from nft.claims.new_picture import refetch_as_staff
from nft.desk.sections import claim_of
from nft.models import Collection, TokenClaim
from profiles.app_labels import PROFILES
from profiles.desk.parts import PersonAction, PictureAction
from profiles.models import Avatar, Profile
from profiles.sentences import gettext as _

RETRY, DECIDE = f"{PROFILES}.retry_jobs", f"{NFT}.add_collection"
#: Claims of a person that one press has checked again.
MOST = 100


def recheck(avatar: Avatar, staff: User, reason: str) -> str:
    recheck_as_staff(_claim(avatar), staff, timezone.now(), reason)
    return _("The chain is asked again. Reload in a few seconds for its answer.")


def refetch(avatar: Avatar, staff: User, reason: str) -> str:
    refetch_as_staff(_claim(avatar), staff, timezone.now(), reason)
    return _("The token’s metadata and picture are read again.")


def recheck_everything(profile: Profile, staff: User, reason: str) -> str:
    claims = list(TokenClaim.objects.filter(user_id=profile.user_id)[:MOST])
    for claim in claims:
        recheck_as_staff(claim, staff, timezone.now(), reason)
    said = ngettext("%(count)s NFT is checked again.", "%(count)s NFTs are checked again.", len(claims))
    return said % {"count": len(claims)}


def _claim(avatar: Avatar) -> TokenClaim:
    claim = claim_of(avatar)
    if claim is None:
        raise ClaimError(_("Its person took this NFT off their list: there is nothing to check."))
    return claim


def trust(avatar: Avatar, staff: User, reason: str) -> str:
    return _decide(avatar, staff, reason, Collection.Standing.TRUSTED)


def deny(avatar: Avatar, staff: User, reason: str) -> str:
    return _decide(avatar, staff, reason, Collection.Standing.DENIED)


def _decide(avatar: Avatar, staff: User, reason: str, standing: str) -> str:
    claim = _claim(avatar)
    decide_collection(
        claim.chain_id, claim.contract, standing, reason, actor=staff, now=timezone.now(), name=claim.collection
    )
    if standing == Collection.Standing.TRUSTED:
        return _("The collection is trusted.")
    return _("The collection is not shown here any more.")


def is_nft(avatar: Avatar) -> bool:
    return avatar.source == "nft"


PICTURE_ACTIONS = (
    PictureAction(
        "trust-collection",
        gettext_lazy("Trust this collection"),
        DECIDE,
        gettext_lazy("Its NFTs are never set aside as spam. The page on collections lists it."),
        trust,
        is_open=is_nft,
        position=70,
    ),
    PictureAction(
        "deny-collection",
        gettext_lazy("Deny this collection"),
        DECIDE,
        gettext_lazy(
            "Its pictures are hidden, whoever shows them. The reason is told, and on the page of collections."
        ),
        deny,
        is_open=is_nft,
        is_danger=True,
        position=71,
    ),
    PictureAction(
        "recheck",
        gettext_lazy("Check ownership again"),
        RETRY,
        gettext_lazy("The chain is asked again who holds the token. The person’s audit keeps the reason."),
        recheck,
        is_open=is_nft,
        position=40,
    ),
    PictureAction(
        "refetch",
        gettext_lazy("Fetch the picture again"),
        RETRY,
        gettext_lazy("Metadata and picture are read again. Another picture is offered to the person, not shown."),
        refetch,
        is_open=is_nft,
        position=41,
    ),
)
PERSON_ACTIONS = (
    PersonAction(
        "recheck",
        gettext_lazy("Check their NFTs again"),
        RETRY,
        gettext_lazy("The chain is asked again who holds each NFT that they show. Their audit keeps the reason."),
        recheck_everything,
        position=40,
    ),
)
