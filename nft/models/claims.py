"""The tokens that people claim to hold: the claims, their pictures, and the history of their checks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.fields import CID_CHARACTERS, AddressField, Uint256Field
from nft.models.accounts import LinkedAccount
from nft.models.chains import watch_contracts
from profiles.errors import ExpectedError
from profiles.fields import SentenceField
from profiles.leases import Leased, Policy
from profiles.models import Avatar, StoredImage
from profiles.sentences import gettext


class TokenClaimQuerySet(models.QuerySet["TokenClaim"]):
    def bulk_create(self, objs: Iterable[TokenClaim], *arguments: Any, **options: Any) -> list[TokenClaim]:
        """Let the watcher read their contracts, too. See `TokenClaim.save`."""
        claims = list(objs)
        with transaction.atomic():
            watch_contracts((claim.chain_id, claim.contract) for claim in claims)
            return super().bulk_create(claims, *arguments, **options)


class TokenClaim(Leased):
    """A person asks to show a token as their picture. `state` is what the chain last answered.

    The job of this row asks the chain; the one of its ClaimPicture fetches the picture.
    """

    policy: ClassVar[Policy] = Policy(
        lease=timedelta(seconds=90), first_delay=timedelta(seconds=3), longest_delay=timedelta(minutes=10)
    )
    person = "user_id"

    class State(models.TextChoices):
        PENDING = "pending", gettext_lazy("Checking")
        OWNED = "owned", gettext_lazy("Verified")
        NOT_OWNED = "not_owned", gettext_lazy("Not yours")
        UNKNOWN = "unknown", gettext_lazy("Could not be checked")

    class Step(models.TextChoices):
        OWNER = "owner", gettext_lazy("Ask the chain who holds it")
        METADATA = "metadata", gettext_lazy("Read its metadata")
        IMAGE = "image", gettext_lazy("Fetch and prove its image")
        DONE = "done", gettext_lazy("Done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "claim_once_per_person" begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_token_claims", db_index=False
    )
    account = models.ForeignKey(
        LinkedAccount,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="claims",
        help_text=gettext_lazy("The linked account that holds the token, once known."),
    )
    vault: models.Field[bytes | None, bytes | None] = AddressField(  # type: ignore[assignment, misc]  # nullable
        null=True,
        blank=True,
        help_text=gettext_lazy("The address that holds it for that account, if it counts by delegation."),
    )
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    standard = models.CharField(max_length=8, blank=True, help_text=gettext_lazy("erc721 or erc1155, once known."))

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.CharField(
        max_length=40, blank=True, help_text=gettext_lazy("Stable slug of why it is not owned or unknown.")
    )
    reason_sentence = SentenceField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Last check that got an answer."))
    checked_block_number = models.PositiveBigIntegerField(null=True, blank=True)
    checked_block_hash = models.CharField(max_length=66, blank=True)
    moved_at_block = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("A transfer was seen there: no mark until a later block is confirmed."),
    )
    avatar = models.ForeignKey(Avatar, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    transfer_tx = models.CharField(
        max_length=66, blank=True, help_text=gettext_lazy("The transfer last sent from here.")
    )
    is_transfer_refused = models.BooleanField(
        default=False, help_text=gettext_lazy("The chain refused that transfer: its receipt in a block says so.")
    )
    watch_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Until then it is checked every few seconds: a transfer was sent."),
    )
    asked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Since when somebody waits for a check: it goes before the sweep."),
    )
    is_checked_alone = models.BooleanField(
        default=False, help_text=gettext_lazy("Checked by itself, not in batches: the last answer was not clear.")
    )
    spoils_batches = models.BooleanField(default=False, help_text=gettext_lazy("Its contract needs a call of its own."))

    objects = TokenClaimQuerySet.as_manager()

    # Set for a page by nft.claims.pages.decorate.
    chain_name: str
    is_held: bool  # by shown_claims
    image_avatar: Avatar | None
    is_current: bool
    sentence: str

    class Meta:
        ordering = ["-created_at"]
        verbose_name, verbose_name_plural = gettext_lazy("NFT claim"), gettext_lazy("NFT claims")
        indexes = [
            models.Index(fields=["chain_id", "is_checked_alone", "due_at", "id"], name="claim_due_on_chain"),
            models.Index(fields=["chain_id", "due_at"], condition=Q(asked_at__isnull=False), name="claim_asked"),
            models.Index(fields=["chain_id", "contract", "token_id"], name="claim_by_token"),
            models.Index(fields=["-created_at"], name="claim_newest"),
            models.Index(
                fields=["chain_id", "moved_at_block"], condition=Q(moved_at_block__isnull=False), name="claim_moved"
            ),
            models.Index(fields=["gave_up_at"], condition=Q(gave_up_at__isnull=False), name="tokenclaim_gave_up"),
            models.Index(
                fields=["created_at"], condition=Q(state="not_owned", avatar__isnull=True), name="claim_failed"
            ),
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

    def save(self, *arguments: Any, **options: Any) -> None:
        """Let the watcher read the contract of a new claim from the moment the claim is committed."""
        with transaction.atomic():
            if self._state.adding:
                watch_contracts([(self.chain_id, self.contract)])
            super().save(*arguments, **options)

    def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, object]:
        """Tell the person. What was verified stays, without renewal, so the mark ends by its age."""
        del sentence, now
        return {
            "state": self.State.UNKNOWN if self.state == self.State.PENDING else self.state,
            "reason": "check_died",
            "reason_sentence": gettext(
                "Checking this token failed three times, through a fault of ours. You may check again."
            ),
        }

    @property
    def contract_text(self) -> str:
        return to_checksum(self.contract)

    @property
    def vault_text(self) -> str:
        return to_checksum(self.vault) if self.vault else ""

    @property
    def token_id_text(self) -> str:
        return str(self.token_id)

    def get_picture(self) -> ClaimPicture:
        """Return the row of its picture: an unsaved, empty one until the picture was first asked for.

        Costs a query unless `picture` was selected with the claim.
        """
        try:
            return self.picture
        except ClaimPicture.DoesNotExist:
            return ClaimPicture(claim=self)

    @property
    def name(self) -> str:
        """Return the token's name by its metadata; empty until its picture was fetched."""
        return self.get_picture().name

    @property
    def collection(self) -> str:
        """Return the contract's own name; empty until its picture was fetched."""
        return self.get_picture().collection

    @property
    def step(self) -> Step:
        """Return how far the claim has come towards a picture."""
        if self.state != self.State.OWNED:
            return self.Step.OWNER
        return self.Step.DONE if self.avatar_id is not None else self.Step(self.get_picture().step)


class PictureFacts(TypedDict):
    """What is known of a token's picture: these are columns of ClaimPicture, too.

    `sha256` is of the bytes that were fetched, not of what we made of them. `proof` is "cid", "inline" or "mutable".
    """

    name: str
    collection: str
    token_uri: str
    image_uri: str
    image_cid: str
    proof: str
    sha256: str


class ClaimPicture(Leased):
    """The picture of a claimed token, and the job that fetches it: first to show it, later to see if it changed.

    The facts are of the picture that is shown. A different one waits in `new_image` and `new_facts` for its person's
    decision.
    """

    # Tried for more than a day: what a host answers once, such as an error page, says nothing about tomorrow.
    policy: ClassVar[Policy] = Policy(tries=22, first_delay=timedelta(seconds=20), longest_delay=timedelta(hours=2))
    person = "claim__user_id"

    class State(models.TextChoices):
        FIRST = "first", gettext_lazy("Fetching it for the first time")
        SHOWN = "", gettext_lazy("Fetched")
        LOOKING = "looking", gettext_lazy("Looking")
        SAME = "same", gettext_lazy("The same picture")
        CHANGED = "changed", gettext_lazy("Another picture, not approved yet")
        KEPT = "kept", gettext_lazy("Another picture; the person keeps the old one")
        FAILED = "failed", gettext_lazy("It could not be fetched")

    claim = models.OneToOneField(TokenClaim, on_delete=models.CASCADE, primary_key=True, related_name="picture")
    state = models.CharField(max_length=8, choices=State.choices, default=State.FIRST, blank=True)
    step = models.CharField(
        max_length=10,
        choices=TokenClaim.Step.choices,
        default=TokenClaim.Step.METADATA,
        help_text=gettext_lazy("Of the first fetch."),
    )

    name = models.CharField(max_length=200, blank=True)
    collection = models.CharField(max_length=200, blank=True)
    token_uri = models.TextField(blank=True)
    image_uri = models.TextField(blank=True)
    image_cid = models.CharField(max_length=CID_CHARACTERS, blank=True)
    proof = models.CharField(max_length=8, blank=True, help_text=gettext_lazy("cid, inline or mutable."))
    sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the image file that the token names.")
    )

    new_image = models.ForeignKey(
        StoredImage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    new_facts: models.JSONField[PictureFacts | None, PictureFacts | None] = models.JSONField(null=True, blank=True)
    declined_sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the stored picture that the person did not want.")
    )
    changed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Since when the metadata is known to lead to another picture.")
    )
    compared_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When the metadata was last read again to see if the picture changed."),
    )

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("NFT picture"), gettext_lazy("NFT pictures")
        indexes = [
            models.Index(fields=["image_cid"], condition=~Q(image_cid=""), name="claimpicture_by_cid"),
            models.Index(fields=["new_image"], condition=Q(new_image__isnull=False), name="claimpicture_waiting"),
            *Leased.Meta.indexes,
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="changed", new_image__isnull=False, new_facts__isnull=False)
                | (~Q(state="changed") & Q(new_image__isnull=True)),
                name="changed_has_its_picture",
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()

    def record_error(self, error: ExpectedError, now: datetime) -> None:
        """Retry or fail. A host that is busy for `retry_after` seconds was not asked, so that costs no try."""
        if error.retry_after is not None:
            self.postpone(now, timedelta(seconds=error.retry_after), last_error=error.sentence)
        elif error.permanent or self.tries >= (self.policy.tries or 0):
            self.fail(error, **self._columns_of_failure(now))
        else:
            self.retry(error, now)

    def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, object]:
        """Leave a first fetch what it is, so that a retry by staff ends in a picture."""
        del sentence
        return {} if self.state == self.State.FIRST else self._columns_of_failure(now)

    def _columns_of_failure(self, now: datetime) -> dict[str, object]:
        """Return the state after the last try. A new picture that was found before still waits for its person."""
        state = self.State.CHANGED if self.state == self.State.CHANGED else self.State.FAILED
        return {"state": state, "compared_at": now}


class ClaimCheck(models.Model):
    """A line of a claim's history: an answer that differed from the one before.

    The newest line of a claim is open (`last_at` is empty): its last check is the claim's own `checked_at`.
    """

    class Verdict(models.TextChoices):
        OWNED = "owned", gettext_lazy("Yours")
        NOT_OWNED = "not_owned", gettext_lazy("Not yours")
        UNKNOWN = "unknown", gettext_lazy("Not known")

    # No index of its own: "check_of_claim" begins with it.
    claim: models.ForeignKey[TokenClaim, TokenClaim] = models.ForeignKey(
        "TokenClaim", on_delete=models.CASCADE, related_name="checks", db_index=False
    )
    at = models.DateTimeField(help_text=gettext_lazy("When it was first the answer."))
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=40, help_text=gettext_lazy("Stable slug."))
    sentence = SentenceField(blank=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)
    last_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When it was last the answer; empty while it is.")
    )
    last_block_number = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["claim", "-at"], name="check_of_claim"),
            models.Index(fields=["last_at"], condition=Q(last_at__isnull=False), name="check_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.at:%Y-%m-%d %H:%M}"
