"""Prove a few of the shown marks each hour, chosen by chance: a node can't know which of its answers will be proved."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from nft.claims.sweeping import ask_again, request_check
from nft.models import TokenClaim
from nft.settings import conf
from nft.settings.chains import Proofs, chains, describe_chain
from profiles.jobs import job

HOURS = 24


@job(queue="watch", every=timedelta(hours=1), each=chains)
def sample_marks(chain_id: int, now: datetime) -> int:
    """Have some marks of a chain checked now, as if somebody asked, which proves them. Return how many.

    NFT_PROOF_SAMPLE of each chain a day. Claims that a worker holds now, or that failed, are left alone.
    """
    if describe_chain(chain_id).proofs is Proofs.OFF:
        return 0
    shown = TokenClaim.objects.filter(
        chain_id=chain_id, state=TokenClaim.State.OWNED, avatar__state="active", attempt=None, due_at__isnull=False
    )
    wanted = -(-conf().proof_sample // HOURS)
    start = uuid.uuid4()
    after = list(shown.filter(pk__gte=start).order_by("pk").values_list("pk", flat=True)[:wanted])
    before = list(shown.filter(pk__lt=start).order_by("pk").values_list("pk", flat=True)[: wanted - len(after)])
    chosen = TokenClaim.objects.filter(pk__in=[*after, *before], attempt=None, asked_at=None)
    count = chosen.update(**ask_again(now))
    if count:
        request_check(chain_id)
    return count
