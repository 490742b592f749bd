"""allauth's pages to sign up and to confirm e-mail addresses, where ours decide or tell something else."""

from __future__ import annotations

from allauth.account.views import ConfirmEmailView, EmailView, SignupView
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse

from users.email_links import WAITING, EmailLink
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


class ConfirmAddress(ConfirmEmailView):  # type: ignore[misc]
    def get_object(self, queryset: None = None) -> EmailLink:
        """Return the link. Raise Http404 for one that is wrong, too old or used."""
        link = EmailLink.from_key(self.kwargs["key"])
        if link is None:
            raise Http404("This link is no longer good.")
        return link


class Addresses(EmailView):  # type: ignore[misc]
    """Show the addresses of a person, and the one whose link was sent last from this browser."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        waiting = self.request.session.get(WAITING, "")
        is_stored = self.request.user.emailaddress_set.filter(email=waiting).exists()
        return context | {"waiting": "" if is_stored else waiting}
