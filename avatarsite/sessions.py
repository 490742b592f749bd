"""Where a person is signed in, and signing out there: one session, all others, or all."""

from __future__ import annotations

from typing import Any

from allauth.account.internal import flows as account_flows
from allauth.usersessions import app_settings
from allauth.usersessions.internal.flows import sessions as flows
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from avatarsite.login_methods import WALLET_SESSION
from avatarsite.session_list import Standing, standing
from avatarsite.sign_in_log import METHODS, method_of, recent


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
