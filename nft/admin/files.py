"""Admin pages of the IPFS files that we keep."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from nft.models import CachedObject, IpfsBlock, PinnedCopy
from profiles.admin_base import LeasedAdmin, NeedsAttention, ReadOnlyAdmin
from profiles.sentences import gettext as _
from profiles.sentences import ngettext

THUMBNAIL = 48


class Damaged(admin.SimpleListFilter):
    """Files of which a block is missing or changed, and that no gateway has."""

    title = gettext_lazy("damaged")
    parameter_name = "damaged"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CachedObject]) -> QuerySet[CachedObject]:
        return queryset.filter(damaged_at__isnull=False) if self.value() == "yes" else queryset


@admin.register(CachedObject)
class CachedObjectAdmin(LeasedAdmin):
    """Only pictures that we made are shown: bytes of strangers are not served to the admin either."""

    list_display = ["thumbnail", "uri", "origin", "media_type", "byte_count", "is_whole", "proved_at", "due_at"]
    list_display_links = ["uri"]
    list_filter = [NeedsAttention, "origin", Damaged]
    search_fields = ["root_cid__exact", "uri", "sha256__exact"]
    ordering = ["-pk"]
    exclude = ["blocks"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        damaged = CachedObject.objects.filter(damaged_at__isnull=False).count()
        if damaged:
            text = ngettext(
                "%(count)s kept file is damaged, and no gateway has it. Filter by “damaged” to see which.",
                "%(count)s kept files are damaged, and no gateway has them. Filter by “damaged” to see which.",
                damaged,
            )
            messages.warning(request, text)
        return super().changelist_view(request, extra_context)

    @admin.display(description=gettext_lazy("whole"), boolean=True, ordering="damaged_at")
    def is_whole(self, found: CachedObject) -> bool:
        return found.damaged_at is None

    @admin.display(description="")
    def thumbnail(self, found: CachedObject) -> SafeString | str:
        if not found.media_type.startswith("image/") or found.uri != f"ipfs://{found.root_cid}":
            return ""
        url = reverse("nft:ipfs", args=[found.root_cid])
        return format_html('<img src="{}" width="{}" height="{}" alt="">', url, THUMBNAIL, THUMBNAIL)


@admin.register(IpfsBlock)
class IpfsBlockAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "byte_count", "created_at", "touched_at"]
    search_fields = ["=pk"]
    hash_search_fields = ["sha256__exact"]
    ordering = ["-pk"]


@admin.register(PinnedCopy)
class PinnedCopyAdmin(LeasedAdmin):
    list_display = ["object", "pinner", "state", "held_at", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "state", "pinner"]
    list_select_related = ["object"]
    search_fields = ["object__root_cid__exact"]
    ordering = ["-pk"]
    raw_id_fields = ["object"]
