"""Whether the site pays for somebody's token: off unless the operator says so, bounded for each person and each day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from nft.clients.evm.signers import SignerError, get_signer
from nft.minting.errors import NotSponsored
from nft.models import MintRequest, SponsoredTransaction
from nft.settings import conf

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Offer:
    """What a person may be told: how many more the site pays today, or why none."""

    left: int
    sentence: str


def offer_for(user: User, chain_id: int, now: datetime) -> Offer | None:
    """None where the site pays for nobody on this chain."""
    if chain_id not in conf().sponsor_chains:
        return None
    today, ever = _used(user, now)
    per_day, per_person = conf().sponsor_per_day, conf().sponsor_per_person
    if ever >= per_person:
        return Offer(0, f"The site has paid for {ever} tokens of yours, which is as many as it pays for one person.")
    if today >= per_day:
        return Offer(0, f"The site pays for at most {per_day} of a person's tokens in a day. Try again tomorrow.")
    if budget_left(chain_id, now) <= 0:
        return Offer(0, "What the site pays for tokens in one day is used up. Try again tomorrow.")
    return Offer(min(per_day - today, per_person - ever), "")


def check_offer(user: User, chain_id: int, now: datetime) -> None:
    """Raises NotSponsored. Exact inside of a transaction that holds the person's row."""
    offer = offer_for(user, chain_id, now)
    if offer is None:
        raise NotSponsored("The site does not pay for tokens on this chain.")
    if not offer.left:
        raise NotSponsored(f"{offer.sentence} Or pay from your own wallet now.")


def sponsor_on(chain_id: int) -> bytes:
    """The address of the site's account that pays. Raises NotSponsored."""
    try:
        signer = get_signer(chain_id)
    except SignerError as error:
        raise NotSponsored(f"{error} Try again later, or pay from your own wallet.") from error
    if signer is None:
        raise NotSponsored("The site does not pay for tokens on this chain.")
    return signer.address


def budget_left(chain_id: int, now: datetime) -> int:
    """Wei that may still be promised: of what is not in a block yet, the most that it may cost counts."""
    costs: dict[tuple[bytes, int], list[SponsoredTransaction]] = defaultdict(list)
    for sent in _since(chain_id, now):
        costs[bytes(sent.sender), sent.nonce].append(sent)
    return conf().sponsor_budget - sum(_cost(sent) for sent in costs.values())


def _since(chain_id: int, now: datetime) -> QuerySet[SponsoredTransaction]:
    return SponsoredTransaction.objects.filter(chain_id=chain_id, signed_at__gt=now - DAY).defer("raw")


def _cost(of_one_nonce: list[SponsoredTransaction]) -> int:
    known = [sent.cost for sent in of_one_nonce if sent.cost is not None]
    if known:
        return max(known)
    return max((sent.gas * sent.max_fee for sent in of_one_nonce if sent.settled_at is None), default=0)


def _used(user: User, now: datetime) -> tuple[int, int]:
    """Today and ever. What failed before anything was signed costs nobody anything, and does not count."""
    is_signed = Exists(SponsoredTransaction.objects.filter(request=OuterRef("pk")))
    paid = MintRequest.objects.filter(~Q(state=MintRequest.State.FAILED) | is_signed, user=user, sponsor__isnull=False)
    counts = paid.aggregate(today=Count("pk", filter=Q(created_at__gt=now - DAY)), ever=Count("pk"))
    return counts["today"], counts["ever"]
