"""Compare the kept list of watched contracts with the claims: add what is missing, remove what no claim names any more.

Claims write their contracts themselves (`nft.models.claims`). What is missing here was lost by a restored or imported
table, and is an error in the log.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.db.models import Exists, OuterRef

from nft.models import TokenClaim, WatchedContract
from nft.models.chains import watch_contracts
from nft.settings.chains import chains
from profiles.jobs import job
from profiles.walks import walk

log = logging.getLogger(__name__)

#: After so long without a new claim it is looked whether there still is any.
KEPT_UNUSED = timedelta(days=7)
#: Contracts that one step compares or removes.
PAGE = 200
# Each contract is found by one look into an index: a DISTINCT would read all claims.
_NEXT_CONTRACTS = """
WITH RECURSIVE found(contract) AS (
  SELECT * FROM (
    SELECT contract FROM {claims} WHERE chain_id = %s AND contract > %s ORDER BY contract LIMIT 1
  ) AS first
  UNION ALL
  SELECT (
    SELECT contract FROM {claims} WHERE chain_id = %s AND contract > found.contract ORDER BY contract LIMIT 1
  ) FROM found WHERE contract IS NOT NULL
) SELECT contract FROM found LIMIT %s"""


@job(every=timedelta(minutes=10), each=chains)
def repair_watched_contracts(chain_id: int, now: datetime, *, seconds: float = 0.05) -> None:
    """Go on with the comparison for about `seconds`, and remove a page of unused contracts."""
    walk(f"watched-contracts.{chain_id}", partial(_add_missing, chain_id), seconds=seconds)
    remove_unused(now)


def remove_unused(now: datetime) -> int:
    """Remove contracts without claims that were not touched for KEPT_UNUSED. Return how many.

    A claim that is not committed yet has touched its contract, so the removal finds the row changed and leaves it.
    """
    cutoff = now - KEPT_UNUSED
    old = list(WatchedContract.objects.filter(touched_at__lt=cutoff).order_by("touched_at")[:PAGE])
    still = WatchedContract.objects.filter(pk__in=[row.pk for row in old], touched_at__lt=cutoff)
    claims = TokenClaim.objects.filter(chain_id=OuterRef("chain_id"), contract=OuterRef("contract"))
    still.filter(Exists(claims)).update(touched_at=now)  # looked at again after another KEPT_UNUSED
    removed, _ = still.filter(~Exists(claims)).delete()
    return removed


def _add_missing(chain_id: int, after: str | None) -> str | None:
    """Compare the next PAGE contracts of claims above `after`. Return the last one, or None at the end."""
    claims = connection.ops.quote_name(TokenClaim._meta.db_table)  # noqa: SLF001 - documented
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_CONTRACTS.format(claims=claims), [chain_id, bytes.fromhex(after or ""), chain_id, PAGE])
        contracts = [bytes(contract) for (contract,) in cursor.fetchall() if contract is not None]
    known = WatchedContract.objects.filter(chain_id=chain_id, contract__in=contracts)
    missing = set(contracts) - set(known.values_list("contract", flat=True))
    if missing:
        log.error("Chain %s: %s contracts with claims were not watched. They are now.", chain_id, len(missing))
        watch_contracts((chain_id, contract) for contract in missing)
    return contracts[-1].hex() if len(contracts) == PAGE else None
