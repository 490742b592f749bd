"""Admin pages of collections and token likenesses. A decision about a collection needs a reason and applies at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.admin.filters import ByChain
from nft.claims.collection_decisions import decide_collection
from nft.claims.errors import ClaimError
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.models import Collection, TokenLikeness
from nft.tokens.lookalikes import describe
from profiles.admin_base import ReadOnlyAdmin, ReasonForm
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
    action_form = ReasonForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("nft.add_collection"))

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

    @admin.action(description=gettext_lazy("Trust (needs a reason)"), permissions=["add"])
    def trust(self, request: HttpRequest, queryset: QuerySet[Collection]) -> None:
        self._decide(request, queryset, Collection.Standing.TRUSTED)

    @admin.action(description=gettext_lazy("Do not show here (needs a reason)"), permissions=["add"])
    def deny(self, request: HttpRequest, queryset: QuerySet[Collection]) -> None:
        self._decide(request, queryset, Collection.Standing.DENIED)

    @admin.action(description=gettext_lazy("No opinion (needs a reason)"), permissions=["add"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Collection]) -> None:
        self._decide(request, queryset, Collection.Standing.NONE)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Collection], standing: str) -> None:
        reason = request.POST.get("reason", "")
        try:
            for row in queryset:
                decide_collection(
                    row.chain_id, row.contract, standing, reason, actor=signed_in(request), now=timezone.now()
                )
        except ClaimError as error:
            self.message_user(request, error.sentence, messages.ERROR)


@admin.register(TokenLikeness)
class TokenLikenessAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "chain_id", "seen_at", "warning"]
    list_select_related = ["resembles"]
    list_filter = [("resembles", admin.EmptyFieldListFilter), ByChain]
    search_fields = ["name", "collection"]
    exclude = ["contract"]

    @admin.display(description=gettext_lazy("looks like"))
    def warning(self, row: TokenLikeness) -> str:
        return describe(row)
