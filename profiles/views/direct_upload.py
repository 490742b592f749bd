"""The two calls around an upload that goes straight to the object store. JSON in and out; CSRF token required."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from profiles import limits, settings
from profiles.errors import ExpectedError, Kind
from profiles.forms import first_error
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in
from profiles.picture_forms import FinishForm
from profiles.pictures.direct_upload import issue_ticket, redeem_ticket
from profiles.pictures.history import AvatarDetails
from profiles.problems import FORM_INVALID, problem_response, public_error
from profiles.sentences import gettext, gettext_noop
from profiles.text import parse_json
from profiles.views.undo import next_url, notify_shown

P = ParamSpec("P")
BAD_REQUEST = Kind("bad-request", gettext_noop("The request can't be read"))


def own_call(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a POST by a signed-in person; expected errors become problems."""

    @login_required
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ExpectedError as error:
            return problem_response(public_error(error))

    return guarded


@own_call
def begin(request: HttpRequest) -> HttpResponse:
    """Answer {byte_count, content_type} with {url, fields, ticket, done}.

    The browser posts fields and file to `url`, then calls `done`.
    """
    # Of a form, Django has read the body already, to look for the CSRF token.
    wanted = _read_wanted(request.body) if request.content_type == "application/json" else None
    if wanted is None:
        raise ExpectedError(gettext('Send JSON: {"byte_count": 12345, "content_type": "image/png"}.'), BAD_REQUEST)
    limits.spend("uploads", signed_in(request).pk, settings.current().uploads_per_hour)
    upload = issue_ticket(profile_of(signed_in(request)), *wanted, timezone.now())
    done = reverse("profiles:direct_done", args=[upload.ticket.pk])
    answer = {"url": upload.form.url, "fields": upload.form.fields, "ticket": str(upload.ticket.pk), "done": done}
    return JsonResponse(answer, status=201)


@own_call
def finish(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Answer the form's other fields with {redirect}. The earlier picture stays until the answer is a success."""
    form = FinishForm(request.POST)
    if not form.is_valid():
        raise ExpectedError(first_error(form), FORM_INVALID)
    details, edit = AvatarDetails(alt_text=form.cleaned_data["alt_text"]), form.cleaned_data["edit"]
    profile = profile_of(signed_in(request))
    avatar = redeem_ticket(profile, ticket_id, details, timezone.now(), edit=edit)
    notify_shown(request, gettext("Your new picture is in use."), profile.avatar_id, avatar)
    return JsonResponse({"redirect": next_url(request, "profiles:picture")})


def _read_wanted(body: bytes) -> tuple[int, str] | None:
    try:
        wanted = parse_json(body)
    except ValueError:
        return None
    if not isinstance(wanted, dict):
        return None
    byte_count, content_type = wanted.get("byte_count"), wanted.get("content_type")
    if isinstance(byte_count, bool) or not isinstance(byte_count, int) or not isinstance(content_type, str):
        return None
    return byte_count, content_type
