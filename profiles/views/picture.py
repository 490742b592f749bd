"""Choosing a picture: the page, the upload, and what can be done with the history."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from profiles import conf
from profiles.forms import AltTextForm, UploadForm, too_large
from profiles.models import Avatar, Profile
from profiles.services import limits
from profiles.services.avatars import (
    AvatarDetails,
    AvatarError,
    NoSuchAvatar,
    choose_avatar,
    remove_avatar,
    restore_avatar,
    set_alt_text,
    set_avatar,
)
from profiles.services.people import profile_of
from profiles.services.problems import problem
from profiles.services.showing import history_of, shown_picture
from profiles.services.tickets import takes_direct_uploads
from profiles.views.answers import wants_json
from profiles.views.refusals import CAUGHT, Refusal, refusal_of
from profiles.views.signed_in import own_profile, signed_in

#: What a form's other fields and the multipart lines may add to the picture's bytes.
FORM_OVERHEAD = 64 * 1024
#: How much of a body that is too large we read and drop, as a multiple of the limit: a browser shows our answer only
#: once it has sent everything. Past this we hang up.
DRAINED = 4
_CHUNK = 64 * 1024


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
        return _refuse(request, form, Refusal(422, "form-invalid", _first_error(form)))
    try:
        _set_picture(request, form)
    except CAUGHT as error:
        return _refuse(request, form, refusal_of(error))
    messages.success(request, "Your new picture is in use.")
    target = reverse("profiles:picture")
    return JsonResponse({"redirect": target}) if wants_json(request) else redirect(target)


def _set_picture(request: HttpRequest, form: UploadForm) -> None:
    limits.spend("uploads", signed_in(request).pk, conf.uploads_per_hour())
    details = AvatarDetails(alt_text=form.cleaned_data["alt_text"])
    content = form.cleaned_data["content"].read()
    set_avatar(profile_of(signed_in(request)), content, Avatar.Source.UPLOAD, details=details, actor=signed_in(request))


def _refuse(request: HttpRequest, form: UploadForm, refusal: Refusal) -> HttpResponse:
    if wants_json(request):
        return problem(refusal.status, refusal.slug, refusal.sentence)
    if refusal.sentence not in form.errors.get("content", []):
        form.errors.pop("content", None)
        form.add_error("content", refusal.sentence)
    return _page(request, form, status=refusal.status)


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    profile = own_profile(request)
    now = timezone.now()
    context = {"profile": profile, "form": form, "shown": shown_picture(profile, now)}
    context |= {"history": history_of(profile, now), "upload_max_bytes": conf.upload_max_bytes()}
    context |= {"takes_direct_uploads": takes_direct_uploads()}
    return render(request, "profiles/picture.html", context, status=status)


def _first_error(form: UploadForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _drain(request: HttpRequest) -> None:
    left = DRAINED * conf.upload_max_bytes()
    while left > 0 and (chunk := request.read(_CHUNK)):
        left -= len(chunk)


# --- the history -------------------------------------------------------------------------------------------------


def _history_action(act: Callable[[HttpRequest, Profile, UUID], str | SafeString]) -> Callable[..., HttpResponse]:
    """A POST that does one thing to one's own entry, says so, and returns to the page."""

    @login_required
    @require_POST
    def view(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
        try:
            messages.success(request, act(request, profile_of(signed_in(request)), avatar_id))
        except NoSuchAvatar as error:
            raise Http404(error.sentence) from error
        except AvatarError as error:
            messages.error(request, error.sentence)
        return redirect("profiles:picture")

    view.__name__ = act.__name__
    return view


@_history_action
def use(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    choose_avatar(profile, avatar_id, signed_in(request))
    return "This is your picture now."


@_history_action
def remove(request: HttpRequest, profile: Profile, avatar_id: UUID) -> SafeString:
    remove_avatar(profile, avatar_id, signed_in(request))
    return format_html(
        'The picture is removed. <form method="post" action="{}" class="toast-action">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<button class="button button-small" type="submit">Undo</button></form>',
        reverse("profiles:picture_restore", args=[avatar_id]),
        get_token(request),
    )


@_history_action
def restore(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    restore_avatar(profile, avatar_id, signed_in(request))
    return "The picture is back."


@_history_action
def alt(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    form = AltTextForm(request.POST)
    if not form.is_valid():
        raise AvatarError("A description may have up to 300 characters.")
    set_alt_text(profile, avatar_id, form.cleaned_data["alt_text"], signed_in(request))
    return "The description is saved."
