"""The admin site, entered by the site's sign-in and a second factor; by wallet only if the operator allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.app_labels import PROFILES
from profiles.desk.start import build_start, forget_start
from profiles.people.signed_in import signed_in
from users.login_methods import began_by_wallet
from users.sign_in_log import has_second_factor

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
NOT_BY_WALLET = gettext_lazy(
    "You signed in with a wallet, which does not open the admin here. Sign out, and sign in in another way."
)
SET_IT_UP = gettext_lazy(
    "The admin asks for a second step: set up an authenticator app or a passkey, then come back here."
)
GIVE_IT = gettext_lazy("The admin asks for a second step in each session. Enter a code, or use your passkey.")
BY_CODE, BY_PASSKEY = gettext_lazy("Enter a code"), gettext_lazy("Use a passkey")


@dataclass(frozen=True)
class NextStep:
    """Why a session does not open the admin, and the links that lead on. Without links, only signing out does."""

    heading: str
    reason: str
    links: tuple[tuple[str, str], ...] = ()


class SiteAdmin(AdminSite):
    # The start page has all lists; beside one, its columns need the room.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and find_next_step(request) is None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Let the desk be read anew after whatever staff do."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def seen(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
            response: HttpResponseBase = inner(request, *arguments, **named)
            if request.method == "POST":
                forget_start()
            return response

        return cast("View", seen)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Say also whether the page has a field that finds people and pictures."""
        return super().each_context(request) | {"may_find": request.user.has_perm(f"{PROFILES}.view_profile")}

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        """Begin with the desk: what waits for staff, the health of each part, today's figures."""
        start = build_start(signed_in(request))
        return super().index(request, {"start": start, "is_desk": True, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Send people to the site's sign-in, or tell them why they can't enter. Django's form has no second factor."""
        step = find_next_step(request) if super().has_permission(request) else None
        if step is not None:
            return render(request, "users/next_step.html", {"step": step}, status=403)
        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answer


def find_next_step(request: HttpRequest) -> NextStep | None:
    """Return what a session of staff lacks to open the admin; None if it opens it."""
    by_wallet = began_by_wallet(request)
    if by_wallet and not settings.ADMIN_WALLET_SIGN_IN:
        return NextStep(_("Not with this sign-in"), str(NOT_BY_WALLET))
    if not (by_wallet or settings.STAFF_NEED_SECOND_FACTOR) or has_second_factor(request):
        return None
    if ways := _second_factors(request):
        return NextStep(_("One more step"), str(GIVE_IT), ways)
    return NextStep(_("One more step"), str(SET_IT_UP), ((_("Set up a second step"), reverse("mfa_index")),))


def _second_factors(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """Return the person's ways to give a second factor in this session, each with its page. It leads back here."""
    query = urlencode({"next": reverse("admin:index")})
    methods = get_adapter().get_reauthentication_methods(request.user)
    ways = {str(method["id"]): f"{method['url']}?{query}" for method in methods}
    names = {"mfa_reauthenticate": BY_CODE, "mfa_reauthenticate:webauthn": BY_PASSKEY}
    return tuple((str(names[way]), url) for way, url in ways.items() if way in names)
