"""The way from a handle that somebody left to their present one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from profiles.people.handle_changes import find_renamed

P = ParamSpec("P")


def follows_renames(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a page of the person that its argument `handle` names: where nobody has it, lead to who left it."""

    @wraps(view)
    def found(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            if response := redirect_renamed(request, str(kwargs["handle"])):
                return response
            raise

    return found


def redirect_renamed(request: HttpRequest, handle: str) -> HttpResponse | None:
    """Return the way to the same address under the present handle; None if nobody left `handle` lately.

    Temporary, since the handle may be somebody else's one day.
    """
    profile, match = find_renamed(handle, timezone.now()), request.resolver_match
    if profile is None or match is None:
        return None
    # A suffix such as ".png" stays. Addresses of pictures are resolved without their namespace.
    kwargs = {key: str(value).replace(handle, profile.handle, 1) for key, value in match.kwargs.items()}
    address = reverse(f"{match.namespace or 'profiles'}:{match.url_name}", kwargs=kwargs)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"{address}?{query}" if query else address)
