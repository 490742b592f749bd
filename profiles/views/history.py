"""Actions on the pictures of one's history, and the page of older ones."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from profiles.forms import AltTextForm, first_error
from profiles.models import Profile
from profiles.people.profiles import profile_of
from profiles.people.signed_in import signed_in
from profiles.pictures.changing import AvatarError, NoSuchAvatar
from profiles.pictures.history import choose_avatar, remove_avatar, restore_avatar, set_alt_text
from profiles.pictures.pages import history_of
from profiles.positions import Position
from profiles.serving.showing import shown_picture


@login_required
@require_safe
def older(request: HttpRequest) -> HttpResponse:
    """Show the page of the history that begins after the position `after`."""
    after = Position.read(request.GET.get("after", ""))
    if after is None:
        return redirect("profiles:picture")
    profile, now = profile_of(signed_in(request)), timezone.now()
    page = history_of(profile, shown_picture(profile, now).avatar, now, after=after)
    return render(request, "profiles/history.html", {"page": page, "after": after})


def _history_action(act: Callable[[HttpRequest, Profile, UUID], str | SafeString]) -> Callable[..., HttpResponse]:
    """Make a POST view of `act`, which changes one's own entry and returns the message to show."""

    @login_required
    @require_POST
    def view(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
        try:
            messages.success(request, act(request, profile_of(signed_in(request)), avatar_id))
        except NoSuchAvatar as error:
            raise Http404(error.sentence) from error
        except AvatarError as error:
            messages.error(request, error.sentence)
        after = Position.read(request.POST.get("after", ""))
        if after is None:
            return redirect("profiles:picture")
        return redirect(f"{reverse('profiles:history')}?{urlencode({'after': str(after)})}")

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
        '<input type="hidden" name="after" value="{}">'
        '<button class="button button-small" type="submit">Undo</button></form>',
        reverse("profiles:picture_restore", args=[avatar_id]),
        get_token(request),
        Position.read(request.POST.get("after", "")) or "",
    )


@_history_action
def restore(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    restore_avatar(profile, avatar_id, signed_in(request))
    return "The picture is back."


@_history_action
def alt(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    form = AltTextForm(request.POST)
    if not form.is_valid():
        raise AvatarError(first_error(form))
    set_alt_text(profile, avatar_id, form.cleaned_data["alt_text"], signed_in(request))
    return "The description is saved."
