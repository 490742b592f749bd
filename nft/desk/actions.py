"""What staff may do about tokens: ask the chain again, and fetch a picture again."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from nft.claims.claiming import recheck_as_staff
from nft.claims.errors import ClaimError
from nft.claims.new_picture import refetch_as_staff
from nft.desk.sections import claim_of
from nft.models import TokenClaim
from profiles.desk.parts import PersonAction, PictureAction
from profiles.models import Avatar, Profile

RETRY = "profiles.retry_jobs"
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


PICTURE_ACTIONS = (
    PictureAction(
        "recheck",
        gettext_lazy("Check ownership again"),
        RETRY,
        gettext_lazy("The chain is asked again who holds the token. The person’s audit keeps the reason."),
        recheck,
        is_open=lambda avatar: avatar.source == "nft",
        position=40,
    ),
    PictureAction(
        "refetch",
        gettext_lazy("Fetch the picture again"),
        RETRY,
        gettext_lazy("Metadata and picture are read again. Another picture is offered to the person, not shown."),
        refetch,
        is_open=lambda avatar: avatar.source == "nft",
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
