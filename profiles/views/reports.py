"""Report a person, a picture or a token; appeal against what staff decided."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from profiles.models import Avatar, Profile, ReportCase
from profiles.people.hiding import visible_profiles
from profiles.people.signed_in import own_profile
from profiles.pictures.changing import AvatarError
from profiles.problems import add_retry_after
from profiles.report_forms import AppealForm, ReportForm, may_report, send_report
from profiles.reports.appeals import appeal as record_appeal
from profiles.reports.appeals import appeal_ends_at, find_case_of_removal, open_case_of_removal
from profiles.reports.errors import ReportError
from profiles.reports.reporting import sign_seen
from profiles.reports.telling import read_appeal_token
from profiles.reports.words import reason_of
from profiles.serving.renames import follows_renames
from profiles.serving.showing import shown_picture


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@follows_renames
def report(request: HttpRequest, handle: str) -> HttpResponse:
    """Show the form, and take a report. Without an account where the operator allows it."""
    is_guest = not request.user.is_authenticated
    if not may_report(request):
        return redirect_to_login(request.get_full_path())
    people = visible_profiles().select_related("user", "avatar__image")
    profile = get_object_or_404(people, handle=handle.lower())
    shown = shown_picture(profile, timezone.now())
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        avatar=shown.avatar,
        seen=sign_seen(shown.avatar),
        is_guest=is_guest,
        first=request.GET.get("what", ""),
    )
    context = {"profile": profile, "shown": shown, "form": form, "is_guest": is_guest}
    if not form.is_bound or not form.is_valid():
        return render(request, "profiles/report.html", context, status=422 if form.errors else 200)
    error = send_report(request, profile, form, form.complaint())
    if error is not None:
        response = render(request, "profiles/report.html", context, status=error.status)
        add_retry_after(response, error)
        return response
    return redirect(profile)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """Appeal by the address that only the person was told: they may be locked out."""
    case_id = read_appeal_token(token)
    case = ReportCase.objects.select_related("profile", "image").filter(pk=case_id).first() if case_id else None
    if case is None:
        raise Http404(_("This link is not complete, or the decision is long past."))
    return _appeal(request, case, lambda: case)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appeal_picture(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
    """Appeal against the removal of one's own picture, with or without a report before it."""
    profile: Profile = own_profile(request)
    avatar = get_object_or_404(Avatar.objects.select_related("image"), pk=avatar_id, profile=profile, is_locked=True)
    case = find_case_of_removal(avatar) or ReportCase(
        profile=profile,
        state=ReportCase.State.DECIDED,
        verdict="remove",
        words=avatar.reason,
        decided_at=avatar.removed_at,
    )
    return _appeal(request, case, lambda: open_case_of_removal(profile, avatar_id))


def _appeal(request: HttpRequest, case: ReportCase, find: Callable[[], ReportCase]) -> HttpResponse:
    """Show the decision with the form, or record the appeal against the case that `find` returns."""
    form = AppealForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            case = record_appeal(find().pk, form.cleaned_data["words"], timezone.now())
        except (ReportError, AvatarError) as error:
            form.add_error(None, error.sentence)
            status = error.status
    elif form.is_bound:
        status = 422
    ends_at = appeal_ends_at(case)
    is_open = ends_at is not None and timezone.now() <= ends_at
    context = {"case": case, "form": form, "reason": reason_of(case), "ends_at": ends_at, "is_open": is_open}
    return render(request, "profiles/appeal.html", context, status=status)
