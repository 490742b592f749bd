"""The cursor of each chain's watcher, and the contracts whose logs it reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.fields import AddressField
from profiles.leases import Leased, Policy

# When a chain without a watcher is due: long ago, so that it is due by any worker's clock.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
# A contract that gets a claim is touched if that was longer ago. Far shorter than the time without claims after which
# it is removed (nft.watching.contracts), so the removal never meets a claim that is not committed yet.
TOUCHED_EVERY = timedelta(days=1)


class WatchedChain(Leased):
    """The cursor and the lease of a chain's watcher. The row is always due, and attempts never stop."""

    policy = Policy(lease=timedelta(seconds=90), stops=False)

    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, default=ALWAYS, help_text=gettext_lazy("The end of the lease; long ago while no watcher is at work.")
    )
    chain_id = models.PositiveBigIntegerField(primary_key=True)
    next_block = models.PositiveBigIntegerField(help_text=gettext_lazy("The first block whose logs were not read yet."))
    trail: models.JSONField[list[tuple[int, str]], list[tuple[int, str]]] = models.JSONField(
        default=list,
        blank=True,
        help_text=gettext_lazy("Blocks already read, oldest first: [number, hash]. A reorg is seen by them."),
    )
    span = models.PositiveIntegerField(
        default=100, help_text=gettext_lazy("So many blocks the node last answered for at once.")
    )
    head_block = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("The newest block when it was last looked at.")
    )
    head_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When it was last looked at.")
    )
    alarm = models.CharField(
        max_length=200,
        blank=True,
        help_text=gettext_lazy("The last time a node lied, was stuck or served another chain."),
    )
    alarm_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Chain {self.chain_id}"

    @property
    def blocks_behind(self) -> int:
        """Return how many blocks the watcher has still to read."""
        return max(0, self.head_block + 1 - self.next_block)


class WatchedContract(models.Model):
    """A contract that claims name: the watcher reads its logs.

    Kept, because to look it up among all claims takes seconds. A claim is saved in the same transaction as its
    contract's row (`nft.models.claims`). A row stays for some days after its last claim, which only costs logs.
    """

    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    touched_at = models.DateTimeField(
        help_text=gettext_lazy("About when it last got a claim, or was found to have one.")
    )
    refusal = models.CharField(
        max_length=300,
        blank=True,
        help_text=gettext_lazy(
            "Why its pictures are not shown, as the site's policy was last applied to them; empty if they are."
        ),
    )
    refusal_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When that was last found to have changed.")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "contract"], name="watched_contract_once")]

    def __str__(self) -> str:
        return f"{self.chain_id}:{to_checksum(self.contract)}"


def watch_contracts(tokens: Iterable[tuple[int, bytes]]) -> None:
    """Write the rows of these contracts, given as (chain id, contract), within the caller's transaction."""
    now = timezone.now()
    for chain_id, contract in sorted(set(tokens)):
        row = WatchedContract.objects.filter(chain_id=chain_id, contract=contract)
        touched_at = row.values_list("touched_at", flat=True).first()
        if touched_at is not None and now - touched_at < TOUCHED_EVERY:
            continue
        # The update waits for a removal that is under way, and then finds no row.
        if not row.update(touched_at=now):
            fresh = WatchedContract(chain_id=chain_id, contract=contract, touched_at=now)
            WatchedContract.objects.bulk_create([fresh], ignore_conflicts=True)


def watched_contracts(chain_id: int) -> list[bytes]:
    """Return the contracts of all claims on a chain, and of some that were deleted lately, in byte order."""
    rows = WatchedContract.objects.filter(chain_id=chain_id).order_by("contract")
    return list(rows.values_list("contract", flat=True))
