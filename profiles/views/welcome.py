"""The first page of somebody whose profile was made for them: choose a handle, or keep the neutral one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from profiles.forms import HandleForm
from profiles.models import Profile
from profiles.services.people import PeopleError, profile_of, update_profile
from profiles.views.signed_in import signed_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    profile = profile_of(signed_in(request))
    form = HandleForm(request.POST) if request.method == "POST" else HandleForm()
    if form.is_bound and _chosen(form, profile, request):
        messages.success(request, f"You are {form.cleaned_data['handle'].strip().lower()} from now on.")
        return redirect(_next(request))
    context = {"form": form, "profile": profile, "next": _next(request)}
    return render(request, "profiles/welcome.html", context, status=422 if form.errors else 200)


def _chosen(form: HandleForm, profile: Profile, request: HttpRequest) -> bool:
    if not form.is_valid():
        return False
    words = {"display_name": profile.display_name, "bio": profile.bio}
    try:
        update_profile(profile, handle=form.cleaned_data["handle"], actor=signed_in(request), **words)
    except PeopleError as error:
        form.add_error("handle", error.sentence)
        return False
    return True


def _next(request: HttpRequest) -> str:
    """Where they were going, if that is a page of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else resolve_url("profiles:picture")
