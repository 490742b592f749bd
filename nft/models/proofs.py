"""The stored proofs of what claims were last verified to be, and the code of contracts, which many proofs share."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from nft.core.tokens.verdict import RestsOn
from nft.fields import AddressField
from nft.models.accounts import LinkedAccount
from nft.models.claims import ClaimCheck, TokenClaim


class OwnershipProof(models.Model):
    """The proof of a claim's last answer that was proved. `nft.claims.ownership_proofs` writes and reads it.

    The proof that a token is held names its holder, and goes with that account. Of an answer that it is not held, only
    the fact is kept: its document names all accounts of the person.
    """

    class Authority(models.TextChoices):
        SEVERAL_NODES = RestsOn.SEVERAL_NODES, gettext_lazy("several nodes")
        LIGHT_CLIENT = RestsOn.LIGHT_CLIENT, gettext_lazy("a light client")
        ONE_NODE = RestsOn.ONE_NODE, gettext_lazy("one node")

    OWNED = ClaimCheck.Verdict.OWNED

    claim = models.OneToOneField(TokenClaim, on_delete=models.CASCADE, primary_key=True, related_name="ownership_proof")
    proved_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=ClaimCheck.Verdict.choices)
    block_number = models.PositiveBigIntegerField()
    block_hash = models.CharField(max_length=66)
    rests_on = models.CharField(
        max_length=16,
        choices=Authority.choices,
        help_text=gettext_lazy("Whose word it is that the chain has this block."),
    )
    account = models.ForeignKey(
        LinkedAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text=gettext_lazy("The proved holder."),
    )
    vault: models.Field[bytes | None, bytes | None] = AddressField(  # type: ignore[assignment, misc]  # nullable
        null=True, blank=True, help_text=gettext_lazy("That holds it for the account.")
    )
    sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the proof's document, if the token is held.")
    )
    content = models.BinaryField(blank=True, help_text=gettext_lazy("The document without code, compressed."))

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} at block {self.block_number}"


class ContractCode(models.Model):
    """The code of a contract, by its hash. It is public, never changes, and is kept for the proofs that need it."""

    hash = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField(help_text=gettext_lazy("Compressed."))

    def __str__(self) -> str:
        return self.hash
