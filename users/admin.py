"""People, groups and ways to sign in, for staff, in place of the pages Django and allauth bring.

With those, staff could give somebody an address that is not theirs, a password or a second factor, and so be that
person, and nothing would say why. Here they look; what may be changed takes a reason, and stands in the audit.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest

from profiles.admin_base import ReadOnlyAdmin
from profiles.audit import record
from profiles.people.people import profile_of
from profiles.people.signed_in import signed_in

#: What lets a person into the admin, and do what there. Only superusers hand it out.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


def replace() -> None:
    """Once all apps registered theirs."""
    admin.site.unregister([User, Group, EmailAddress, Authenticator, UserSession])
    admin.site.register(User, PersonAdmin)
    admin.site.register(Group, GroupAdmin)
    admin.site.register(EmailAddress, EmailAddressAdmin)
    admin.site.register(Authenticator, AuthenticatorAdmin)


class ReasonedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    reason = forms.CharField(max_length=200, help_text="Why. It stands in the audit.")


class Reasoned(ReadOnlyAdmin):
    """Rows that are changed with a reason. Never deleted: what hangs on them would go without a word."""

    form = ReasonedForm
    audited_as = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = sorted(set(form.changed_data) - {"reason"})
        about = obj if isinstance(obj, User) else signed_in(request)
        facts = {"of": str(obj), "changed": changed, "reason": form.cleaned_data["reason"]}
        record(profile_of(about), self.audited_as, signed_in(request), **facts)


class PersonAdmin(Reasoned):
    audited_as = "person.change"
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["=username", "=email"]
    search_help_text = "The exact username or e-mail address."
    ordering = ["-pk"]
    fields = ["username", "email", "date_joined", "last_login", "is_active", *POWERS, "reason"]
    filter_horizontal = ["groups", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        may = request.user.has_perm("auth.change_user")
        is_above = isinstance(obj, User) and obj.is_superuser and not _is_superuser(request)
        return may and not is_above

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["username", "email", "date_joined", "last_login"]
        return fixed if _is_superuser(request) else [*fixed, *POWERS]


class GroupAdmin(Reasoned):
    audited_as = "group.change"
    fields = ["name", "permissions", "reason"]
    filter_horizontal = ["permissions"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)


class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["=email", "=user__username"]


class AuthenticatorAdmin(ReadOnlyAdmin):
    """Without `data`, which holds the secrets of code apps."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["=user__username"]
    fields = ["user", "type", "created_at", "last_used_at"]


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser
