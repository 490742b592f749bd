"""Actions on the pictures of one's history, and the page of older ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from profiles.forms import first_error
from profiles.models import Profile
from profiles.page_parts import picture_frame
from profiles.people.profiles import profile_of
from profiles.people.signed_in import own_profile, signed_in
from profiles.picture_forms import AltTextForm
from profiles.pictures.changing import AvatarError, NoSuchAvatar
from profiles.pictures.history import choose_avatar, remove_avatar, restore_avatar, set_alt_text
from profiles.pictures.pages import history_length, history_of
from profiles.positions import Position
from profiles.sentences import gettext
from profiles.serving.showing import shown_picture
from profiles.views.undo import next_url, notify_shown, undo_button


@login_required
@require_safe
def older(request: HttpRequest) -> HttpResponse:
    """Show a page of the history: the first, or the one that begins after the position `after`."""
    after = Position.read(request.GET.get("after", ""))
    profile, now = own_profile(request), timezone.now()
    page = history_of(profile, shown_picture(profile, now).avatar, now, after=after)
    length = history_length(profile) if page.next and after is None else None
    context = {"page": page, "after": after, "length": length, "frame": picture_frame(request.GET), "tab": "earlier"}
    return render(request, "profiles/history.html", context)


Act = Callable[[HttpRequest, Profile, UUID], str]


def _history_action(act: Act, *, back: str = "profiles:history") -> Callable[..., HttpResponse]:
    """Make a POST view of `act`, which changes one's own entry and returns the message to show, if it shows none.

    It leads back to the page that the form was sent from, by default to the view `back`.
    """

    @login_required
    @require_POST
    def view(request: HttpRequest, avatar_id: UUID) -> HttpResponse:
        try:
            if said := act(request, profile_of(signed_in(request)), avatar_id):
                messages.success(request, said)
        except NoSuchAvatar as error:
            raise Http404(error.sentence) from error
        except AvatarError as error:
            messages.error(request, error.sentence)
        after = Position.read(request.POST.get("after", ""))
        if after is None:
            return redirect(next_url(request, back))
        return redirect(f"{reverse('profiles:history')}?{urlencode({'after': str(after)})}")

    view.__name__ = act.__name__
    return view


@partial(_history_action, back="profiles:picture")
def use(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    avatar = choose_avatar(profile, avatar_id, signed_in(request))
    notify_shown(request, gettext("This is your picture now."), profile.avatar_id, avatar)
    return ""


@_history_action
def remove(request: HttpRequest, profile: Profile, avatar_id: UUID) -> SafeString:
    remove_avatar(profile, avatar_id, signed_in(request))
    after = str(Position.read(request.POST.get("after", "")) or "")
    undo = undo_button(request, reverse("profiles:picture_restore", args=[avatar_id]), after=after)
    return format_html("{} {}", gettext("The picture is removed."), undo)


@_history_action
def restore(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    restore_avatar(profile, avatar_id, signed_in(request))
    return gettext("The picture is back.")


@_history_action
def alt(request: HttpRequest, profile: Profile, avatar_id: UUID) -> str:
    form = AltTextForm(request.POST)
    if not form.is_valid():
        raise AvatarError(first_error(form))
    set_alt_text(profile, avatar_id, form.cleaned_data["alt_text"], signed_in(request))
    return gettext("The description is saved.")
