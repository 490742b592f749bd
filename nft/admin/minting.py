"""Admin pages of mint requests and sponsored transactions."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from nft.admin.filters import ByChain
from nft.core.evm.address import to_checksum
from nft.models import MintRequest, SponsoredTransaction
from nft.models.accounts import address_for_staff
from profiles.admin_base import LeasedAdmin, NeedsAttention, username_lookup


@admin.register(MintRequest)
class MintRequestAdmin(LeasedAdmin):
    list_display = [
        "name",
        "user",
        "chain_id",
        "state",
        "token_id_text",
        "owner_address",
        "tries",
        "due_at",
        "gave_up_at",
        "created_at",
    ]
    list_filter = [NeedsAttention, "state", ByChain]
    list_select_related = ["user", "account"]
    search_fields = [username_lookup(), "name", "tx_hash__exact"]
    ordering = ["-created_at"]
    raw_id_fields = ["user", "account"]
    exclude = ["contract", "owner", "sponsor"]
    readonly_fields = ["owner_address", "contract_address", "sponsor_address"]

    @admin.display(description=gettext_lazy("owner"))
    def owner_address(self, request: MintRequest) -> str:
        return address_for_staff(request.account)

    @admin.display(description=gettext_lazy("contract"))
    def contract_address(self, request: MintRequest) -> str:
        return to_checksum(request.contract)

    @admin.display(description=gettext_lazy("paid by the site's account"))
    def sponsor_address(self, request: MintRequest) -> str:
        return "" if request.sponsor is None else to_checksum(request.sponsor)


@admin.register(SponsoredTransaction)
class SponsoredTransactionAdmin(LeasedAdmin):
    list_display = ["tx_hash", "chain_id", "sender_address", "nonce", "request", "cost", "signed_at", "settled_at"]
    list_filter = [NeedsAttention, ByChain, ("settled_at", admin.EmptyFieldListFilter)]
    list_select_related = ["request"]
    search_fields = ["tx_hash__exact"]
    ordering = ["-signed_at"]
    raw_id_fields = ["request"]
    exclude = ["sender", "raw"]
    readonly_fields = ["sender_address"]

    @admin.display(description=gettext_lazy("the site's account"))
    def sender_address(self, sent: SponsoredTransaction) -> str:
        return to_checksum(sent.sender)
