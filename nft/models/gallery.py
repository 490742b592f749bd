"""Tokens that linked accounts hold, to choose from, and the searches for them. Only a TokenClaim verifies a token."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.core.evm.caip import AssetId
from nft.core.evm.token import TokenStandard
from nft.fields import AddressField, Uint256Field
from profiles.fields import SentenceField
from profiles.leases import Leased, Policy
from profiles.models import StoredImage

if TYPE_CHECKING:
    from nft.models.claims import TokenClaim


class HeldToken(Leased):
    """A token found for an account. Names are untrusted text, cleaned; `image` is stored by us, or None.

    The lease is for fetching its picture.
    """

    policy = Policy(first_delay=timedelta(seconds=20))
    person = "account_id"

    class Shelf(models.TextChoices):
        AUTOMATIC = "", gettext_lazy("As we think")
        SHOWN = "shown", gettext_lazy("Shown by the person")
        HIDDEN = "hidden", gettext_lazy("Hidden by the person")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "held_page" begins with it.
    account = models.ForeignKey("LinkedAccount", on_delete=models.CASCADE, related_name="held_tokens", db_index=False)
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    standard = models.CharField(max_length=8)
    name = models.CharField(max_length=200, blank=True)
    collection = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField()
    logged_at_block = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Its last arrival that was seen; 0 if none.")
    )
    seen_at_block = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("The confirmed block at which the account held it; empty: only said to."),
    )
    checked_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("When the chain was last asked."))
    moved_at_block = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("A transfer to or from the account was seen there, and is to be checked."),
    )
    move_checks = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("How often it was checked since that transfer without an answer.")
    )
    shelf = models.CharField(max_length=6, choices=Shelf.choices, default=Shelf.AUTOMATIC, blank=True)
    spam = models.CharField(
        max_length=20, blank=True, help_text=gettext_lazy("Why it looks like spam; empty if it does not.")
    )

    image = models.ForeignKey(StoredImage, on_delete=models.PROTECT, null=True, blank=True, related_name="held_tokens")
    warning = models.CharField(
        max_length=300, blank=True, help_text=gettext_lazy("What its picture looks like, if that may mislead.")
    )
    may_ask_hosts = models.BooleanField(
        default=False, help_text=gettext_lazy("Whether the hosts that the token names may be asked for its picture.")
    )

    # Set for a page by nft.gallery.pages.decorate.
    chain_name: str
    claim: TokenClaim | None
    is_current: bool
    is_new: bool
    spam_sentence: str
    refusal: str

    class Meta(Leased.Meta):
        ordering = ["-first_seen_at", "-id"]
        verbose_name, verbose_name_plural = gettext_lazy("NFT in a wallet"), gettext_lazy("NFTs in wallets")
        indexes = [
            models.Index(fields=["account", "-first_seen_at", "-id"], name="held_page"),
            models.Index(fields=["chain_id", "contract", "token_id"], name="held_by_token"),
            models.Index(
                fields=["chain_id", "moved_at_block"], condition=Q(moved_at_block__isnull=False), name="held_moved"
            ),
            *Leased.Meta.indexes,
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "chain_id", "contract", "token_id"], name="held_once"),
            models.CheckConstraint(condition=Q(standard__in=["erc721", "erc1155"]), name="held_has_its_standard"),
            models.CheckConstraint(
                condition=Q(seen_at_block__isnull=True) | Q(checked_at__isnull=False), name="held_seen_when_checked"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Token {self.short_id}"

    @property
    def contract_text(self) -> str:
        return to_checksum(self.contract)

    @property
    def token_id_text(self) -> str:
        return str(self.token_id)

    @property
    def short_id(self) -> str:
        text = self.token_id_text
        return text if len(text) <= 12 else f"{text[:5]}…{text[-5:]}"

    @property
    def is_settled(self) -> bool:
        """Return whether a confirmed block said that the account holds it, and no transfer was seen since."""
        return self.seen_at_block is not None and self.moved_at_block is None

    @property
    def asset_id(self) -> str:
        """Return the CAIP-19 identifier, by which the token can be claimed."""
        return str(AssetId(self.chain_id, TokenStandard(self.standard), self.contract, self.token_id))


class TokenSearch(Leased):
    """The progress of one search, by account and chain. Logs are read from the newest block backwards."""

    person = "account_id"

    class State(models.TextChoices):
        RUNNING = "running", gettext_lazy("Looking")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("The chain could not be asked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "search_once" begins with it.
    account = models.ForeignKey(
        "LinkedAccount", on_delete=models.CASCADE, related_name="token_searches", db_index=False
    )
    chain_id = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    asks_indexers = models.BooleanField(
        default=False, help_text=gettext_lazy("Whether this address may be told to indexers.")
    )
    has_asked = models.BooleanField(default=False, help_text=gettext_lazy("All sources but the logs were asked."))
    sources = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Names the contracts whose logs were read.")
    )
    first_read = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Logs were read from this block on …")
    )
    last_read = models.PositiveBigIntegerField(null=True, blank=True, help_text=gettext_lazy("… to this one."))
    floor = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("The block to read back to."))
    head = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("The newest block when last looked."))
    span = models.PositiveBigIntegerField(
        default=1_000_000, help_text=gettext_lazy("So many blocks the node answers for at once.")
    )
    runs = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("Turns of a worker since it was asked for.")
    )
    trouble = SentenceField(blank=True, help_text=gettext_lazy("What could not be asked, in a sentence."))
    started_at = models.DateTimeField()
    finished_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = gettext_lazy("search for NFTs"), gettext_lazy("searches for NFTs")
        constraints = [
            models.UniqueConstraint(fields=["account", "chain_id"], name="search_once"),
            models.CheckConstraint(
                condition=Q(state="running", due_at__isnull=False, finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
                name="search_runs_or_is_finished",
            ),
            models.CheckConstraint(
                condition=Q(first_read__isnull=True, last_read__isnull=True)
                | Q(first_read__isnull=False, last_read__isnull=False),
                name="search_read_from_and_to",
            ),
        ]

    def __str__(self) -> str:
        return f"Search on chain {self.chain_id}"

    def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, object]:
        return {"state": self.State.FAILED, "finished_at": now, "trouble": sentence}

    @property
    def is_complete(self) -> bool:
        """Return whether all blocks down to `floor` were read."""
        return self.first_read is not None and self.first_read <= self.floor

    @property
    def percent(self) -> int:
        """Return the share of blocks that were read, while it runs."""
        if self.first_read is None or self.last_read is None:
            return 0
        done, total = self.last_read - self.first_read + 1, max(self.head, self.last_read) - self.floor + 1
        return max(0, min(100, 100 * done // max(1, total)))
