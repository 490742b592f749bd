"""The page on which a wallet proves that it is still the same person, beside allauth's for passwords and passkeys."""

from __future__ import annotations

from typing import Any

from allauth.account.internal import flows as account_flows
from allauth.account.views import BaseReauthenticateView
from allauth.usersessions import app_settings
from allauth.usersessions.internal.flows import sessions as flows
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from users.login_methods import WALLET_SESSION
from users.proof import has_form, step_of, was_proved_lately
from users.sessions import Standing, standing
from users.sign_in_log import METHODS, method_of, recent


@method_decorator([never_cache, login_required], name="dispatch")
class ByWallet(BaseReauthenticateView):  # type: ignore[misc]  # allauth has no types
    """Once the wallet did, a form that waits is sent by one more press of a button: the wallet's answer comes as JSON,
    and nothing is changed by looking at a page."""

    form_class = Form
    template_name = "account/reauthenticate_wallet.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if was_proved_lately(request) and not has_form(request):
            return redirect(self.get_success_url())
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def form_valid(self, form: Form) -> HttpResponse:
        if not was_proved_lately(self.request):
            return redirect(self.request.get_full_path())
        answer: HttpResponse = super().form_valid(form)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = self.get_next_url() or ""
        facts = {"wanted": wanted, "step": step_of(wanted), "is_proved": was_proved_lately(self.request)}
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | facts


# Where a person is signed in, and signing out there: one session, all others, or all.


class Sessions(ListUserSessionsView):  # type: ignore[misc]  # allauth has no types
    """allauth's list, with how each began and what happened lately."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Not allauth's own part of it, which takes statements for each session.
        context: dict[str, Any] = super(ListUserSessionsView, self).get_context_data(**kwargs)
        sessions = standing(self.request.user, timezone.now())
        labels = _account_labels(self.request.user) if any(WALLET_SESSION in each.kept for each in sessions) else {}
        for each in sessions:
            each.row.began = _began(each, self.request.user, labels)
        # This browser's first, then whatever was used last: what a person looks for is at an end of the list.
        rows = sorted(
            (each.row for each in sessions), key=lambda row: (not row.is_current(), -row.last_seen_at.timestamp())
        )
        facts = {"sessions": rows, "session_count": len(rows), "show_last_seen_at": app_settings.TRACK_ACTIVITY}
        return context | facts | {"happenings": recent(self.request.user)}


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    is_here = session.is_current()
    flows.end_sessions(request, [session])
    if is_here:
        return redirect("home")
    messages.success(request, "That browser is signed out.")
    return redirect("usersessions_list")


@require_POST
@login_required
def end_all(request: HttpRequest) -> HttpResponse:
    """Everywhere, this browser last: it keeps its sign-in until the others have lost theirs."""
    user = request.user
    flows.end_other_sessions(request, user)
    account_flows.logout.logout(request, show_message=False)
    messages.success(request, "You are signed out everywhere.")
    return redirect("account_login")


def _began(session: Standing, user: User, labels: dict[str, str]) -> str:
    words = METHODS.get(method_of(session.kept, user), "")
    label = labels.get(str(session.kept.get(WALLET_SESSION)), "")
    return f"{words} ({label})" if label else words


def _account_labels(user: User) -> dict[str, str]:
    """What the person calls the accounts their sessions began with, by what the sessions hold."""
    if not apps.is_installed("nft"):
        return {}
    rows = user.wallet_sessions.filter(account__isnull=False).values_list("pk", "account__label")
    return {str(key): label for key, label in rows}
