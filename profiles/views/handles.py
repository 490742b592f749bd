"""The answer whether a handle is free, while it is typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from profiles.limits import TooMany, networks_of_request, spend_in_networks
from profiles.people.handle_changes import check_free, find_free_variant
from profiles.people.handles import HandleError, suggest_handle
from profiles.people.signed_in import own_profile
from profiles.problems import problem_response

# What one network may ask in a minute: somebody who types asks a few times a second at most.
CHECKS_PER_MINUTE = 120


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Answer {handle, is_free, sentence} for what a person types: the handle that they would get.

    A page of a handle can be opened by anybody, so this tells nothing new.
    """
    try:
        spend_in_networks("handle-checks", networks_of_request(request), CHECKS_PER_MINUTE, seconds=60)
    except TooMany as error:
        return problem_response(error)
    handle, now = suggest_handle(request.GET.get("name", "")[:100]), timezone.now()
    owner = own_profile(request) if request.user.is_authenticated else None
    try:
        check_free(handle, now, owner=owner)
    except HandleError as error:
        sentence, is_free = error.sentence, False
        if variant := find_free_variant(handle, now):
            sentence = _("%(reason)s Free: %(handle)s") % {"reason": sentence, "handle": variant}
    else:
        sentence, is_free = _("Free. Your page: /u/%(handle)s") % {"handle": handle}, True
    content = {"handle": handle, "is_free": is_free, "sentence": sentence}
    return JsonResponse(content, headers={"Cache-Control": "private, no-store"})
