"""Choosing a picture: the page and the upload."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from profiles import conf
from profiles.forms import UploadForm, first_error, too_large
from profiles.models import Avatar
from profiles.services import limits
from profiles.services.avatars import AvatarDetails, set_avatar
from profiles.services.history_pages import history_length, history_of
from profiles.services.people import profile_of
from profiles.services.problems import problem
from profiles.services.showing import shown_picture
from profiles.services.tickets import takes_direct_uploads
from profiles.views.answers import wants_json
from profiles.views.refusals import CAUGHT, Refusal, refusal_of
from profiles.views.signed_in import signed_in

#: What a form's other fields and the multipart lines may add to the picture's bytes.
FORM_OVERHEAD = 64 * 1024
#: How much of a body that is too large we read and drop, as a multiple of the limit: a browser shows our answer only
#: once it has sent everything. Past this we hang up.
DRAINED = 4
_CHUNK = 64 * 1024
INVALID = "form-invalid"


@csrf_exempt  # until the length of the body is judged, which the token's check would read whole; guarded() then checks
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest) -> HttpResponse:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.method == "POST" and length > conf.upload_max_bytes() + FORM_OVERHEAD:
        _drain(request)
        return _refuse(request, UploadForm({}, {}), Refusal(413, "too-many-bytes", too_large(length)))
    return _guarded(request)


@csrf_protect
def _guarded(request: HttpRequest) -> HttpResponse:
    return _upload(request) if request.method == "POST" else _page(request, UploadForm())


def _upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refuse(request, form, Refusal(422, INVALID, first_error(form)))
    try:
        _set_picture(request, form)
    except CAUGHT as error:
        return _refuse(request, form, refusal_of(error))
    messages.success(request, "Your new picture is in use.")
    target = reverse("profiles:picture")
    return JsonResponse({"redirect": target}) if wants_json(request) else redirect(target)


def _set_picture(request: HttpRequest, form: UploadForm) -> None:
    limits.spend("uploads", signed_in(request).pk, conf.uploads_per_hour())
    user, said = signed_in(request), form.cleaned_data
    details, content = AvatarDetails(alt_text=said["alt_text"]), said["content"].read()
    set_avatar(profile_of(user), content, Avatar.Source.UPLOAD, details=details, actor=user, crop=said["crop"])


def _refuse(request: HttpRequest, form: UploadForm, refusal: Refusal) -> HttpResponse:
    if wants_json(request):
        return problem(refusal.status, refusal.slug, refusal.sentence)
    if refusal.slug != INVALID:  # of what the form itself refused it says the rest
        form.errors.pop("content", None)
        form.add_error("content", refusal.sentence)
    return _page(request, form, status=refusal.status)


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    profile = profile_of(signed_in(request))
    now = timezone.now()
    shown = shown_picture(profile, now)
    page = history_of(profile, shown.avatar, now)
    length = history_length(profile) if page.next else len(page.entries)
    context = {"profile": profile, "form": form, "shown": shown, "page": page, "length": length}
    context |= {"upload_max_bytes": conf.upload_max_bytes(), "takes_direct_uploads": takes_direct_uploads()}
    return render(request, "profiles/picture.html", context, status=status)


def _drain(request: HttpRequest) -> None:
    left = DRAINED * conf.upload_max_bytes()
    while left > 0 and (chunk := request.read(_CHUNK)):
        left -= len(chunk)
