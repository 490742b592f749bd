"""What we keep about wallets as a way in: sessions they began, profiles they left, and how many tries failed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from nft.fields import AddressField


class WalletSession(models.Model):
    """A session of the site that a wallet began. The session names this row, whatever becomes of its own key.

    Text and signature are kept for contract accounts only, whose contract is asked about them again every day: a key
    can't take back what it signed, a contract can. They sign nobody in, as the nonce in the text is used up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wallet_sessions")
    account = models.ForeignKey(
        "nft.LinkedAccount", on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    text = models.TextField(blank=True)
    signature = models.BinaryField(blank=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="Noted once a day.")
    checked_at = models.DateTimeField(help_text="When the contract last vouched for the signature.")
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="Empty where there is nothing to ask.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=300, blank=True, help_text="Told at the next visit.")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=models.Q(next_check_at__isnull=False, ended_at__isnull=True),
                name="wallet_session_due",
            )
        ]

    def __str__(self) -> str:
        return f"Since {self.begun_at:%Y-%m-%d %H:%M}"


class AccountReturn(models.Model):
    """The way back to a profile whose only account was moved to another one: whoever signs in with that account while
    it is linked to nobody is this person again."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account_return")
    address = AddressField()
    chain_id = models.PositiveBigIntegerField()
    is_contract_account = models.BooleanField()
    left_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address"], name="account_return_address")]

    def __str__(self) -> str:
        return f"Since {self.left_at:%Y-%m-%d %H:%M}"


class SignInCount(models.Model):
    """How many answers to a text to sign ended in what way on one day. Counts only: no address, person or network."""

    day = models.DateField()
    outcome = models.CharField(max_length=40, help_text="The stable name of the refusal.")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "outcome"]
        constraints = [models.UniqueConstraint(fields=["day", "outcome"], name="sign_in_count_once_a_day")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.day}"
