"""A person's own data: the file of it, and the deletion of the account with its undo."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from profiles import settings
from profiles.errors import ExpectedError
from profiles.limits import TooMany
from profiles.models import AccountDeletion, DataExport
from profiles.own_data.deletion import ask_deletion, keep_account
from profiles.own_data.export import NoExport, ask_export, find_export, get_ready_export, read_export
from profiles.people.handles import RETIRED_FOR
from profiles.people.proof import proof_required
from profiles.people.signed_in import own_profile, signed_in
from profiles.store import exports


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    context = {"export": _export_of(request), "days": settings.current().export_days}
    return render(request, "profiles/data.html", context)


@login_required
@require_POST
@proof_required
def export(request: HttpRequest) -> HttpResponse:
    try:
        ask_export(own_profile(request), signed_in(request), timezone.now())
    except TooMany as error:
        messages.error(request, error.sentence)
    return redirect("profiles:data")


@never_cache
@login_required
@require_safe
def export_status(request: HttpRequest) -> JsonResponse:
    """Tell profiles/js/status.js how far the job is."""
    found = _export_of(request)
    if found is None or found.state != DataExport.State.BUILDING:
        return JsonResponse(
            {"state": found.state if found else "none", "done": True, "redirect": reverse("profiles:data")}
        )
    sentence = _("%(percent)s%% done") % {"percent": found.percent}
    return JsonResponse({"state": found.state, "sentence": sentence, "done": False})


@never_cache
@login_required
@require_safe
@partial(proof_required, reading=True)
def download(request: HttpRequest) -> HttpResponseBase:
    """Send the file, or have the bucket send it."""
    profile = own_profile(request)
    try:
        found = get_ready_export(profile, timezone.now())
        name = f"{profile.handle}-{found.asked_at:%Y-%m-%d}.zip"
        if url := exports.download_url(found.key, name):
            return HttpResponseRedirect(url)
        pieces = read_export(found)
    except NoExport as error:
        raise Http404(error.sentence) from error
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response.headers["Content-Length"] = str(found.byte_count)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@proof_required
def delete(request: HttpRequest) -> HttpResponse:
    profile = own_profile(request)
    if request.method == "POST":
        try:
            ask_deletion(profile, signed_in(request), timezone.now())
        except ExpectedError as error:
            messages.error(request, error.sentence)
            return redirect("profiles:data_delete")
        return redirect("profiles:keep")
    context = {"days": settings.current().delete_days, "handle_days": RETIRED_FOR.days}
    return render(request, "profiles/data_delete.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """Show a person who is being deleted the one thing that they can do: keep the account."""
    profile = own_profile(request)
    if request.method == "POST" and keep_account(profile, signed_in(request)):
        messages.success(request, _("You keep your account. Your page and picture are back."))
        return redirect("profiles:data")
    wish = AccountDeletion.objects.filter(profile=profile).first()
    return redirect("profiles:data") if wish is None else render(request, "profiles/keep.html", {"wish": wish})


def _export_of(request: HttpRequest) -> DataExport | None:
    return find_export(own_profile(request), timezone.now())
