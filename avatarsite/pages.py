"""Pages that belong to the site as a whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from profiles.people.signed_in import own_profile
from profiles.serving.showing import shown_picture


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "home.html")
    profile = own_profile(request)
    return render(request, "home.html", {"profile": profile, "shown": shown_picture(profile, timezone.now())})
