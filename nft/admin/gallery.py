"""Admin pages of held tokens and token searches. They show no address, since an account may be hidden."""

from __future__ import annotations

from django.contrib import admin

from nft.admin.deciding import DecidesCollections
from nft.admin.filters import ByChain
from nft.models import HeldToken, TokenSearch
from profiles.admin_base import LeasedAdmin, NeedsAttention


@admin.register(HeldToken)
class HeldTokenAdmin(DecidesCollections, LeasedAdmin):
    list_display = ["__str__", "account", "chain_id", "spam", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, ByChain]
    list_select_related = ["account"]
    search_fields = ["name", "collection", "token_id__exact"]
    ordering = ["account_id", "-first_seen_at", "-pk"]
    raw_id_fields = ["account", "image"]
    exclude = ["contract"]
    actions = ["retry", "trust_collection", "deny_collection"]


@admin.register(TokenSearch)
class TokenSearchAdmin(LeasedAdmin):
    list_display = ["__str__", "account", "state", "runs", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "state", ByChain]
    list_select_related = ["account"]
    ordering = ["account_id", "chain_id"]
    raw_id_fields = ["account"]
