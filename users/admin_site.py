"""The admin site, entered by the site's sign-in; by wallet only with a second factor, if the operator allows it."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse

from profiles.leases import get_attention
from users.login_methods import began_by_wallet
from users.sign_in_log import has_second_factor

NOT_BY_WALLET = "You signed in with a wallet, which does not open the admin here. Sign out, and sign in in another way."
NO_SECOND_FACTOR = (
    "You signed in with a wallet alone. The admin asks for a second step too: set up an authenticator app or a "
    "passkey, sign out, and sign in again."
)


class SiteAdmin(AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not why_not(request)

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        """Begin with what waits for staff, of all kinds of background jobs."""
        waiting = [found for found in get_attention() if found.count]
        return super().index(request, {"attention": waiting, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Send people to the site's sign-in, or tell them why they can't enter. Django's form has no second factor."""
        reason = why_not(request) if super().has_permission(request) else ""
        if reason:
            return render(request, "admin/not_by_wallet.html", {"reason": reason}, status=403)
        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answer


def why_not(request: HttpRequest) -> str:
    """Return why this session does not open the admin although the person may enter it; "" if it does."""
    if not began_by_wallet(request):
        return ""
    if not settings.ADMIN_WALLET_SIGN_IN:
        return NOT_BY_WALLET
    return "" if has_second_factor(request) else NO_SECOND_FACTOR
