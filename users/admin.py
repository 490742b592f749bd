"""Pages for staff about people, groups and ways to sign in, instead of Django's and allauth's.

With those, staff could give a person an address, a password or a second factor, and so sign in as that person, and no
record would say why. These pages only show; what may be changed takes a reason and is recorded in the audit.

They work with any user model, and show those of Django's usual fields that it has.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from profiles.admin_base import ReadOnlyAdmin
from profiles.audit import record_as_staff
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in

Person = get_user_model()
NAME, EMAIL = Person.USERNAME_FIELD, Person.get_email_field_name()
_FIELDS = {field.name for field in Person._meta.get_fields()}  # noqa: SLF001  # public, whatever its name says


def _existing(*names: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name in _FIELDS]


# What lets a person into the admin, and what they may do there. Only superusers change it.
POWERS = _existing("is_staff", "is_superuser", "groups", "user_permissions")


def replace_pages() -> None:
    """Replace the pages that other apps registered."""
    models = [Person, Group, EmailAddress, Authenticator, UserSession]
    admin.site.unregister([model for model in models if admin.site.is_registered(model)])
    admin.site.register(Person, PersonAdmin)
    admin.site.register(Group, GroupAdmin)
    admin.site.register(EmailAddress, EmailAddressAdmin)
    admin.site.register(Authenticator, AuthenticatorAdmin)


class ReasonedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    reason = forms.CharField(max_length=200, help_text=_("Why. It stands in the audit."))


class Reasoned(ReadOnlyAdmin):
    """Rows that are changed with a reason, and never deleted: other rows would be deleted with them unrecorded."""

    form = ReasonedForm
    audited_as = ""

    def save_model(self, request: HttpRequest, obj: Model, form: BaseForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = sorted(set(form.changed_data) - {"reason"})
        about = obj if isinstance(obj, Person) else signed_in(request)
        facts = {"of": str(obj), "changed": changed, "reason": form.cleaned_data["reason"]}
        record_as_staff(profile_of(about), self.audited_as, signed_in(request), **facts)


class PersonAdmin(Reasoned):
    audited_as = "person.change"
    list_display = [*_existing(NAME, EMAIL, "is_active", "is_staff", "is_superuser", "date_joined")]
    list_filter = [*_existing("is_active", "is_staff", "is_superuser")]
    search_fields = [*(f"={name}" for name in _existing(NAME, EMAIL)), "avatar_profile__handle__exact"]
    search_help_text = _("The exact username, handle or e-mail address.")
    ordering = ["-pk"]
    fields = [*_existing(NAME, EMAIL, "date_joined", "last_login", "is_active"), *POWERS, "reason"]
    filter_horizontal = _existing("groups", "user_permissions")

    def audit_query(self, row: User) -> dict[str, str]:
        return {"person": str(profile_of(row).pk)}

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        permission = f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}"
        is_above = getattr(obj, "is_superuser", False) and not _is_superuser(request)
        return request.user.has_perm(permission) and not is_above

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fixed = _existing(NAME, EMAIL, "date_joined", "last_login")
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
    search_fields = ["=email", f"=user__{NAME}"]


class AuthenticatorAdmin(ReadOnlyAdmin):
    """Ways to sign in, without `data`, which holds the secrets of code apps."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = [f"=user__{NAME}"]
    fields = ["user", "type", "created_at", "last_used_at"]


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser
