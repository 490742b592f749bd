"""Accounts people proved, tokens they claim, pictures they mint, and the bytes we keep for IPFS."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from nft.core.evm.address import to_checksum
from nft.fields import AddressField, Uint256Field

if TYPE_CHECKING:
    from profiles.models import Avatar
from datetime import datetime
from typing import Any

from nft.models.accounts import LinkedAccount


class TokenClaim(models.Model):
    """Somebody asks to show a token as their picture. The state follows the chain for as long as it is shown."""

    class State(models.TextChoices):
        PENDING = "pending", "Checking"
        OWNED = "owned", "Verified"
        NOT_OWNED = "not_owned", "Not yours"
        UNKNOWN = "unknown", "Could not be checked"

    class Step(models.TextChoices):
        OWNER = "owner", "Ask the chain who holds it"
        METADATA = "metadata", "Read its metadata"
        IMAGE = "image", "Fetch and prove its image"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="token_claims")
    account = models.ForeignKey(
        LinkedAccount,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="claims",
        help_text="The linked account that holds the token, once known.",
    )
    vault: models.Field[bytes | None, bytes | None] = AddressField(  # type: ignore[assignment, misc]  # nullable
        null=True, blank=True, help_text="Who holds it for that account, where it counts by delegation."
    )
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    standard = models.CharField(max_length=8, blank=True, help_text="erc721 or erc1155, once known.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.OWNER)
    reason = models.CharField(max_length=40, blank=True, help_text="Stable slug of why it is not owned or unknown.")
    reason_sentence = models.CharField(max_length=300, blank=True)
    wants_picture = models.BooleanField(default=True, help_text="Make it the picture as soon as it is verified.")

    checked_at = models.DateTimeField(null=True, blank=True, help_text="Last check that got an answer.")
    checked_block_number = models.PositiveBigIntegerField(null=True, blank=True)
    checked_block_hash = models.CharField(max_length=66, blank=True)
    next_check_at = models.DateTimeField(help_text="When a worker must ask the chain again.")
    is_checked_alone = models.BooleanField(
        default=True, help_text="By itself, not in batches: it is new, or the last answer was no clear one."
    )
    spoils_batches = models.BooleanField(default=False, help_text="Its contract needs a call of its own.")
    attempts = models.PositiveIntegerField(default=0, help_text="Tries since the chain last answered.")
    attempt = models.UUIDField(null=True, blank=True, help_text="The check that holds the claim now.")
    deaths = models.PositiveSmallIntegerField(
        default=0, help_text="Checks in a row that ended without a word; after 3 it waits for a person."
    )
    noted_at = models.DateTimeField(
        null=True, blank=True, help_text="When what is known of it was last written into its history."
    )
    moved_at_block = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="A transfer was seen there: no mark until a later block is confirmed."
    )
    watch_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then it is checked every few seconds: a transfer was sent."
    )
    transfer_tx = models.CharField(max_length=66, blank=True, help_text="The transfer last sent from here.")
    media_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When a worker must look for the image again; empty when there is nothing to do.",
    )
    media_attempts = models.PositiveIntegerField(default=0, help_text="Tries to fetch the image.")
    media_attempt = models.UUIDField(null=True, blank=True, help_text="The fetch that holds the claim now.")
    media_leased_until = models.DateTimeField(null=True, blank=True, help_text="When that fetch counts as dead.")

    name = models.CharField(max_length=200, blank=True)
    collection = models.CharField(max_length=200, blank=True)
    token_uri = models.TextField(blank=True)
    image_uri = models.TextField(blank=True)
    image_cid = models.CharField(max_length=128, blank=True)
    proof = models.CharField(max_length=8, blank=True, help_text="cid, inline or mutable.")
    avatar = models.ForeignKey("profiles.Avatar", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    # Set for a page by services.presentation.
    chain_name: str
    image_avatar: Avatar | None
    is_current: bool

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["chain_id", "is_checked_alone", "next_check_at", "id"], name="claim_due_on_chain"),
            models.Index(fields=["state", "next_check_at"], name="claim_next_check"),
            models.Index(fields=["noted_at"], name="claim_noted"),
            models.Index(fields=["chain_id", "contract", "token_id"], name="claim_by_token"),
            models.Index(
                fields=["chain_id", "moved_at_block"], condition=Q(moved_at_block__isnull=False), name="claim_moved"
            ),
            models.Index(fields=["deaths"], condition=Q(deaths__gte=3), name="claim_dead"),
            models.Index(fields=["media_due_at"], condition=Q(media_due_at__isnull=False), name="claim_media_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "chain_id", "contract", "token_id"], name="claim_once_per_person"),
            models.CheckConstraint(
                condition=~Q(state="owned") | Q(checked_at__isnull=False, checked_block_number__isnull=False),
                name="owned_names_its_block",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.contract_text} #{self.token_id}"

    @property
    def contract_text(self) -> str:
        return to_checksum(self.contract)

    @property
    def vault_text(self) -> str:
        return to_checksum(self.vault) if self.vault else ""

    @property
    def token_id_text(self) -> str:
        return str(self.token_id)


# What the chain said of a claim before.


class ClaimCheck(models.Model):
    """A line of a claim's history: written when something changed, and once a day while nothing does."""

    class Verdict(models.TextChoices):
        OWNED = "owned", "Yours"
        NOT_OWNED = "not_owned", "Not yours"
        UNKNOWN = "unknown", "Not known"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim: models.ForeignKey[TokenClaim, TokenClaim] = models.ForeignKey(
        "nft.TokenClaim", on_delete=models.CASCADE, related_name="checks"
    )
    at = models.DateTimeField(db_index=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=40, help_text="Stable slug.")
    sentence = models.CharField(max_length=300, blank=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["claim", "-at"], name="check_of_claim")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.at:%Y-%m-%d %H:%M}"


# Looks at whether the picture behind a claimed token has changed.


class PictureCheck(models.Model):
    """The last look at one claim's metadata and image. A new picture waits here for its person's word."""

    class State(models.TextChoices):
        LOOKING = "looking", "Looking"
        SAME = "same", "The same picture"
        CHANGED = "changed", "Another picture, not approved yet"
        KEPT = "kept", "Another picture; the person keeps the old one"
        FAILED = "failed", "It could not be fetched"

    claim = models.OneToOneField(
        "nft.TokenClaim", on_delete=models.CASCADE, primary_key=True, related_name="picture_check"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.LOOKING)
    image = models.ForeignKey("profiles.StoredImage", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    receipt: models.JSONField[Any, Any] = models.JSONField(
        null=True, blank=True, help_text="Of the new picture, without the block."
    )
    kept_over = models.CharField(max_length=64, blank=True, help_text="sha256 of the picture the person did not want.")
    trouble = models.CharField(max_length=300, blank=True)
    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)
    attempt = models.UUIDField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="picture_check_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="changed", image__isnull=False, receipt__isnull=False)
                | (~Q(state="changed") & Q(image__isnull=True)),
                name="changed_has_its_picture",
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()


# Tokens that were sent to somebody here, until they say whether they want to show them.


class ReceivedToken(models.Model):
    """A transfer that was seen, of a token somebody here had listed, to an account somebody here linked. A hint: the
    chain is asked when they take it up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="received_tokens")
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    standard = models.CharField(max_length=8)
    name = models.CharField(max_length=200, blank=True)
    sender = AddressField()
    block_number = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When they took it up, or did not want it.")

    class Meta:
        ordering = ["-block_number", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "chain_id", "contract", "token_id"], name="received_token_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.token_id}"


# What seen transfers mean for claims. A log is a hint only: it takes a mark away at once and has the chain asked, and
# what the chain then says at a confirmed block decides.


def watched_contracts(chain_id: int) -> list[bytes]:
    """The contracts of all claims, in order."""
    contracts = TokenClaim.objects.filter(chain_id=chain_id).values_list("contract", flat=True)
    return [bytes(contract) for contract in contracts.distinct().order_by("contract")]
