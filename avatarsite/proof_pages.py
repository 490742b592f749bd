"""The page on which a wallet proves that it is still the same person, beside allauth's for passwords and passkeys."""

from __future__ import annotations

from typing import Any

from allauth.account.views import BaseReauthenticateView
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from avatarsite.proving import has_form, step_of, was_proved_lately


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
