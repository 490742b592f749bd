"""Accounts people proved, tokens they claim, pictures they mint, and the bytes we keep for IPFS."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nft.core.address import to_checksum
from nft.fields import AddressField, Uint256Field
from nft.held import HeldToken, TokenSearch
from nft.login_models import AccountReturn, SignInCount, WalletSession
from nft.past_checks import ClaimCheck
from nft.picture_checks import PictureCheck
from nft.pin_models import PinnedCopy
from nft.policy_models import Collection, TokenLikeness
from nft.received_models import ReceivedToken
from nft.sponsor_models import SponsorAccount, SponsoredTransaction
from nft.watched import WatchedChain

if TYPE_CHECKING:
    from profiles.models import Avatar

__all__ = [
    "AccountReturn",
    "CachedObject",
    "ClaimCheck",
    "Collection",
    "HeldToken",
    "IpfsBlock",
    "LinkedAccount",
    "MintRequest",
    "PictureCheck",
    "PinnedCopy",
    "ReceivedToken",
    "SignInChallenge",
    "SignInCount",
    "SponsorAccount",
    "SponsoredTransaction",
    "TokenClaim",
    "TokenLikeness",
    "TokenSearch",
    "WalletSession",
    "WatchedChain",
]


class LinkedAccount(models.Model):
    """An account somebody proved to control by a signature (CAIP-10 `eip155:<chain>:<address>`).

    A key pair is the same on every chain, a contract account only where it was deployed: hence two rules of
    uniqueness.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="linked_accounts")
    address = AddressField()
    chain_id = models.PositiveBigIntegerField(help_text="The chain it was proved on (EIP-155).")
    is_contract_account = models.BooleanField(default=False)
    label = models.CharField(max_length=40, blank=True)
    is_public = models.BooleanField(default=False, help_text="Show the address on the public profile.")
    is_primary = models.BooleanField(default=False, help_text="Offered first, as where new tokens go.")
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_primary", "linked_at"]
        # For whoever asks by the address alone: the unique ones below are partial, which no such question can use.
        indexes = [models.Index(fields=["address"], name="account_by_address")]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_primary=True), name="one_primary_account"),
            models.UniqueConstraint(
                fields=["address"], condition=Q(is_contract_account=False), name="key_account_once"
            ),
            models.UniqueConstraint(
                fields=["address", "chain_id"],
                condition=Q(is_contract_account=True),
                name="contract_account_once_per_chain",
            ),
        ]

    def __str__(self) -> str:
        """Never the address: this also names the row in logs and in the admin's history."""
        return self.label or f"Account {str(self.pk)[:8]}"

    @property
    def address_text(self) -> str:
        return to_checksum(self.address)


class PrimaryName(models.Model):
    """The name a public account gave itself (ENS), as of `checked_at`. A hidden account has no such row: nobody may
    learn from a look-up of ours that it belongs here."""

    account = models.OneToOneField(
        LinkedAccount, on_delete=models.CASCADE, primary_key=True, related_name="primary_name"
    )
    name = models.CharField(
        max_length=255, blank=True, help_text="In its normal form (ENSIP-15); empty where it has none."
    )
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the chain last said that name and account lead to each other."
    )
    next_check_at = models.DateTimeField(db_index=True, help_text="When a worker must ask again.")
    attempts = models.PositiveIntegerField(default=0, help_text="Tries since the chain last answered.")

    class Meta:
        indexes = [models.Index(fields=["name"], name="primary_name_lookup")]

    def __str__(self) -> str:
        return self.name or "no name"


class SignInChallenge(models.Model):
    """The exact EIP-4361 text we asked somebody to sign. Consumed once, by one atomic update."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", "Sign in"
        LINK = "link", "Link an account"
        MOVE = "move", "Move an account here"
        REAUTHENTICATE = "reauthenticate", "Prove it is still them"

    nonce = models.CharField(max_length=32, unique=True)
    text = models.TextField()
    session_hash = models.CharField(max_length=64, db_index=True, help_text="sha256 of the session it is bound to.")
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
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="sign_in", user__isnull=True) | (~Q(purpose="sign_in") & Q(user__isnull=False)),
                name="all_but_a_sign_in_name_their_user",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.issued_at:%Y-%m-%d %H:%M}"


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


class MintRequest(models.Model):
    """A picture on its way to become a token. Each state is stored before the next step is tried."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PINNED = "pinned", "Stored on IPFS"
        AWAITING_SIGNATURE = "awaiting_signature", "Waiting for your wallet"
        SUBMITTED = "submitted", "Sent to the chain"
        MINED = "mined", "In a block"
        CONFIRMED = "confirmed", "Confirmed"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mint_requests")
    account = models.ForeignKey(LinkedAccount, on_delete=models.SET_NULL, null=True, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    owner = AddressField(help_text="Who the token is minted to.")
    sponsor: models.Field[bytes | None, bytes | None] = AddressField(  # type: ignore[assignment, misc]  # nullable
        null=True, blank=True, help_text="The site's account that pays and sends; empty where the owner does."
    )
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)

    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    reason_sentence = models.CharField(max_length=300, blank=True)
    image_cid = models.CharField(max_length=128, blank=True)
    metadata_cid = models.CharField(max_length=128, blank=True)
    image_uri = models.TextField(blank=True)
    metadata_uri = models.TextField(blank=True)
    gas = models.PositiveBigIntegerField(null=True, blank=True, help_text="What the mint is estimated to need.")
    gas_price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Wei for each unit of gas when it was estimated."
    )
    tx_hash = models.CharField(max_length=66, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    token_id = Uint256Field(null=True, blank=True)
    mined_block_number = models.PositiveBigIntegerField(null=True, blank=True)
    mined_block_hash = models.CharField(max_length=66, blank=True)
    next_check_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker must go on; empty once it is confirmed or failed."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Tries since the last step was done.")
    attempt = models.UUIDField(null=True, blank=True, help_text="The try that holds the request now.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    explorer_url: str  # set for a page by its view
    chain_name: str  # likewise

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["next_check_at", "id"], condition=Q(next_check_at__isnull=False), name="mint_due")
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

    @property
    def sender(self) -> bytes:
        """Who calls `mintOnce`; the contract counts requests by caller."""
        return self.owner if self.sponsor is None else self.sponsor

    @property
    def contract_text(self) -> str:
        return to_checksum(self.contract)

    @property
    def token_id_text(self) -> str:
        return "" if self.token_id is None else str(self.token_id)


class IpfsBlock(models.Model):
    """One block we hold, addressed by the sha2-256 of its bytes: CIDv0 and v1 of a block share it."""

    sha256 = models.CharField(max_length=64, unique=True)
    byte_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(db_index=True, help_text="When somebody last began to store or use it.")

    def __str__(self) -> str:
        return self.sha256[:12]


class CachedObject(models.Model):
    """A whole file from IPFS with its proof, shared by everyone who shows it."""

    class Origin(models.TextChoices):
        PINNED = "pinned", "Made and pinned here"
        FETCHED = "fetched", "Fetched and proved"

    uri = models.CharField(max_length=500, unique=True, help_text="Canonical ipfs://<root>/<path>.")
    root_cid = models.CharField(max_length=128, db_index=True)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    media_type = models.CharField(
        max_length=32, blank=True, help_text="Of files made here: only they are served as files. Empty for strangers'."
    )
    byte_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the whole file.")
    blocks: models.ManyToManyField[IpfsBlock, models.Model] = models.ManyToManyField(
        IpfsBlock, related_name="objects_using"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    proved_at = models.DateTimeField(help_text="When every block was last hashed against its CID.")
    used_at = models.DateTimeField(default=timezone.now, help_text="When a token last needed it.")
    damaged_at = models.DateTimeField(
        null=True, blank=True, help_text="When a block was found missing or changed and no gateway had it; else empty."
    )

    class Meta:
        indexes = [
            models.Index(fields=["proved_at"], name="cached_due"),
            models.Index(fields=["used_at"], condition=Q(origin="fetched"), name="cached_unused"),
        ]

    def __str__(self) -> str:
        return self.uri
