"""What our admin pages share. Services make and change rows; staff look, and act through services with a reason."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

COUNTED = 10_000

if TYPE_CHECKING:  # generic in the stubs only
    Base = admin.ModelAdmin[Any]
    BasePaginator = Paginator[Any]
    Rows = admin.TabularInline[Any, Any]
else:
    Base = admin.ModelAdmin
    BasePaginator = Paginator
    Rows = admin.TabularInline


class BoundedPaginator(BasePaginator):
    """Counts to 10,000 and no further: a list of millions must not be read to be paged."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list[: COUNTED + 1]
        return rows.count() if isinstance(rows, QuerySet) else len(rows)


class LookOnly(Base):
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LookOnlyRows(Rows):
    """The newest rows of another table, below the row they belong to."""

    shown = 20
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        owner = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        newest = rows.filter(**{f"{self.fk_name}_id": owner}).values_list("pk", flat=True)[: self.shown]
        return rows.filter(pk__in=list(newest))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=200, label="Reason (for actions)")


def staff(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # noqa: S101  # the admin lets nobody else in; tells the type checker
    return request.user
