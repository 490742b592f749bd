"""The language of pages: what a person chose in their profile, else in this browser, else what the browser asks for.

What programs read is always in the source language, so that the same request gets the same answer: the API, pictures,
receipts, and the addresses of monitoring. The JSON that our own pages ask for has the language of the page.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from profiles.models import Profile
from profiles.people.signed_in import own_profile
from profiles.settings import is_own_url

#: Addresses that only programs ask for.
FOR_PROGRAMS = ("/api/v1/", "/avatar/", "/pictures/", "/ipfs/", "/healthz", "/readyz", "/metrics")


class Languages:
    """Put it after AuthenticationMiddleware, if that is there, or before: it reads the person just before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_programs(request):
            with translation.override(settings.SOURCE_LANGUAGE):
                return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.SOURCE_LANGUAGE)
            patch_vary_headers(response, ["Accept-Language"])
            return response

    def process_view(self, request: HttpRequest, *view: object) -> None:
        """Receive Django's call before the view. No query where the backend read the profile with the user."""
        del view
        if not is_for_programs(request) and (chosen := _chosen_by(request.user)):
            translation.activate(chosen)


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(FOR_PROGRAMS)


def _chosen_by(user: AbstractBaseUser | AnonymousUser) -> str:
    """Return the language that this person chose, "" if none or one that the site does not speak any more."""
    profile = getattr(user, "avatar_profile", None) if user.is_authenticated else None
    chosen = profile.language if isinstance(profile, Profile) else ""
    return chosen if chosen in dict(settings.LANGUAGES) else ""


@csrf_exempt  # guests have no token, as their pages are cached; see _is_from_us
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in this browser and in the profile, and return to the page. "" means: as it asks."""
    if not _is_from_us(request):
        raise PermissionDenied(_("Only our own pages can change your language."))
    chosen = request.POST.get("language", "")
    if chosen and chosen not in dict(settings.LANGUAGES):
        raise BadRequest(_("The site does not speak this language."))
    response = redirect(_page_of(request))
    _keep_in_browser(response, chosen)
    if request.user.is_authenticated:
        Profile.objects.filter(pk=own_profile(request).pk).update(language=chosen)
        if "settings" in request.POST:
            with translation.override(chosen or translation.get_language_from_request(request)):
                messages.success(request, _("Your choice is saved."))
    return response


def _is_from_us(request: HttpRequest) -> bool:
    """Tell by what browsers add to every form, and pages of other sites cannot change (Fetch Metadata, RFC 6454)."""
    if "Sec-Fetch-Site" in request.headers:
        return request.headers["Sec-Fetch-Site"] == "same-origin"
    return request.headers.get("Origin") in settings.CSRF_TRUSTED_ORIGINS


def _page_of(request: HttpRequest) -> str:
    """Return where the form was: `Referer` also has the query; a cached page knows its path only."""
    candidates = (request.headers.get("Referer", ""), request.POST.get("next", ""))
    return next((url for url in candidates if url and is_own_url(url)), "/")


def _keep_in_browser(response: HttpResponse, chosen: str) -> None:
    if not chosen:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
