"""The watchers of chains for staff: how far each has read, how far it is behind, and what stops it."""

from __future__ import annotations

from django.contrib import admin

from nft.models import WatchedChain
from profiles.admin_base import ReadOnlyAdmin


@admin.register(WatchedChain)
class WatchedChainAdmin(ReadOnlyAdmin):
    list_display = [
        "chain_id",
        "next_block",
        "head_block",
        "blocks_behind",
        "head_at",
        "span",
        "trouble",
        "alarm",
        "alarm_at",
    ]
    ordering = ["chain_id"]
    exclude = ["leased_by", "trail"]
    readonly_fields = ["blocks_behind"]
