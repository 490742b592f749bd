"""What the site itself sent to a chain, so that people who make a token need not pay for it."""

from __future__ import annotations

from django.db import models

from nft.fields import AddressField


class SponsorAccount(models.Model):
    """The lock under which an account of the site's takes the next number (nonce) of its transactions."""

    chain_id = models.PositiveBigIntegerField()
    address = AddressField()
    next_nonce = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "address"], name="sponsor_account_once")]

    def __str__(self) -> str:
        return f"{self.chain_id}:0x{self.address.hex()}"


class SponsoredTransaction(models.Model):
    """One signed transaction, stored before it is sent: whoever goes on sends the very same bytes.

    Several of one nonce outbid each other, and the chain takes one of them. They outlive a person who leaves: a number
    that is never used would hold up all that follow.
    """

    request = models.ForeignKey(
        "nft.MintRequest", on_delete=models.SET_NULL, null=True, blank=True, related_name="transactions"
    )
    chain_id = models.PositiveBigIntegerField()
    sender = AddressField()
    nonce = models.PositiveBigIntegerField()
    tx_hash = models.CharField(max_length=66)
    raw = models.BinaryField()
    gas = models.PositiveBigIntegerField()
    max_fee = models.PositiveBigIntegerField(help_text="Wei for each unit of gas, in all.")
    tip = models.PositiveBigIntegerField(help_text="Wei for each unit of gas, for the block's maker.")
    signed_at = models.DateTimeField(db_index=True)
    cost = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Wei it cost; empty unless it is in a block."
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When its number was used in a confirmed block, by it or another."
    )

    class Meta:
        ordering = ["-signed_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["chain_id", "tx_hash"], name="sponsored_transaction_once")]
        indexes = [
            models.Index(
                fields=["chain_id", "sender", "nonce"],
                condition=models.Q(settled_at__isnull=True),
                name="sponsored_unsettled",
            )
        ]

    def __str__(self) -> str:
        return self.tx_hash
