"""A person's public page, its receipt, the form to edit it, and the welcome page of a new profile."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from profiles import settings
from profiles.forms import HandleForm, ProfileForm, UseForm
from profiles.models import Profile
from profiles.people.email_names import set_found_by_email
from profiles.people.handles import HandleError
from profiles.people.hiding import visible_profiles
from profiles.people.link_checks import can_verify, link_back, public_address, shown_links
from profiles.people.profiles import profile_of, update_profile
from profiles.people.signed_in import own_profile, signed_in
from profiles.serving.caching import limit_caching
from profiles.serving.qr_codes import draw_qr_code
from profiles.serving.receipt import receipt_page_facts
from profiles.serving.renames import follows_renames
from profiles.serving.showing import shown_picture, valid_until
from profiles.serving.snippets import SIZES, build_snippets


@require_safe
@follows_renames
def public(request: HttpRequest, handle: str) -> HttpResponse:
    profile = _own(request, handle) or get_object_or_404(
        visible_profiles().select_related("avatar__image"), handle=handle.lower()
    )
    if handle != profile.handle:
        return redirect(profile)
    now = timezone.now()
    shown = shown_picture(profile, now)
    response = render(
        request, "profiles/public.html", {"profile": profile, "shown": shown, "links": shown_links(profile, now)}
    )
    if not request.COOKIES:
        limit_caching(request, response, valid_until(profile, shown.avatar, now) if shown.avatar else None, now)
    return response


@require_safe
@follows_renames
def use(request: HttpRequest, handle: str) -> HttpResponse:
    """Show what to paste elsewhere for this picture, in the size, shape and format that were asked for."""
    profile = get_object_or_404(visible_profiles().select_related("avatar"), handle=handle.lower())
    form = UseForm.of(request.GET.dict())
    snippets = build_snippets(profile, **form.cleaned_data)
    return render(request, "profiles/use.html", {"profile": profile, "form": form, "snippets": snippets})


@require_safe
@follows_renames
def qr(request: HttpRequest, handle: str) -> HttpResponse:
    """Answer with the QR code of a person's page, or with `?of=picture` of their picture's address."""
    profile = get_object_or_404(visible_profiles(), handle=handle.lower())
    of_picture = request.GET.get("of") == "picture"
    text = build_snippets(profile, max(SIZES), "square", "").address if of_picture else public_address(profile.handle)
    response = HttpResponse(draw_qr_code(text), content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'inline; filename="{profile.handle}-qr.svg"'
    return response


@require_safe
@follows_renames
def receipt(request: HttpRequest, handle: str) -> HttpResponse:
    """Show the receipt to people: what it says, who signed it, and how to check it without us."""
    profile = get_object_or_404(visible_profiles().select_related("avatar__image"), handle=handle.lower())
    shown = shown_picture(profile, timezone.now())
    context = {"profile": profile, "shown": shown, "facts": shown.provenance, **receipt_page_facts(profile, shown)}
    return render(request, "profiles/receipt.html", context)


def _own(request: HttpRequest, handle: str) -> Profile | None:
    """Return the signed-in person's profile if it is `handle`: the page's header has read it already."""
    mine = own_profile(request) if request.user.is_authenticated else None
    return mine if mine is not None and mine.handle == handle.lower() else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    profile = own_profile(request)
    form = ProfileForm(request.POST) if request.method == "POST" else ProfileForm.of(profile)
    if form.is_bound and (stored := _save(form, profile, request)):
        found_by_email = form.cleaned_data.get("is_found_by_email", profile.is_found_by_email)
        if found_by_email != profile.is_found_by_email:
            set_found_by_email(profile, found_by_email, signed_in(request))
        messages.success(request, _saved(stored, profile.handle))
        return redirect("profiles:edit")
    context: dict[str, object] = {"form": form, "profile": profile}
    if can_verify():
        context |= {"links": shown_links(profile, timezone.now()), "link_back": link_back(profile)}
    return render(request, "profiles/edit.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Let a newcomer choose a handle and a name."""
    profile = profile_of(signed_in(request))
    form = HandleForm(request.POST) if request.method == "POST" else HandleForm.of(profile)
    if form.is_bound and (stored := _save(form, profile, request)):
        messages.success(request, _saved(stored, ""))
        return redirect(_next(request) or _first_picture(stored))
    context = {"form": form, "profile": profile, "next": _next(request)}
    return render(request, "profiles/welcome.html", context, status=422 if form.errors else 200)


def _save(form: HandleForm, profile: Profile, request: HttpRequest) -> Profile | None:
    """Store what a valid form says. Return None, with the reason in the form, if that can't be."""
    if not form.is_valid():
        return None
    try:
        return update_profile(profile, form.text(profile), actor=signed_in(request), now=timezone.now())
    except HandleError as error:
        form.add_error("handle", error.sentence)
        return None


def _saved(stored: Profile, handle_before: str) -> str:
    if stored.handle == handle_before:
        return _("Your profile is saved.")
    return _("Done: your page is /u/%(handle)s") % {"handle": stored.handle}


def _next(request: HttpRequest) -> str:
    """Return where they were going, if that is a page of this site; else ""."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if settings.is_own_url(wanted) else ""


def _first_picture(profile: Profile) -> str:
    """Return the page to choose a picture, from which a newcomer goes on to see it on their own page."""
    return f"{reverse('profiles:picture')}?{urlencode({'next': profile.get_absolute_url()})}"
