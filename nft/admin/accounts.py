"""Accounts and challenges for staff. Nobody can prove an account for somebody else, so nothing is added or changed."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from nft.core.address import to_checksum
from nft.models import LinkedAccount, SignInChallenge
from nft.services.accounts import remove_account_as_staff


@admin.register(LinkedAccount)
class LinkedAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = [
        "checksum_address",
        "user",
        "chain_id",
        "is_contract_account",
        "is_public",
        "linked_at",
        "last_used_at",
    ]
    list_filter = ["is_contract_account", "is_public", "chain_id"]
    list_select_related = ["user"]
    search_fields = ["user__username", "label"]
    ordering = ["-linked_at"]
    show_full_result_count = False
    readonly_fields = [
        "checksum_address",
        "user",
        "chain_id",
        "is_contract_account",
        "label",
        "is_public",
        "linked_at",
        "last_used_at",
    ]
    fields = [*readonly_fields]

    @admin.display(description="address")
    def checksum_address(self, account: LinkedAccount) -> str:
        return to_checksum(account.address)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LinkedAccount | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: LinkedAccount) -> None:
        remove_account_as_staff(obj, actor=_staff(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[LinkedAccount]) -> None:
        for account in queryset:
            self.delete_model(request, account)


@admin.register(SignInChallenge)
class SignInChallengeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Without the text and the nonce: whoever only looks need not see what is still to be signed."""

    list_display = ["issued_at", "checksum_address", "chain_id", "purpose", "user", "expires_at", "consumed_at"]
    list_filter = ["purpose", "chain_id"]
    list_select_related = ["user"]
    ordering = ["-issued_at"]
    show_full_result_count = False
    readonly_fields = [
        "checksum_address",
        "chain_id",
        "purpose",
        "user",
        "issued_at",
        "expires_at",
        "consumed_at",
    ]
    fields = [*readonly_fields]

    @admin.display(description="address")
    def checksum_address(self, challenge: SignInChallenge) -> str:
        return to_checksum(challenge.address)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SignInChallenge | None = None) -> bool:
        return False


def _staff(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # noqa: S101  # the admin lets nobody else in; tells the type checker
    return request.user
