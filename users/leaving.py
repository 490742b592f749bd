"""Lead people who are being deleted to the page on which they can keep their account, and to no other."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from profiles.errors import ExpectedError, Kind
from profiles.people.hiding import is_leaving
from profiles.problems import problem_response
from profiles.serving.caching import wants_json

KEEP = "profiles:keep"
#: What else they may open.
OPEN = frozenset({KEEP, "account_logout", "privacy", "terms", "contact", "help", "profiles:appeal"})
LEAVING = Kind("account-leaving", "The account is being deleted", 403)


class LeavingPeople:
    """Put it after AuthenticationMiddleware. Costs no query where the backend read the profile with the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponseBase | None:
        """Receive Django's call before the view. Whom staff hid may use all pages: only others don't see them."""
        del view
        match = request.resolver_match
        if match is None or match.view_name in OPEN or not is_leaving(request.user):
            return None
        if wants_json(request):
            sentence = _("Your account is being deleted. Sign in on a page to keep it.")
            return problem_response(ExpectedError(sentence, LEAVING))
        return redirect(KEEP)
