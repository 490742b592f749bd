"""A picture of the web, fetched by this site for the browser that crops it. CSRF token required."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from profiles import limits, settings
from profiles.errors import ExpectedError
from profiles.forms import first_error
from profiles.images.formats.detect import read_header
from profiles.people.signed_in import signed_in
from profiles.picture_forms import FetchForm
from profiles.problems import FORM_INVALID
from profiles.sentences import gettext as _
from profiles.sources import can_fetch_pictures, fetch_picture
from profiles.views.direct_upload import own_call

# A stranger's bytes, under our address: nothing may run or be shown in them but as a picture of a script's.
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def fetch_for(request: HttpRequest, address: str) -> bytes:
    """Return the bytes at an address that a person gave. They may have so many an hour as uploads."""
    limits.spend("fetches", signed_in(request).pk, settings.current().uploads_per_hour)
    return fetch_picture(address.strip())


@own_call
def fetch(request: HttpRequest) -> HttpResponse:
    """Answer `address` with the bytes of the picture there, as they are. What is no picture of ours is refused."""
    if not can_fetch_pictures():
        raise Http404(_("This site fetches no pictures."))
    form = FetchForm(request.POST)
    if not form.is_valid():
        raise ExpectedError(first_error(form), FORM_INVALID)
    content = fetch_for(request, form.cleaned_data["address"])
    header = read_header(content, settings.current().image_limits)
    return HttpResponse(content, content_type=f"image/{header.format.value.lower()}", headers=HEADERS)
