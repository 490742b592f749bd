"""allauth's forms, where its own would say who has an account here (ACCOUNT_FORMS)."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, ResetPasswordForm, SignupForm, default_token_generator
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile
from profiles.people.handle_changes import check_free, find_free_variant
from profiles.people.handles import HandleError, suggest_handle
from profiles.people.profiles import profile_of
from profiles.text import one_line
from users.email_links import send_link, shown_addresses
from users.people_lookup import find_by_address

MAX_NAME = 60
NO_ADDRESS = _("A name can’t be an e-mail address. Choose a short name; your address goes into the field below.")
FREE = _("Free: %(handle)s")


class SignUpForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    """Create the account whether or not somebody has the address: what became of it is told by mail only.

    The name is taken as people type it: "Jörg" signs in by the handle jorg, and is called Jörg.
    """

    def clean_username(self) -> str:
        typed = one_line(str(self.cleaned_data["username"]))
        if "@" in typed:
            raise forms.ValidationError(NO_ADDRESS)
        handle, now = suggest_handle(typed), timezone.now()
        try:
            check_free(handle, now)
        except HandleError as error:
            variant = find_free_variant(handle, now)
            free = [FREE % {"handle": variant}] if variant else []
            raise forms.ValidationError([error.sentence, *free]) from error
        self.typed_name = typed
        return handle

    def validate_unique_email(self, value: str) -> str:
        return value

    def save(self, request: HttpRequest) -> User:
        """Raise ValidationError if the name was taken since the form was checked."""
        email, self.cleaned_data["email"] = self.cleaned_data["email"], ""
        try:
            with transaction.atomic():
                user: User = super().save(request)
        except IntegrityError as error:
            raise get_adapter().validation_error("username_taken") from error
        if self.typed_name != user.get_username():
            Profile.objects.filter(pk=profile_of(user).pk).update(display_name=self.typed_name[:MAX_NAME])
        if email:
            send_link(request, user, email)
        return user


class AddAddressForm(AddEmailForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        """Raise ValidationError only for what the page of addresses shows anyway."""
        email: str = self.cleaned_data["email"].lower()
        if shown_addresses(self.user).filter(email=email, verified=True).exists():
            raise get_adapter().validation_error("duplicate_email")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        email = self.cleaned_data["email"]
        send_link(request, self.user, email)
        return EmailAddress(user=self.user, email=email)


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.users = [user for user in find_by_address(email) if user.is_active]
        return email

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        if not self.users:
            default_token_generator.make_token(User(pk=0))  # so that an unknown address takes as long
        email: str = super().save(request, **kwargs)
        return email
