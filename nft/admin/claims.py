"""Claims for staff: their pictures and states, and a look again at the chain. Nobody can make a token somebody's."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nft.claims.checking import TRIES
from nft.claims.claiming import recheck_as_staff
from nft.claims.history import SHOWN
from nft.claims.picture import FAILED
from nft.models import ClaimCheck, TokenClaim
from profiles.admin_base import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, username_lookup
from profiles.people.signed_in import signed_in
from profiles.store.renditions import content_url, pick_rendition

THUMBNAIL = 48
MAX_AT_ONCE = 100


class Stuck(admin.SimpleListFilter):
    """What no worker tries again by itself: "Look again" does."""

    title = "waits for a person"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("check", "Its check died 3 times"), ("picture", "Its picture was given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TokenClaim]) -> QuerySet[TokenClaim]:
        if self.value() == "check":
            return queryset.filter(deaths__gte=TRIES)
        if self.value() == "picture":
            return queryset.filter(reason=FAILED, media_due_at__isnull=True)
        return queryset


class PastChecks(ReadOnlyInline):
    model = ClaimCheck
    fk_name = "claim"
    fields = ["at", "verdict", "reason", "sentence", "block_number", "block_hash"]
    verbose_name_plural = "what the chain said"
    shown = SHOWN


@admin.register(TokenClaim)
class TokenClaimAdmin(ReadOnlyAdmin):
    list_display = [
        "thumbnail",
        "name",
        "user",
        "chain_id",
        "checksum_contract",
        "short_id",
        "state",
        "step",
        "reason",
        "checked_at",
        "next_check_at",
        "attempts",
        "deaths",
    ]
    list_display_links = ["thumbnail", "name"]
    list_filter = [Stuck, "state", "step", "proof", "standard", "chain_id"]
    list_select_related = ["user", "avatar__image"]
    search_fields = [username_lookup(), "name", "collection"]
    ordering = ["-created_at"]
    raw_id_fields = ["user", "account", "avatar"]
    exclude = ["contract", "attempt", "media_attempt"]
    readonly_fields = ["checksum_contract", "thumbnail"]
    inlines = [PastChecks]
    actions = ["look_again"]
    action_form = ReasonForm

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search by token id only for a number: the field refuses to be compared with other text."""
        is_number = request.GET.get("q", "").strip().isdecimal()
        return [*self.search_fields, *(["token_id__exact"] if is_number else [])]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokenClaim]:
        claims: QuerySet[TokenClaim] = super().get_queryset(request)
        return claims.prefetch_related("avatar__image__renditions")

    @admin.display(description="")
    def thumbnail(self, claim: TokenClaim) -> SafeString | str:
        if claim.avatar is None:
            return ""
        rendition = pick_rendition(claim.avatar.image.renditions.all(), THUMBNAIL)
        if rendition is None:
            return ""
        return format_html('<img src="{}" width="{}" height="{}" alt="">', content_url(rendition), THUMBNAIL, THUMBNAIL)

    @admin.display(description="contract")
    def checksum_contract(self, claim: TokenClaim) -> str:
        return claim.contract_text

    @admin.display(description="token id")
    def short_id(self, claim: TokenClaim) -> str:
        text = claim.token_id_text
        return text if len(text) <= 12 else f"{text[:5]}…{text[-5:]}"

    @admin.action(description="Look again at the chain (needs a reason)", permissions=["view"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[TokenClaim]) -> None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "Write why you look again: it stands in the person's audit.", messages.ERROR)
            return
        chosen = list(queryset[:MAX_AT_ONCE])
        for claim in chosen:
            recheck_as_staff(claim, signed_in(request), timezone.now(), reason)
        self.message_user(request, f"{len(chosen)} claims will be checked.")
