"""Admin page of the chains' watchers: the cursor of each, how far it is behind, and its last error."""

from __future__ import annotations

from django.contrib import admin

from nft.models import WatchedChain
from profiles.admin_base import LeasedAdmin, NeedsAttention


@admin.register(WatchedChain)
class WatchedChainAdmin(LeasedAdmin):
    list_display = [
        "chain_id",
        "next_block",
        "head_block",
        "blocks_behind",
        "head_at",
        "span",
        "last_error",
        "alarm",
        "alarm_at",
        "gave_up_at",
    ]
    list_filter = [NeedsAttention]
    ordering = ["chain_id"]
    exclude = ["trail"]
    readonly_fields = ["blocks_behind"]
