"""Filters of the audit. They read only what an index finds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from profiles.desk.audit_words import describe_action
from profiles.desk.parts import get_audit_words
from profiles.models import AuditEntry

Entries = QuerySet[AuditEntry]


class ByStaff(admin.SimpleListFilter):
    title = _("who did it")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("staff", _("Staff"))]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(is_by_staff=True) if self.value() == "staff" else queryset


class ByAction(admin.SimpleListFilter):
    title = _("what was done")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        named = [(action, describe_action(action)) for action in get_audit_words()]
        return sorted(named, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(action=self.value()) if self.value() else queryset


class _Linked(admin.SimpleListFilter):
    """A filter that links set, and that the page shows only while it is set."""

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        value = self.value()
        return [] if value is None else [(value, value)]


class ByPerson(_Linked):
    """By the key of the profile."""

    title, parameter_name = _("person"), "person"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        value = self.value()
        if value is None:
            return queryset
        is_key = value.isascii() and value.isdigit() and len(value) < 19
        return queryset.filter(profile_id=value) if is_key else queryset.none()


class ByRow(_Linked):
    """By a row that is no person's, as `profiles.admin_base.name_of` names it."""

    title, parameter_name = _("row"), "row"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(action="job.retry", detail__row=self.value()) if self.value() else queryset


class ByPicture(_Linked):
    title, parameter_name = _("picture"), "picture"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(detail__avatar=self.value()) if self.value() else queryset


class ByClaim(_Linked):
    title, parameter_name = _("claim"), "claim"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(detail__claim=self.value()) if self.value() else queryset
