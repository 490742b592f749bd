"""Keep what the site's accounts own, so that staff see it without a call to a chain."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from nft.clients.bundle import Clients
from nft.clients.evm.errors import ChainError
from nft.clients.evm.signers import SignerError
from nft.minting.sponsor_account import fetch_sponsor_account
from nft.models import SponsorAccount
from nft.settings import conf
from profiles.jobs import job

log = logging.getLogger(__name__)


@job(queue="mints", every=timedelta(minutes=10))
def record_balances(now: datetime, clients: Clients) -> int:
    """Record balance and cost of a mint for each account that pays. Return how many answered; the others stay."""
    recorded = 0
    for chain_id in conf().sponsor_chains:
        try:
            found = fetch_sponsor_account(clients.chain(chain_id))
        except (ChainError, SignerError) as error:
            log.warning("The balance of the account that pays on chain %s is not known: %s", chain_id, error)
            continue
        if found is None:
            continue
        facts = {"balance": found.balance, "mint_cost": found.mint_cost, "looked_at": now}
        SponsorAccount.objects.update_or_create(chain_id=chain_id, address=found.address, defaults=facts)
        recorded += 1
    return recorded
