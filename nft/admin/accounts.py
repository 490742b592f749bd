"""Admin pages of accounts, primary names, challenges and sign-in counts.

Rows are read-only: only the holder can prove an account. Hidden addresses are hidden from staff too; staff who were
told one find its row by a search for the whole address.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.accounts.linking import remove_account_as_staff
from nft.admin.filters import ByChain
from nft.app_labels import NFT
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.models import LinkedAccount, PrimaryName, SignInChallenge, SignInCount, WalletSession
from nft.models.accounts import address_for_staff
from profiles.admin_base import MOST, LeasedAdmin, NeedsAttention, ReadOnlyAdmin, username_lookup, with_reason
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in
from profiles.sentences import ngettext


@admin.register(SignInCount)
class SignInCountAdmin(ReadOnlyAdmin):
    """The outcomes of sign-in attempts by wallet, by day."""

    list_display = ["day", "outcome", "count"]
    list_filter = ["outcome"]


@admin.register(LinkedAccount)
class LinkedAccountAdmin(ReadOnlyAdmin):
    list_display = [
        "__str__",
        "shown_address",
        "user",
        "chain_id",
        "is_contract_account",
        "is_public",
        "linked_at",
        "last_used_at",
    ]
    list_filter = ["is_contract_account", "is_public", ByChain]
    list_select_related = ["user"]
    search_fields = [username_lookup(), "label"]
    search_help_text = gettext_lazy("Username, label, or a whole address.")
    ordering = ["-user_id"]
    readonly_fields = [
        "shown_address",
        "user",
        "chain_id",
        "is_contract_account",
        "label",
        "is_public",
        "is_primary",
        "linked_at",
        "last_used_at",
    ]
    fields = [*readonly_fields]
    actions = ["unlink"]

    @admin.display(description=gettext_lazy("address"))
    def shown_address(self, account: LinkedAccount) -> str:
        return address_for_staff(account)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LinkedAccount], search_term: str
    ) -> tuple[QuerySet[LinkedAccount], bool]:
        try:
            return queryset.filter(address=parse_address(search_term.strip())), False
        except InvalidIdentifier:
            return super().get_search_results(request, queryset, search_term)

    @with_reason(gettext_lazy("Unlink (the person’s audit keeps the reason)"), "unlink")
    def unlink(self, request: HttpRequest, chosen: QuerySet[LinkedAccount], reason: str) -> str:
        accounts = list(chosen.select_related("user")[:MOST])
        for account in accounts:
            remove_account_as_staff(account, signed_in(request), timezone.now(), reason)
        return ngettext("%(count)s wallet is unlinked.", "%(count)s wallets are unlinked.", len(accounts))

    def audit_query(self, row: LinkedAccount) -> dict[str, str]:
        return {"person": str(profile_of(row.user).pk)}

    def has_unlink_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{NFT}.delete_linkedaccount")


@admin.register(SignInChallenge)
class SignInChallengeAdmin(ReadOnlyAdmin):
    """Challenges without text, nonce and address.

    A text may still be waiting for its signature, and the address is not proved to belong to the person who asked.
    """

    list_display = ["issued_at", "chain_id", "purpose", "user", "expires_at", "consumed_at"]
    list_filter = ["purpose", ByChain]
    list_select_related = ["user"]
    ordering = ["-pk"]
    readonly_fields = [
        "chain_id",
        "purpose",
        "user",
        "issued_at",
        "expires_at",
        "consumed_at",
    ]
    fields = [*readonly_fields]


@admin.register(PrimaryName)
class PrimaryNameAdmin(LeasedAdmin):
    """The primary ENS names of public accounts. Hidden accounts have no row."""

    list_display = ["__str__", "account", "checked_at", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    list_select_related = ["account"]
    search_fields = ["name"]
    ordering = ["-pk"]
    raw_id_fields = ["account"]


@admin.register(WalletSession)
class WalletSessionAdmin(LeasedAdmin):
    """Sessions that wallets began, without what was signed."""

    list_display = ["begun_at", "account", "checked_at", "due_at", "ended_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    list_select_related = ["account"]
    ordering = ["-begun_at"]
    fields = ["begun_at", "seen_at", "checked_at", "due_at", "tries", "last_error", "gave_up_at", "ended_at"]
