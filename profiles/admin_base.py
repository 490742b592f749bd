"""What the admin pages share. Rows are made and changed by the apps' own code; staff look, and act with a reason."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from profiles.leases import Leased, fresh
from profiles.sentences import gettext as _

HASH = re.compile(r"[0-9a-fA-F]{64}")
# The largest number of rows that a list counts.
MAX_COUNT = 10_000

if TYPE_CHECKING:  # generic in the stubs only
    Base = admin.ModelAdmin[Any]
    BasePaginator = Paginator[Model]
    Rows = admin.TabularInline[Any, Any]
else:
    Base = admin.ModelAdmin
    BasePaginator = Paginator
    Rows = admin.TabularInline


class BoundedPaginator(BasePaginator):
    """Count at most MAX_COUNT rows: a list of millions must not be read to be paged."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list[: MAX_COUNT + 1]
        return rows.count() if isinstance(rows, QuerySet) else len(rows)


class ReadOnlyAdmin(Base):
    """Rows that staff can see but not add, change or delete."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    # Searched instead of `search_fields` if what is searched is a sha256, which other text can't be compared with.
    hash_search_fields: list[str] = []

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        is_hash = bool(HASH.fullmatch(request.GET.get("q", "").strip()))
        return self.hash_search_fields if is_hash and self.hash_search_fields else [*super().get_search_fields(request)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(Rows):
    """The newest `shown` rows of another table, below the row they belong to."""

    shown = 20
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
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


class NeedsAttention(admin.SimpleListFilter):
    """Rows whose automatic attempts stopped (profiles.leases): they wait for staff to retry them."""

    title = gettext_lazy("needs attention")
    parameter_name = "needs_attention"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Leased]) -> QuerySet[Leased]:
        return queryset.filter(gave_up_at__isnull=False) if self.value() == "yes" else queryset


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=200, label=gettext_lazy("Reason (for actions)"))


def username_lookup(path: str = "user") -> str:
    """Return the lookup of the sign-in name, whatever field the user model has for it. `path` leads to the user."""
    return f"{path}__{get_user_model().USERNAME_FIELD}"


def email_lookups(path: str = "user") -> list[str]:
    """Return the lookup of the e-mail address, or none if the user model has no field for it."""
    model = get_user_model()
    name = model.get_email_field_name()
    return [f"{path}__{name}"] if hasattr(model, name) else []


class LeasedAdmin(ReadOnlyAdmin):
    """A list of rows that workers work on. Add `NeedsAttention` to its filters."""

    actions = ["retry"]
    action_form = ReasonForm
    retried_at_once = 100

    @admin.action(description=gettext_lazy("Retry (needs a reason)"), permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Leased]) -> None:
        """Make rows that were given up due again. Each row's history in the admin keeps the reason."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, _("Write why you retry: it stands in the row's history."), messages.ERROR)
            return
        chosen = list(queryset.filter(gave_up_at__isnull=False)[: self.retried_at_once])
        queryset.filter(pk__in=[row.pk for row in chosen], gave_up_at__isnull=False).update(**fresh(timezone.now()))
        for row in chosen:
            self.log_change(request, row, f"Retry: {reason}")
        self.message_user(request, _("Tried again soon: %(count)s.", count=len(chosen)))
