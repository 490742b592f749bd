"""Where a person is signed in, and signing out there: one session, all others, or all."""

from __future__ import annotations

from typing import Any

from allauth.account.internal import flows as account_flows
from allauth.usersessions.internal.flows import sessions as flows
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from avatarsite.login_methods import WALLET_SESSION
from avatarsite.sign_in_log import METHODS, method_of, recent, store_of


class Sessions(ListUserSessionsView):  # type: ignore[misc]  # allauth has no types
    """allauth's list, with how each began and what happened lately."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # This browser's first, then whatever was used last: what a person looks for is at an end of the list.
        context["sessions"].sort(key=lambda each: (not each.is_current(), -each.last_seen_at.timestamp()))
        for session in context["sessions"]:
            session.began = _began(session)
        return context | {"happenings": recent(self.request.user)}


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


def _began(session: UserSession) -> str:
    store = store_of(session)
    words = METHODS.get(method_of(store, session.user), "")
    label = _account_label(session.user, store.get(WALLET_SESSION))
    return f"{words} ({label})" if label else words


def _account_label(user: User, row_id: str | None) -> str:
    """What the person calls the account a session began with."""
    if row_id is None or not apps.is_installed("nft"):
        return ""
    row = user.wallet_sessions.filter(pk=row_id).select_related("account").first()
    return row.account.label if row is not None and row.account is not None else ""
