"""The page on which a person creates and revokes API tokens."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from profiles import limits, settings
from profiles.forms import TokenForm, scope_labels
from profiles.people import api_tokens
from profiles.people.profiles import profile_of
from profiles.people.proof import proof_required
from profiles.people.signed_in import own_profile, signed_in
from profiles.scopes import SENSITIVE_LASTS
from profiles.sentences import gettext as _


@never_cache  # the answer to the form holds the new token
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@proof_required
def tokens(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, TokenForm())
    form = TokenForm(request.POST)
    fresh = _create(request, form)
    # No redirect: the token would have to be kept somewhere in between, and it is kept nowhere.
    return _page(request, form, status=422) if fresh is None else _page(request, TokenForm(), fresh=fresh)


@require_POST
@login_required
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    user = signed_in(request)
    try:
        token = api_tokens.revoke_token(profile_of(user), token_id, now=timezone.now(), actor=user)
    except api_tokens.TokenError as error:
        raise Http404(error.sentence) from error
    messages.success(
        request, _("“%(name)s” is revoked. Programs that use it are refused from now on.", name=token.name)
    )
    return redirect("profiles:api_tokens")


def _create(request: HttpRequest, form: TokenForm) -> api_tokens.FreshToken | None:
    if not form.is_valid():
        return None
    user, now = signed_in(request), timezone.now()
    try:
        limits.spend("tokens", user.pk, settings.current().api_new_tokens_per_hour)
        return api_tokens.create_token(profile_of(user), form.token_request(now), now=now, actor=user)
    except (api_tokens.TokenError, limits.TooMany) as error:
        form.add_error(None, error.sentence)
        return None


def _page(
    request: HttpRequest, form: TokenForm, *, fresh: api_tokens.FreshToken | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    shown = api_tokens.shown_tokens(own_profile(request))
    context: dict[str, object] = {"form": form, "fresh": fresh, "most": api_tokens.MAX_LIVE}
    context["sensitive_days"] = SENSITIVE_LASTS.days
    context["tokens"] = [
        {
            "token": token,
            "may": scope_labels(api_tokens.scopes_of(token)),
            "is_expired": token.expires_at is not None and token.expires_at <= now,
        }
        for token in shown
    ]
    return render(request, "profiles/api_tokens.html", context, status=status)
