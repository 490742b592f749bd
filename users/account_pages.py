"""allauth's pages to sign up and to confirm e-mail addresses, where ours decide or tell something else."""

from __future__ import annotations

from allauth.account.models import EmailAddress, EmailConfirmationMixin
from allauth.account.views import ConfirmEmailView, EmailView, SignupView
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import urlencode

from profiles.people.signed_in import signed_in
from users.email_links import WAITING, EmailLink, shown_addresses
from users.forms import SignUpForm


class SignUp(SignupView):  # type: ignore[misc]  # allauth has no types
    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Of two who sign up under one name at once, the second gets the form back."""
        try:
            answer: HttpResponse = super().form_valid(form)
        except ValidationError as taken:
            form.add_error("username", taken)
            answer = self.form_invalid(form)
        return answer

    def get_success_url(self) -> str:
        """Return the page on which a newcomer chooses a handle; it leads on to where they wanted to go."""
        wanted = self.get_next_url()
        if self.request.user.is_authenticated:  # who has an account already is led on
            return wanted or resolve_url(settings.LOGIN_REDIRECT_URL)
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return reverse("profiles:welcome") + query


class ConfirmAddress(ConfirmEmailView):  # type: ignore[misc]
    def get_object(self, queryset: None = None) -> EmailConfirmationMixin:
        """Return the link. Raise Http404 for one that is wrong, too old or used.

        allauth's own links are for addresses that an operator entered.
        """
        return EmailLink.from_key(self.kwargs["key"]) or super().get_object(queryset)


class Addresses(EmailView):  # type: ignore[misc]
    """Show the addresses of a person, and the one whose link was sent last from this browser."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        shown = list(shown_addresses(self.request.user))
        waiting = self.request.session.get(WAITING, "")
        return context | {
            "emailaddresses": shown,
            "emailaddress_radios": [
                {"id": f"email_radio_{place}", "checked": each.primary or len(shown) == 1, "emailaddress": each}
                for place, each in enumerate(shown)
            ],
            "waiting": "" if waiting in {each.email for each in shown} else waiting,
        }

    def get_ajax_data(self) -> list[dict[str, object]]:
        names = ("email", "verified", "primary")
        return [{name: getattr(each, name) for name in names} for each in shown_addresses(self.request.user)]

    def _get_email_address(self, request: HttpRequest) -> EmailAddress | None:
        return shown_addresses(signed_in(request)).filter(email=request.POST["email"].lower()).first()
