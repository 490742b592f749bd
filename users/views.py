"""Pages for people's ways in: the proof by wallet, and the list of sessions with signing out of one, or of all."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.usersessions import app_settings
from allauth.usersessions.adapter import get_adapter as get_sessions_adapter
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
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from profiles.people.api_tokens import live_tokens, revoke_tokens_of
from profiles.people.profiles import profile_of
from profiles.people.signed_in import own_profile, signed_in
from users.allauth_internals import BaseReauthenticateView
from users.login_methods import WALLET_SESSION
from users.proof import WALLET, has_form, step_of, was_proved_lately
from users.sessions import ActiveSession, get_active_sessions
from users.sign_in_log import METHODS, get_recent_events, method_of


@method_decorator([never_cache, login_required], name="dispatch")
class ByWallet(BaseReauthenticateView):  # type: ignore[misc]  # allauth has no types
    """Ask for a signature of a linked wallet as a proof, beside allauth's pages for passwords and passkeys.

    After the proof, a form that waits is sent by one more press of a button: the wallet's answer comes as JSON, and
    looking at a page changes nothing.
    """

    reauthentication_method = WALLET
    form_class = Form
    template_name = "account/reauthenticate_wallet.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if was_proved_lately(request) and not has_form(request):
            return redirect(self.get_success_url())
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def form_valid(self, form: Form) -> HttpResponse:
        if not was_proved_lately(self.request):
            return redirect(self.request.get_full_path())
        answer: HttpResponse = super().form_valid(form)
        return answer

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        wanted = self.get_next_url() or ""
        facts = {"wanted": wanted, "step": step_of(wanted), "is_proved": was_proved_lately(self.request)}
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | facts


class Sessions(ListUserSessionsView):  # type: ignore[misc]  # allauth has no types
    """List the sessions, with how each began and what happened lately."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        # Without allauth's own part, which takes statements for each session.
        context: dict[str, object] = super(ListUserSessionsView, self).get_context_data(**kwargs)
        now = timezone.now()
        sessions = get_active_sessions(self.request.user, now)
        labels = _account_labels(self.request.user) if any(WALLET_SESSION in each.data for each in sessions) else {}
        for each in sessions:
            each.row.began = _began(each, self.request.user, labels)
        # This browser first, then the others by last use.
        rows = sorted(
            (each.row for each in sessions), key=lambda row: (not row.is_current(), -row.last_seen_at.timestamp())
        )
        facts = {
            "sessions": rows,
            "session_count": len(rows),
            "show_last_seen_at": app_settings.TRACK_ACTIVITY,
            "token_count": live_tokens(own_profile(self.request), now).count(),
        }
        return context | facts | {"happenings": get_recent_events(self.request.user)}


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    is_here = session.is_current()
    get_sessions_adapter().end_sessions([session])
    if is_here:
        get_adapter().add_message(request, messages.SUCCESS, "account/messages/logged_out.txt")
        get_adapter().logout(request)
        return redirect("home")
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")


@require_POST
@login_required
def end_all(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere, this browser last: it keeps its sign-in until the others have lost theirs.

    With the field `tokens`, the person's API tokens end, too.
    """
    user = signed_in(request)
    if "tokens" in request.POST:
        revoke_tokens_of(profile_of(user), now=timezone.now(), actor=user)
    others = [session for session in UserSession.objects.filter(user=user) if not session.is_current()]
    get_sessions_adapter().end_sessions(others)
    get_adapter().logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")


def _began(session: ActiveSession, user: User, labels: dict[str, str]) -> str:
    words = str(METHODS.get(method_of(session.data, user), ""))
    label = labels.get(str(session.data.get(WALLET_SESSION)), "")
    return f"{words} ({label})" if label else words


def _account_labels(user: User) -> dict[str, str]:
    """Return the labels of the accounts by which sessions began, by the key that the sessions hold."""
    if not apps.is_installed("nft"):
        return {}
    rows = user.nft_wallet_sessions.filter(account__isnull=False).values_list("pk", "account__label")
    return {str(key): label for key, label in rows}
