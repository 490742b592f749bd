"""A person's notices: the page that lists them, the count for the bell, and which of them come by mail."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from profiles import settings
from profiles.forms import NoticesForm
from profiles.notices.choices import MAIL, read_unsubscribe_token, set_choices
from profiles.notices.pages import get_page
from profiles.notices.recording import is_mine, mark_read
from profiles.people.signed_in import own_profile, signed_in
from profiles.positions import Position
from profiles.sentences import gettext


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show the page that begins after the position `after`. Looking at it marks nothing as read."""
    page = get_page(own_profile(request), Position.read(request.GET.get("after", "")))
    return render(request, "profiles/notices.html", {"page": page, "is_first": "after" not in request.GET})


@login_required
@never_cache
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """Tell the bell of an open page how many notices are unread."""
    return JsonResponse({"unread": own_profile(request).unread_notices})


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_read(own_profile(request).pk, timezone.now())
    return redirect("profiles:notices")


@login_required
@require_POST
def read_one(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Mark a notice as read and return to its page. One that was read already is no error."""
    profile, this = own_profile(request), Q(pk=notice_id)
    if not mark_read(profile.pk, timezone.now(), this) and not is_mine(profile, this):
        raise Http404(gettext("You have no such notice."))
    wanted = request.POST.get("next", "")
    return redirect(wanted if settings.is_own_url(wanted) else "profiles:notices")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    profile = own_profile(request)
    form = NoticesForm(profile, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        set_choices(profile, form.choices, signed_in(request))
        messages.success(request, gettext("Your choice is saved."))
        return redirect("profiles:notice_settings")
    context = {"form": form, "knows_addresses": settings.knows_addresses()}
    return render(request, "profiles/notice_settings.html", context)


@csrf_exempt  # the signed token of the mail is the proof: mail programs post it by themselves (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Switch mails of one kind off, for whoever got one. GET only shows the button: mail scanners open every link."""
    found = read_unsubscribe_token(token)
    if found is None:
        raise Http404(gettext("This link is not complete, or the account is gone."))
    profile, kind = found
    if request.method == "POST":
        set_choices(profile, {(kind, MAIL): False}, None)
    return render(request, "profiles/unsubscribe.html", {"kind": kind, "is_done": request.method == "POST"})
