"""Showing another part of an upload."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from profiles import conf
from profiles.forms import CropForm
from profiles.models import Avatar, Profile
from profiles.services import limits
from profiles.services.changing import NoSuchAvatar
from profiles.services.people import profile_of
from profiles.services.recropping import crop_again, croppable, kept_bytes
from profiles.storage import StorageError
from profiles.views.refusals import CAUGHT, refusal_of
from profiles.views.signed_in import signed_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def crop(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
    profile = profile_of(signed_in(request))
    entry = _own(profile, avatar_id)
    if request.method != "POST":
        return _page(request, entry, CropForm())
    form = CropForm(request.POST)
    if not form.is_valid():
        return _page(request, entry, form, status=422)
    try:
        limits.spend("uploads", signed_in(request).pk, conf.uploads_per_hour())
        crop_again(profile, avatar_id, form.cleaned_data["crop"], signed_in(request))
    except CAUGHT as error:
        refusal = refusal_of(error)
        form.add_error(None, refusal.sentence)
        return _page(request, entry, form, status=refusal.status)
    messages.success(request, "Your new picture is in use.")
    return redirect("profiles:picture")


@login_required
@require_safe
def whole(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
    """What we keep of one's own upload, uncut: only ever our own encoding, and for nobody else."""
    entry = _own(profile_of(signed_in(request)), avatar_id)
    try:
        content = kept_bytes(entry)
    except StorageError as error:
        refusal = refusal_of(error)
        return HttpResponse(refusal.sentence, status=refusal.status, content_type="text/plain")
    headers = {"Cache-Control": "private, max-age=300", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return HttpResponse(content, content_type=entry.image.mime, headers=headers)


def _own(profile: Profile, avatar_id: UUID) -> Avatar:
    try:
        return croppable(profile, avatar_id)
    except NoSuchAvatar as error:
        raise Http404(error.sentence) from error


def _page(request: HttpRequest, entry: Avatar, form: CropForm, status: int = 200) -> HttpResponse:
    return render(request, "profiles/crop.html", {"entry": entry, "form": form}, status=status)
