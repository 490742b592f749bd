"""Admin pages of collections and token likenesses. A decision about a collection needs a reason and applies at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.admin.deciding import DecidesCollections, decide_chosen
from nft.admin.filters import ByChain
from nft.app_labels import NFT
from nft.claims.collection_decisions import decide_collection
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.models import Collection, TokenLikeness
from nft.tokens.lookalikes import describe
from profiles.admin_base import ReadOnlyAdmin, with_reason
from profiles.people.signed_in import signed_in

if TYPE_CHECKING:  # generic in the stubs only
    _Form = forms.ModelForm[Collection]
else:
    _Form = forms.ModelForm


class CollectionForm(_Form):
    address = forms.CharField(label=gettext_lazy("Contract"), max_length=42)

    class Meta:
        model = Collection
        fields = ("chain_id", "name", "standing", "reason")

    def clean_address(self) -> bytes:
        try:
            return parse_address(self.cleaned_data["address"])
        except InvalidIdentifier as error:
            raise forms.ValidationError(error.sentence) from error


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    form = CollectionForm
    list_display = ["__str__", "chain_id", "address_text", "standing", "reason", "decided_at"]
    list_filter = ["standing", ByChain]
    search_fields = ["name", "reason"]
    exclude = ["contract"]
    actions = ["trust", "deny", "forget"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{NFT}.add_collection"))

    def get_fields(self, request: HttpRequest, obj: Collection | None = None) -> tuple[str, ...]:
        rest = ("name", "standing", "reason")
        return ("chain_id", "address", *rest) if obj is None else ("chain_id", "address_text", *rest, "decided_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Collection | None = None) -> list[str]:
        return [] if obj is None else ["address_text", "decided_at"]

    @admin.display(description=gettext_lazy("contract"))
    def address_text(self, row: Collection) -> str:
        return to_checksum(row.contract)

    def save_model(self, request: HttpRequest, obj: Collection, form: CollectionForm, change: bool) -> None:
        given = form.cleaned_data
        row = decide_collection(
            given["chain_id"],
            given["address"],
            given["standing"],
            given["reason"],
            actor=signed_in(request),
            now=timezone.now(),
            name=given["name"],
        )
        obj.pk, obj.contract, obj.decided_at = row.pk, row.contract, row.decided_at

    @with_reason(gettext_lazy("Trust"), "add")
    def trust(self, request: HttpRequest, chosen: QuerySet[Collection], reason: str) -> str:
        return decide_chosen(request, chosen, Collection.Standing.TRUSTED, reason)

    @with_reason(gettext_lazy("Do not show here (their people read the reason)"), "add")
    def deny(self, request: HttpRequest, chosen: QuerySet[Collection], reason: str) -> str:
        return decide_chosen(request, chosen, Collection.Standing.DENIED, reason)

    @with_reason(gettext_lazy("No opinion"), "add")
    def forget(self, request: HttpRequest, chosen: QuerySet[Collection], reason: str) -> str:
        return decide_chosen(request, chosen, Collection.Standing.NONE, reason)


@admin.register(TokenLikeness)
class TokenLikenessAdmin(DecidesCollections):
    list_display = ["__str__", "chain_id", "seen_at", "warning"]
    list_select_related = ["resembles"]
    list_filter = [("resembles", admin.EmptyFieldListFilter), ByChain]
    search_fields = ["name", "collection"]
    exclude = ["contract"]
    actions = ["trust_collection", "deny_collection"]

    @admin.display(description=gettext_lazy("looks like"))
    def warning(self, row: TokenLikeness) -> str:
        return describe(row)
