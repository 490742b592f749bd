"""Linked accounts, their primary names, and sign-in by wallet: challenges, sessions, counts and account returns."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.fields import AddressField
from profiles.fields import SentenceField
from profiles.leases import Leased, Policy


class WalletSession(Leased):
    """A session of the site that began with a sign-in by wallet. The session stores this row's id, not its own key.

    Text and signature are kept for contract accounts only, and verified again every day: unlike a key, a contract can
    revoke a signature. They can't be used to sign in, since the nonce in the text is consumed. The lease is for that.
    """

    policy = Policy(stops=False)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_wallet_sessions")
    account = models.ForeignKey(
        "LinkedAccount", on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    text = models.TextField(blank=True)
    signature = models.BinaryField(blank=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text=gettext_lazy("Noted once a day."))
    checked_at = models.DateTimeField(help_text=gettext_lazy("When the contract last vouched for the signature."))
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = SentenceField(blank=True, help_text=gettext_lazy("Told at the next visit."))

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = gettext_lazy("wallet session"), gettext_lazy("wallet sessions")

    def __str__(self) -> str:
        return f"Since {self.begun_at:%Y-%m-%d %H:%M}"


class AccountReturn(models.Model):
    """An account that was moved away from a profile which has no other.

    A sign-in with this account, while it is linked to nobody, leads back to that profile.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_account_return")
    address = AddressField()
    chain_id = models.PositiveBigIntegerField()
    is_contract_account = models.BooleanField()
    left_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address"], name="account_return_address")]

    def __str__(self) -> str:
        return f"Since {self.left_at:%Y-%m-%d %H:%M}"


class SignInCount(models.Model):
    """The number of sign-in attempts by wallet with one outcome on one day. No address, person or network is kept."""

    day = models.DateField()
    outcome = models.CharField(max_length=40, help_text=gettext_lazy("The stable name of the refusal."))
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "outcome"]
        verbose_name, verbose_name_plural = (
            gettext_lazy("wallet sign-ins of a day"),
            gettext_lazy("wallet sign-ins by day"),
        )
        constraints = [models.UniqueConstraint(fields=["day", "outcome"], name="sign_in_count_once_a_day")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.day}"


class LinkedAccount(models.Model):
    """An account that a person proved to control by a signature (CAIP-10 `eip155:<chain>:<address>`).

    A key has the same account on every chain; a contract account exists only where it is deployed. So keys are unique
    by address, contract accounts by address and chain.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_linked_accounts")
    address = AddressField()
    chain_id = models.PositiveBigIntegerField(help_text=gettext_lazy("The chain it was proved on (EIP-155)."))
    is_contract_account = models.BooleanField(default=False)
    label = models.CharField(max_length=40, blank=True)
    is_public = models.BooleanField(default=False, help_text=gettext_lazy("Show the address on the public profile."))
    is_primary = models.BooleanField(default=False, help_text=gettext_lazy("Offered first, as where new tokens go."))
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_primary", "linked_at"]
        verbose_name, verbose_name_plural = gettext_lazy("wallet"), gettext_lazy("wallets")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_primary=True), name="one_primary_account"),
            # One index for both kinds, which queries by address alone use, too.
            models.UniqueConstraint(
                "address",
                Case(When(is_contract_account=True, then=F("chain_id")), default=Value(0)),
                name="account_once",
            ),
        ]

    def __str__(self) -> str:
        """Return the label or the id, never the address: this text is also in logs and in the admin's history."""
        return self.label or f"Account {str(self.pk)[:8]}"

    @property
    def address_text(self) -> str:
        return to_checksum(self.address)


class PrimaryName(Leased):
    """The primary ENS name of a public account, as of `checked_at`.

    Hidden accounts have no row: a look-up would tell the node's operator that the account is linked here.
    """

    policy = Policy(first_delay=timedelta(minutes=10), longest_delay=timedelta(days=1))

    account = models.OneToOneField(
        LinkedAccount, on_delete=models.CASCADE, primary_key=True, related_name="primary_name"
    )
    name = models.CharField(
        max_length=255, blank=True, help_text=gettext_lazy("In its normal form (ENSIP-15); empty where it has none.")
    )
    checked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When the chain last said that name and account lead to each other."),
    )

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = gettext_lazy("ENS name"), gettext_lazy("ENS names")
        indexes = [models.Index(fields=["name"], name="primary_name_lookup"), *Leased.Meta.indexes]

    def __str__(self) -> str:
        return self.name or "no name"


class SignInChallenge(models.Model):
    """The exact EIP-4361 text that a wallet was asked to sign. It is consumed once, by an atomic update."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", gettext_lazy("Sign in")
        LINK = "link", gettext_lazy("Link an account")
        MOVE = "move", gettext_lazy("Move an account here")
        REAUTHENTICATE = "reauthenticate", gettext_lazy("Prove it is still them")

    nonce = models.CharField(max_length=32)
    text = models.TextField()
    session_hash = models.CharField(max_length=64, help_text=gettext_lazy("sha256 of the session it is bound to."))
    address = AddressField()
    chain_id = models.PositiveBigIntegerField()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("sign-in request"), gettext_lazy("sign-in requests")
        indexes = [models.Index(fields=["session_hash"], name="challenge_by_session")]
        constraints = [
            models.UniqueConstraint(fields=["nonce"], name="challenge_nonce_once"),
            models.CheckConstraint(
                condition=Q(purpose="sign_in", user__isnull=True) | (~Q(purpose="sign_in") & Q(user__isnull=False)),
                name="all_but_a_sign_in_name_their_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.issued_at:%Y-%m-%d %H:%M}"


def accounts_at(chain_id: int) -> Q:
    """Return a filter for accounts that exist on a chain: all keys, and the contract accounts proved there."""
    return Q(is_contract_account=False) | Q(chain_id=chain_id)


def accounts_on(user_id: int, chain_id: int) -> QuerySet[LinkedAccount]:
    """Return a person's accounts that exist on a chain, those linked first coming first."""
    return LinkedAccount.objects.filter(accounts_at(chain_id), user_id=user_id).order_by("linked_at", "pk")


def address_for_staff(account: LinkedAccount | None) -> str:
    """Return the address of a public account, else "hidden": staff do not see it either."""
    return to_checksum(account.address) if account is not None and account.is_public else "hidden"
