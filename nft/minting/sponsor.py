"""Decide whether the site pays for a person's token.

It is off unless the operator turns it on, and limited per person, per person and day, and by a budget per day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q

from nft.clients.evm.signers import SignerError, get_signer
from nft.errors import TokenActionError
from nft.minting.errors import NOT_SPONSORED
from nft.models import MintRequest, SponsoredTransaction
from nft.settings import conf
from profiles.sentences import gettext as _

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Offer:
    """How many more of the person's tokens the site pays for today. `sentence` says why if that is none."""

    left: int
    sentence: str


def get_offer(user: User, chain_id: int, now: datetime) -> Offer | None:
    """Return the person's offer, None if the site pays for nobody on this chain."""
    if chain_id not in conf().sponsor_chains:
        return None
    today, ever = _count_paid(user, now)
    per_day, per_person = conf().sponsor_per_day, conf().sponsor_per_person
    if ever >= per_person:
        return Offer(
            0,
            _("The site has paid for %(ever)s tokens of yours, which is as many as it pays for one person.", ever=ever),
        )
    if today >= per_day:
        return Offer(
            0,
            _(
                "The site pays for at most %(per_day)s of a person's tokens in a day. Try again tomorrow.",
                per_day=per_day,
            ),
        )
    if budget_left(chain_id, now) <= 0:
        return Offer(0, _("What the site pays for tokens in one day is used up. Try again tomorrow."))
    return Offer(min(per_day - today, per_person - ever), "")


def check_offer(user: User, chain_id: int, now: datetime) -> None:
    """Raise TokenActionError (NOT_SPONSORED) if the site does not pay. Exact only while the person's row is locked."""
    offer = get_offer(user, chain_id, now)
    if offer is None:
        raise TokenActionError(_("The site does not pay for tokens on this chain."), NOT_SPONSORED)
    if not offer.left:
        raise TokenActionError(
            _("%(sentence)s Or pay from your own wallet now.", sentence=offer.sentence), NOT_SPONSORED
        )


def get_sponsor_address(chain_id: int) -> bytes:
    """Return the address of the site's account that pays. Raise TokenActionError (NOT_SPONSORED)."""
    try:
        signer = get_signer(chain_id)
    except SignerError as error:
        raise TokenActionError(
            _("%(error)s Try again later, or pay from your own wallet.", error=error.sentence), NOT_SPONSORED
        ) from error
    if signer is None:
        raise TokenActionError(_("The site does not pay for tokens on this chain."), NOT_SPONSORED)
    return signer.address


def budget_left(chain_id: int, now: datetime) -> int:
    """Return the wei left of the day's budget. A transaction that is in no block yet counts with its maximum cost."""
    costs: dict[tuple[bytes, int], list[SponsoredTransaction]] = defaultdict(list)
    recent = SponsoredTransaction.objects.filter(chain_id=chain_id, signed_at__gt=now - DAY)
    for sent in recent.defer("raw"):
        costs[bytes(sent.sender), sent.nonce].append(sent)
    return conf().sponsor_budget - sum(_cost(sent) for sent in costs.values())


def _cost(of_one_nonce: list[SponsoredTransaction]) -> int:
    """Return the wei that one of these cost, or else may cost: at most one of them gets into a block."""
    known = [sent.cost for sent in of_one_nonce if sent.cost is not None]
    if known:
        return max(known)
    return max((sent.gas * sent.max_fee for sent in of_one_nonce if sent.settled_at is None), default=0)


def _count_paid(user: User, now: datetime) -> tuple[int, int]:
    """Return how many mints the site paid today and ever.

    Drafts, and those that failed before anything was signed, cost nothing.
    """
    is_signed = Exists(SponsoredTransaction.objects.filter(request=OuterRef("pk")))
    paid = MintRequest.objects.filter(~Q(state=MintRequest.State.FAILED) | is_signed, user=user, sponsor__isnull=False)
    paid = paid.filter(published_at__isnull=False)
    counts = paid.aggregate(today=Count("pk", filter=Q(published_at__gt=now - DAY)), ever=Count("pk"))
    return counts["today"], counts["ever"]
