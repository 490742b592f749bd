"""The inbox of reports: what waits, one page for each case, and what staff decide there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.admin.report_acts import DECIDING, ON_CASE, decide_all, team_for
from profiles.admin_base import LeasedAdmin, NeedsAttention, ReadOnlyAdmin
from profiles.app_labels import PROFILES
from profiles.errors import ExpectedError
from profiles.images.formats import OutputFormat
from profiles.models import Avatar, Reason, Report, ReportCase
from profiles.people.signed_in import signed_in
from profiles.reports import cases, inbox
from profiles.reports.appeals import appeal_ends_at
from profiles.reports.effects import get_offered
from profiles.reports.words import BECAUSE, reason_of
from profiles.serving.content import whole_bytes
from profiles.sources import describe_reference
from profiles.store.errors import StorageError

State = ReportCase.State
#: Pixels of the evidence in the list, and on the page of a case.
SMALL, LARGE = 64, 512
#: Reports of a case that are shown, newest first.
SHOWN = 100
MODERATE = f"{PROFILES}.change_reportcase"


class WaitingFilter(admin.SimpleListFilter):
    """Cases by state; without a choice, those that wait for a decision."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in State.choices]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Waiting")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReportCase]) -> QuerySet[ReportCase]:
        return (
            queryset.filter(state=self.value())
            if self.value() in State.values
            else queryset.filter(state__in=cases.WAITING)
        )


class AssigneeFilter(admin.SimpleListFilter):
    title = gettext_lazy("who works on it")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("mine", _("I")), ("nobody", _("Nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReportCase]) -> QuerySet[ReportCase]:
        if self.value() == "mine":
            return queryset.filter(assignee=request.user.pk)
        return queryset.filter(assignee=None) if self.value() == "nobody" else queryset


@admin.register(ReportCase)
class ReportCaseAdmin(ReadOnlyAdmin):
    list_display = ["evidence", "about", "reasons", "joined", "age", "state_in_words", "assignee"]
    list_display_links = ["about"]
    list_filter = [WaitingFilter, AssigneeFilter]
    list_select_related = ["profile", "assignee", "image"]
    search_fields = ["=profile__handle"]
    hash_search_fields = ["image__sha256__exact"]
    search_help_text = gettext_lazy("The exact handle of a person, or the sha256 of a picture.")
    ordering = ["-rank", "opened_at", "id"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("next/", wrap(self.next_view), name=f"{PROFILES}_reportcase_next"),
            path("<uuid:case_id>/evidence.webp", wrap(self.evidence_view), name=f"{PROFILES}_reportcase_evidence"),
            path("<uuid:case_id>/do/", wrap(self.act_view), name=f"{PROFILES}_reportcase_do"),
        ]
        return [*own, *super().get_urls()]

    # --- the list ---

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the reasons of all cases on the page at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        given = inbox.reasons_of(rows)
        for case in rows:
            case.given = given.get(case.pk, "")
        changelist.result_list = rows
        return changelist

    @admin.display(description="")
    def evidence(self, case: ReportCase) -> SafeString | str:
        if case.image_id is None:
            return _("page")
        url = reverse(f"admin:{PROFILES}_reportcase_evidence", args=[case.pk])
        return format_html('<img src="{}?s={}" width="{}" alt="" loading="lazy">', url, SMALL, SMALL)

    @admin.display(description=gettext_lazy("About"))
    def about(self, case: ReportCase) -> str:
        return f"{case.profile.handle}: {case.get_subject_display()}"

    @admin.display(description=gettext_lazy("Reasons"))
    def reasons(self, case: ReportCase) -> str:
        return str(vars(case).get("given", "")) or _("none: appealed without a report")

    @admin.display(description=gettext_lazy("Reports"), ordering="rank")
    def joined(self, case: ReportCase) -> int:
        return case.report_count

    @admin.display(description=gettext_lazy("Age"), ordering="opened_at")
    def age(self, case: ReportCase) -> str:
        return timesince(case.appealed_at or case.opened_at, depth=1)

    @admin.display(description=gettext_lazy("State"))
    def state_in_words(self, case: ReportCase) -> str:
        verdict = case.get_verdict_display()
        return f"{case.get_state_display()}: {verdict}" if verdict else case.get_state_display()

    # --- one case ---

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Lead to the case that waits longest for this member of staff."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        case = inbox.find_next(signed_in(request))
        if case is None:
            messages.info(request, _("No report waits for you."))
            return redirect(f"admin:{PROFILES}_reportcase_changelist")
        return redirect(f"admin:{PROFILES}_reportcase_change", case.pk)

    def evidence_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Return the picture of a case, made from the original: it may be shown nowhere else any more."""
        case = self._find(request, case_id)
        side = LARGE if request.GET.get("s") != str(SMALL) else SMALL
        if case.image is None:
            raise Http404
        if not _may_see(request, case):
            raise PermissionDenied
        try:
            content = whole_bytes(case.image.sha256, OutputFormat.WEBP, side, lambda: None)
        except StorageError as error:
            raise Http404 from error
        return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": "private, max-age=600"})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        del form_url, extra_context
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        try:
            case = self._find(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        return self._page(request, case)

    def act_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Do what a button of the page says. What can't be done is said there, and nothing written is lost."""
        case = self._find(request, case_id)
        if request.method != "POST" or not request.user.has_perm(MODERATE):
            raise PermissionDenied
        act = request.POST.get("act", "")
        try:
            if act in ON_CASE:
                messages.success(request, ON_CASE[act](request, case))
                return redirect(f"admin:{PROFILES}_reportcase_change", case.pk)
            messages.success(request, DECIDING.get(act, decide_all)(request, case))
        except ExpectedError as error:
            return self._page(request, case, error.sentence)
        return redirect(f"admin:{PROFILES}_reportcase_next")

    def _find(self, request: HttpRequest, case_id: UUID) -> ReportCase:
        rows = ReportCase.objects.select_related(
            "profile__user", "avatar", "image", "assignee", "decided_by", "appeal_decided_by"
        )
        case = rows.filter(pk=case_id).first()
        if case is None:
            raise Http404
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        return case

    def _page(self, request: HttpRequest, case: ReportCase, error: str = "") -> HttpResponse:
        staff = signed_in(request)
        reports = list(case.reports.select_related("reporter").order_by("-at")[:SHOWN])
        can_act = request.user.has_perm(MODERATE)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"@{case.profile.handle}",
            "case": case,
            "token": describe_reference(case.source, case.reference),
            "may_see": _may_see(request, case),
            "reports": reports,
            "reasons": inbox.count_reasons(reports),
            "hinders": cases.why_not(case, staff) if can_act and case.state in cases.WAITING else "",
            "can_act": can_act,
            "offered": get_offered(case, staff) if can_act and case.state == State.OPEN else [],
            "because": [(value, f"{label}: {BECAUSE[value]}") for value, label in Reason.choices],
            "chosen": request.POST.get("why") or inbox.main_reason(reports),
            "words": request.POST.get("words", ""),
            "similar": inbox.find_similar(case) if case.state == State.OPEN else [],
            "team": team_for(case) if can_act and case.state in cases.WAITING else [],
            "reason": reason_of(case) if case.verdict else "",
            "appeal_ends_at": appeal_ends_at(case),
            "error": error,
        }
        return TemplateResponse(request, "profiles/admin/report_case.html", context, status=409 if error else 200)


@admin.register(Report)
class ReportAdmin(LeasedAdmin):
    """The answers to reporters. One whose mail failed for a reason of ours needs attention."""

    list_display = ["at", "reason", "answered_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    ordering = ["-at", "-id"]
    exclude = ["reporter_key"]


def _may_see(request: HttpRequest, case: ReportCase) -> bool:
    """Return whether this member of staff may see the evidence: what nobody sees any more, only some of them may."""
    is_shown = case.avatar is not None and case.avatar.state != Avatar.State.REMOVED
    return is_shown or request.user.has_perm(f"{PROFILES}.see_removed_avatar")
