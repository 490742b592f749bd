"""What the admin pages share. Rows are made and changed by the apps' own code; staff look, and act with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.contrib.admin.utils import lookup_spawns_duplicates
from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet, FieldError, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from profiles.app_labels import PROFILES
from profiles.audit import record_as_staff
from profiles.errors import ExpectedError
from profiles.leases import Leased, fresh
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in
from profiles.sentences import gettext as _
from profiles.sentences import ngettext
from profiles.text import one_line

HASH = re.compile(r"[0-9a-fA-F]{64}")
# The largest number of rows that a list counts.
MAX_COUNT = 10_000
# Rows that one press of an action changes, and those that are named where it asks for the reason.
MOST, NAMED = 100, 20
# Characters and words of a search that are looked at.
MAX_SEARCH, MAX_WORDS = 400, 8

Words = str | Promise
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


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=300, label=gettext_lazy("Reason"))


class ReadOnlyAdmin(Base):
    """Rows that staff can see but not add, change or delete."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    action_form = ReasonForm
    # Searched instead of `search_fields` if what is searched is a sha256, which other text can't be compared with.
    hash_search_fields: list[str] = []

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        is_hash = bool(HASH.fullmatch(request.GET.get("q", "").strip()))
        return self.hash_search_fields if is_hash and self.hash_search_fields else [*super().get_search_fields(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find rows in which each word is in one of the fields. A word that a field can't hold is not looked for there.

        Django's own passes any text to any field, and some refuse it with an error: a page must not fail by a search.
        """
        lookups = [_lookup_of(name) for name in self.get_search_fields(request)]
        for word in search_term.replace("\0", " ")[:MAX_SEARCH].split()[:MAX_WORDS]:
            found = Q(pk__in=[])
            for lookup in lookups:
                if _takes(queryset, lookup, word):
                    found |= Q(**{lookup: word})
            queryset = queryset.filter(found)
        return queryset, any(lookup_spawns_duplicates(self.opts, lookup) for lookup in lookups)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of this row. Django's own history knows only what Django's forms changed."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        return redirect(f"{reverse(f'admin:{PROFILES}_auditentry_changelist')}?{urlencode(self.audit_query(row))}")

    def audit_query(self, row: Any) -> dict[str, str]:
        """Return the filter of the audit that shows what was done to this row."""
        return {"row": name_of(row)}

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{PROFILES}.retry_jobs")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def name_of(row: Model) -> str:
    """Return how the audit names a row, whatever its model: "profiles.block:5"."""
    return f"{row._meta.label_lower}:{row.pk}"  # noqa: SLF001 - documented


def _lookup_of(name: str) -> str:
    """Return the lookup of a name as `search_fields` takes it."""
    if name.startswith("="):
        return f"{name[1:]}__iexact"
    if name.startswith("^"):
        return f"{name[1:]}__istartswith"
    return name if name.endswith("__exact") else f"{name}__icontains"


def _takes(rows: QuerySet[Any], lookup: str, word: str) -> bool:
    """Return whether the column can be compared with this word at all, and some value of it could equal it."""
    try:
        str(rows.model._default_manager.filter(**{lookup: word}).query)  # noqa: SLF001 - documented
    except (ValueError, TypeError, OverflowError, ValidationError, FieldError, EmptyResultSet):
        return False
    return True


Run = Callable[[Any, HttpRequest, QuerySet[Any], str], Words]
Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def with_reason(label: Words, permission: str) -> Callable[[Run], Action]:
    """Make an action of a list that needs a reason, and asks for it on a page of its own if none was given.

    The function takes the request, the chosen rows and the reason (one clean line, never empty). It writes the audit,
    and returns a sentence that says what was done. What it raises as ExpectedError is shown on that page, where the
    rows are still chosen and the reason still stands.

    permission: as `permissions` of Django's actions: "moderate" asks `has_moderate_permission`.
    """

    def decorate(run: Run) -> Action:
        @admin.action(description=str(label) if isinstance(label, str) else label, permissions=[permission])  # type: ignore[arg-type]
        @wraps(run)
        def act(page: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
            reason, error = one_line(request.POST.get("reason", ""))[:300], ""
            if reason:
                try:
                    said = run(page, request, chosen, reason)
                except ExpectedError as refused:
                    error = refused.sentence
                else:
                    page.message_user(request, said, messages.SUCCESS)
                    return None
            return _ask_reason(page, request, chosen, {"label": label, "error": error, "reason": reason})

        return act

    return decorate


def _ask_reason(page: Any, request: HttpRequest, chosen: QuerySet[Any], about: dict[str, Any]) -> HttpResponse:
    named = list(chosen[:NAMED])
    selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
    more = len(selected) - len(named)
    context = {
        **page.admin_site.each_context(request),
        **about,
        "title": about["label"],
        "opts": page.opts,
        "named": named,
        "more": max(0, more),
        "selected": selected,
        "action": request.POST.get("action", ""),
        "select_across": request.POST.get("select_across", "0"),
    }
    return TemplateResponse(request, "profiles/admin/ask_reason.html", context)


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

    @with_reason(gettext_lazy("Try again"), "retry")
    def retry(self, request: HttpRequest, chosen: QuerySet[Leased], reason: str) -> str:
        """Make rows that were given up due again. The audit keeps the reason for each."""
        rows = list(chosen.filter(gave_up_at__isnull=False)[:MOST])
        chosen.filter(pk__in=[row.pk for row in rows], gave_up_at__isnull=False).update(**fresh(timezone.now()))
        actor = signed_in(request)
        for row in rows:
            record_as_staff(profile_of(actor), "job.retry", actor, row=name_of(row), what=str(row), reason=reason)
        said = ngettext("%(count)s will be tried again.", "%(count)s will be tried again.", len(rows))
        passed = len(request.POST.getlist(ACTION_CHECKBOX_NAME)) - len(rows)
        left = _("%(count)s did not wait for a retry.", count=passed) if passed > 0 else ""
        return f"{said} {left}".strip()
