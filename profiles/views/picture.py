"""The page to choose a picture, the upload, and the page to crop it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from profiles import limits, settings
from profiles.errors import ExpectedError
from profiles.forms import first_error
from profiles.images.errors import TOO_MANY_BYTES
from profiles.models import Avatar, Profile
from profiles.page_parts import picture_frame
from profiles.people.profiles import profile_of
from profiles.people.signed_in import own_profile, signed_in
from profiles.picture_forms import CropForm, UploadForm, too_large
from profiles.pictures.changing import NoSuchAvatar
from profiles.pictures.direct_upload import takes_direct_uploads
from profiles.pictures.history import AvatarDetails, crop_again, croppable, kept_bytes, set_avatar
from profiles.pictures.pages import earlier_pictures
from profiles.problems import FORM_INVALID, add_retry_after, problem_response, public_error
from profiles.serving.caching import wants_json
from profiles.serving.showing import shown_picture
from profiles.sources import UPLOAD
from profiles.store.errors import StorageError
from profiles.store.stills import make_still
from profiles.views.undo import next_url, notify_shown, own_next
from profiles.views.web_upload import fetch_for

# Bytes that a form's other fields and the multipart lines may add to the picture's.
FORM_OVERHEAD = 64 * 1024
# How much of a body that is too large is read and dropped, as a multiple of the limit: a browser shows our answer only
# once it has sent everything. Beyond this the connection is closed.
DRAINED = 4
_CHUNK = 64 * 1024


# Exempt until the length is checked: looking for the token would read the whole body. `_guarded` checks the token.
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest) -> HttpResponse:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.method == "POST" and length > settings.current().upload_max_bytes + FORM_OVERHEAD:
        _drain(request)
        return _refuse(request, UploadForm({}), ExpectedError(too_large(length), TOO_MANY_BYTES))
    return _guarded(request)


@csrf_protect
def _guarded(request: HttpRequest) -> HttpResponse:
    return _upload(request) if request.method == "POST" else _page(request, UploadForm())


def _upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refuse(request, form, ExpectedError(first_error(form), FORM_INVALID))
    previous_id = own_profile(request).avatar_id
    try:
        avatar = _set_picture(request, form)
    except ExpectedError as error:
        return _refuse(request, form, public_error(error))
    notify_shown(request, gettext("Your new picture is in use."), previous_id, avatar)
    target = next_url(request, "profiles:picture")
    return JsonResponse({"redirect": target}) if wants_json(request) else redirect(target)


def _set_picture(request: HttpRequest, form: UploadForm) -> Avatar:
    limits.spend("uploads", signed_in(request).pk, settings.current().uploads_per_hour)
    user, said = signed_in(request), form.cleaned_data
    details, file = AvatarDetails(alt_text=said["alt_text"]), said["content"]
    content = fetch_for(request, said["address"]) if file is None else file.read()
    return set_avatar(profile_of(user), content, UPLOAD, details=details, actor=user, edit=said["edit"])


def _refuse(request: HttpRequest, form: UploadForm, error: ExpectedError) -> HttpResponse:
    if wants_json(request):
        return problem_response(error)
    if not error.is_a(FORM_INVALID):  # the form itself says what it refused
        field = "address" if form.data.get("address") else "content"
        form.errors.pop(field, None)
        form.add_error(field, error.sentence)
    response = _page(request, form, status=error.status)
    add_retry_after(response, error)
    return response


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    profile = own_profile(request)
    now = timezone.now()
    shown = shown_picture(profile, now)
    context = {"profile": profile, "form": form, "shown": shown, "frame": picture_frame(request.GET)}
    context |= {"next": own_next(request)}
    context |= {"tab": "photo", "earlier": earlier_pictures(profile, shown.avatar, now)}
    context |= {"upload_max_bytes": settings.current().upload_max_bytes, "takes_direct_uploads": takes_direct_uploads()}
    return render(request, "profiles/picture.html", context, status=status)


def _drain(request: HttpRequest) -> None:
    left = DRAINED * settings.current().upload_max_bytes
    while left > 0 and (chunk := request.read(_CHUNK)):
        left -= len(chunk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def crop(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
    profile = profile_of(signed_in(request))
    entry = _own(profile, avatar_id)
    if request.method != "POST":
        return _crop_page(request, entry, CropForm())
    form = CropForm(request.POST)
    if not form.is_valid():
        return _crop_page(request, entry, form, status=422)
    try:
        limits.spend("uploads", signed_in(request).pk, settings.current().uploads_per_hour)
        avatar = crop_again(profile, avatar_id, form.cleaned_data["edit"], signed_in(request))
    except ExpectedError as error:
        refusal = public_error(error)
        form.add_error(None, refusal.sentence)
        response = _crop_page(request, entry, form, status=refusal.status)
        add_retry_after(response, refusal)
        return response
    notify_shown(request, gettext("Your new picture is in use."), profile.avatar_id, avatar)
    return redirect("profiles:picture")


@login_required
@require_safe
def whole(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
    """Return all that is kept of one's own upload, in our encoding, to nobody else. `?still=1`: without motion."""
    entry = _own(profile_of(signed_in(request)), avatar_id)
    try:
        content = make_still(kept_bytes(entry)) if "still" in request.GET else kept_bytes(entry)
    except StorageError as error:
        refusal = public_error(error)
        response = HttpResponse(refusal.sentence, status=refusal.status, content_type="text/plain")
        add_retry_after(response, refusal)
        return response
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return HttpResponse(content, content_type=entry.whole.mime, headers=headers)


def _own(profile: Profile, avatar_id: UUID) -> Avatar:
    try:
        return croppable(profile, avatar_id)
    except NoSuchAvatar as error:
        raise Http404(error.sentence) from error


def _crop_page(request: HttpRequest, entry: Avatar, form: CropForm, status: int = 200) -> HttpResponse:
    return render(request, "profiles/crop.html", {"entry": entry, "form": form}, status=status)
