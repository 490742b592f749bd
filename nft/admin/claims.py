"""Admin pages of claims and their pictures. Staff can have a claim verified again, but can't decide its verdict."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from nft.admin.deciding import DecidesCollections
from nft.admin.filters import ByChain, ByProof, ByStandard
from nft.claims.claiming import recheck_as_staff
from nft.claims.history import SHOWN
from nft.claims.sweeping import LATE
from nft.models import ClaimCheck, ClaimPicture, TokenClaim
from profiles.admin_base import MOST, LeasedAdmin, NeedsAttention, ReadOnlyInline, username_lookup, with_reason
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in
from profiles.sentences import gettext as _
from profiles.sentences import ngettext
from profiles.store.renditions import content_url, pick_rendition

THUMBNAIL = 48
GIVEN_UP = Q(picture__state=ClaimPicture.State.FAILED, avatar__isnull=True) | Q(picture__gave_up_at__isnull=False)


class PictureGivenUp(admin.SimpleListFilter):
    """Verified tokens whose picture is not fetched again automatically; the action `look_again` does."""

    title = gettext_lazy("picture was given up")
    parameter_name = "picture_given_up"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TokenClaim]) -> QuerySet[TokenClaim]:
        return queryset.filter(GIVEN_UP) if self.value() == "yes" else queryset


class Late(admin.SimpleListFilter):
    """Claims whose check is over LATE behind its time."""

    title = _("late check")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TokenClaim]) -> QuerySet[TokenClaim]:
        return queryset.filter(due_at__lte=timezone.now() - LATE) if self.value() == "yes" else queryset


class PastChecks(ReadOnlyInline):
    model = ClaimCheck
    fk_name = "claim"
    fields = ["at", "verdict", "reason", "sentence", "block_number", "block_hash", "last_at", "last_block_number"]
    verbose_name_plural = gettext_lazy("what the chain said")
    shown = SHOWN


class Picture(ReadOnlyInline):
    model = ClaimPicture
    fk_name = "claim"
    exclude = ["new_facts"]
    raw_id_fields = ["new_image"]
    verbose_name_plural = gettext_lazy("its picture")
    shown = 1


@admin.register(TokenClaim)
class TokenClaimAdmin(DecidesCollections, LeasedAdmin):
    list_display = [
        "thumbnail",
        "name",
        "user",
        "state",
        "reason",
        "checked_at",
        "short_id",
        "short_contract",
        "chain_id",
    ]
    list_display_links = ["thumbnail", "name"]
    list_filter = [NeedsAttention, PictureGivenUp, Late, "state", "picture__state", ByStandard, ByChain]
    list_select_related = ["user", "picture", "avatar__image"]
    search_fields = [
        f"{username_lookup()}__exact",
        "user__avatar_profile__handle__exact",
        "picture__name",
        "picture__collection",
        "token_id__exact",
    ]
    ordering = ["-created_at"]
    raw_id_fields = ["user", "account", "avatar"]
    exclude = ["contract"]
    readonly_fields = ["checksum_contract", "thumbnail"]
    inlines = [Picture, PastChecks]
    # `look_again` instead of "retry": it also resets the state and writes the person's audit
    actions = ["look_again", "trust_collection", "deny_collection"]

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

    @admin.display(description=gettext_lazy("name"), ordering="picture__name")
    def name(self, claim: TokenClaim) -> str:
        return claim.name

    @admin.display(description=gettext_lazy("contract"))
    def short_contract(self, claim: TokenClaim) -> str:
        return f"{claim.contract_text[:6]}…{claim.contract_text[-4:]}"

    @admin.display(description=gettext_lazy("contract"))
    def checksum_contract(self, claim: TokenClaim) -> str:
        return claim.contract_text

    @admin.display(description=gettext_lazy("token id"))
    def short_id(self, claim: TokenClaim) -> str:
        text = claim.token_id_text
        return text if len(text) <= 12 else f"{text[:5]}…{text[-5:]}"

    def audit_query(self, row: TokenClaim) -> dict[str, str]:
        return {"person": str(profile_of(row.user).pk), "claim": str(row.pk)}

    @with_reason(gettext_lazy("Check again (the person’s audit keeps the reason)"), "retry")
    def look_again(self, request: HttpRequest, chosen: QuerySet[TokenClaim], reason: str) -> str:
        claims = list(chosen[:MOST])
        for claim in claims:
            recheck_as_staff(claim, signed_in(request), timezone.now(), reason)
        return ngettext("%(count)s claim will be checked.", "%(count)s claims will be checked.", len(claims))


@admin.register(ClaimPicture)
class ClaimPictureAdmin(LeasedAdmin):
    list_display = ["claim", "state", "proof", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "state", ByProof]
    list_select_related = ["claim__picture"]
    search_fields = ["name", "collection"]
    ordering = ["-pk"]
    raw_id_fields = ["claim", "new_image"]
    exclude = ["new_facts"]
