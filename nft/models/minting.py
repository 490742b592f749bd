"""Mint requests, and the transactions that the site pays for."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.fields import AddressField, Uint256Field
from nft.models.accounts import LinkedAccount
from profiles.fields import SentenceField
from profiles.leases import Leased, Policy
from profiles.models import StoredImage


class MintRequest(Leased):
    """A picture that is being minted as a token. Each state is stored before the next step begins.

    Nothing of a draft is public. Its person publishes or cancels it; one that nobody publishes is deleted when it is
    due.
    """

    policy = Policy(longest_delay=timedelta(minutes=10))
    person = "user_id"

    class State(models.TextChoices):
        DRAFT = "draft", gettext_lazy("Draft")
        STORING = "storing", gettext_lazy("Being stored")
        PUBLISHING = "publishing", gettext_lazy("Being published")
        PINNED = "pinned", gettext_lazy("Published to IPFS")
        AWAITING_SIGNATURE = "awaiting_signature", gettext_lazy("Waiting for your wallet")
        SUBMITTED = "submitted", gettext_lazy("Sent to the chain")
        MINED = "mined", gettext_lazy("In a block")
        CONFIRMED = "confirmed", gettext_lazy("Confirmed")
        FAILED = "failed", gettext_lazy("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "mint_once_per_key" begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_mint_requests", db_index=False
    )
    account = models.ForeignKey(LinkedAccount, on_delete=models.SET_NULL, null=True, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    owner = AddressField(help_text=gettext_lazy("Who the token is minted to."))
    sponsor: models.Field[bytes | None, bytes | None] = AddressField(  # type: ignore[assignment, misc]  # nullable
        null=True,
        blank=True,
        help_text=gettext_lazy("The site's account that pays and sends; empty where the owner does."),
    )
    name = models.CharField(
        max_length=100, blank=True, help_text=gettext_lazy("Empty for a draft whose form is not complete.")
    )
    description = models.CharField(max_length=500, blank=True)

    picture = models.ForeignKey(
        StoredImage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mint_requests",
        help_text=gettext_lazy("The private copy, until IPFS has the picture."),
    )
    sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the stored picture: it is known by it later.")
    )
    is_to_be_used = models.BooleanField(
        default=False, help_text=gettext_lazy("It becomes the person's picture once it is theirs.")
    )

    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    reason_sentence = SentenceField(blank=True)
    image_cid = models.CharField(max_length=128, blank=True)
    metadata_cid = models.CharField(max_length=128, blank=True)
    image_uri = models.TextField(blank=True)
    metadata_uri = models.TextField(blank=True)
    gas = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("What the mint is estimated to need.")
    )
    gas_price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Wei for each unit of gas when it was estimated.")
    )
    tx_hash = models.CharField(max_length=66, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    token_id: models.Field[int | None, int | None] = Uint256Field(  # type: ignore[assignment, misc]  # nullable
        null=True, blank=True
    )
    mined_block_number = models.PositiveBigIntegerField(null=True, blank=True)
    mined_block_hash = models.CharField(max_length=66, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    published_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the person agreed to publish it. Empty for a draft.")
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(Leased.Meta):
        ordering = ["-created_at"]
        verbose_name, verbose_name_plural = gettext_lazy("mint"), gettext_lazy("mints")
        indexes = [
            models.Index(fields=["-created_at"], name="mint_newest"),
            models.Index(fields=["image_cid"], name="mint_image"),
            *Leased.Meta.indexes,
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="mint_once_per_key"),
            models.UniqueConstraint(
                fields=["chain_id", "tx_hash"], condition=~Q(tx_hash=""), name="mint_transaction_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(token_id__isnull=False),
                name="confirmed_mint_has_its_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, object]:
        return {"reason_sentence": sentence}

    @property
    def sender(self) -> bytes:
        """Return the account that calls `mintOnce`. The contract counts requests by caller."""
        return self.owner if self.sponsor is None else self.sponsor

    @property
    def contract_text(self) -> str:
        return to_checksum(self.contract)

    @property
    def token_id_text(self) -> str:
        return "" if self.token_id is None else str(self.token_id)


class SponsorAccount(models.Model):
    """The next nonce of an account that pays for the site, and what it owned when last asked, in wei.

    Lock the row to take a nonce.
    """

    chain_id = models.PositiveBigIntegerField()
    address = AddressField()
    next_nonce = models.PositiveBigIntegerField(default=0)
    balance: models.Field[int | None, int | None] = Uint256Field(null=True, blank=True)  # type: ignore[assignment, misc]  # nullable
    mint_cost: models.Field[int | None, int | None] = Uint256Field(  # type: ignore[assignment, misc]  # nullable
        null=True, blank=True, help_text=gettext_lazy("The most that a mint may cost at the present price of gas.")
    )
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "address"], name="sponsor_account_once")]

    def __str__(self) -> str:
        return f"{self.chain_id}:0x{self.address.hex()}"


class SponsoredTransaction(Leased):
    """One signed transaction. It is stored before it is sent, so that a retry sends the same bytes.

    Of several with the same nonce and rising fees, the chain takes one. Rows stay when their person is deleted: a nonce
    that is never used blocks all later ones.
    """

    policy = Policy(stops=False)

    request = models.ForeignKey(
        "MintRequest", on_delete=models.SET_NULL, null=True, blank=True, related_name="transactions"
    )
    chain_id = models.PositiveBigIntegerField()
    sender = AddressField()
    nonce = models.PositiveBigIntegerField()
    tx_hash = models.CharField(max_length=66)
    raw = models.BinaryField()
    gas = models.PositiveBigIntegerField()
    max_fee = models.PositiveBigIntegerField(help_text=gettext_lazy("Wei for each unit of gas, in all."))
    tip = models.PositiveBigIntegerField(help_text=gettext_lazy("Wei for each unit of gas, for the block's maker."))
    signed_at = models.DateTimeField(db_index=True)
    cost = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Wei it cost; empty unless it is in a block.")
    )
    settled_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When its number was used in a confirmed block, by it or another."),
    )

    class Meta(Leased.Meta):
        ordering = ["-signed_at", "-id"]
        verbose_name, verbose_name_plural = gettext_lazy("mint that we pay"), gettext_lazy("mints that we pay")
        constraints = [models.UniqueConstraint(fields=["chain_id", "tx_hash"], name="sponsored_transaction_once")]
        indexes = [
            models.Index(
                fields=["chain_id", "sender", "nonce"],
                condition=models.Q(settled_at__isnull=True),
                name="sponsored_unsettled",
            ),
            *Leased.Meta.indexes,
        ]

    def __str__(self) -> str:
        return self.tx_hash
