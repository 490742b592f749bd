"""What a person is told after a change of their picture, with a button that takes it back, on the page they were on."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from profiles import settings
from profiles.models import Avatar
from profiles.sources import UPLOAD, check_upload


def own_next(request: HttpRequest) -> str:
    """Return the page of this site that the form or the address names as the next one, or ""."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if settings.is_own_url(wanted) else ""


def next_url(request: HttpRequest, default: str) -> str:
    """Return the page that is named as the next one, else the one of the view `default`."""
    return own_next(request) or resolve_url(default)


def undo_button(request: HttpRequest, url: str, **fields: str) -> SafeString:
    """Return a form of one button that posts `fields` to `url`."""
    fields |= {"csrfmiddlewaretoken": get_token(request), "next": request.POST.get("next", "")}
    hidden = format_html_join("", '<input type="hidden" name="{}" value="{}">', fields.items())
    return format_html(
        '<form method="post" action="{}" class="toast-action">{}'
        '<button class="button button-small" type="submit">{}</button></form>',
        url,
        hidden,
        gettext("Undo"),
    )


def notify_shown(request: HttpRequest, said: str, previous_id: UUID | None, avatar: Avatar) -> None:
    """Say that `avatar` is the picture now, instead of the entry `previous_id`, and what there is to say about it."""
    if avatar.state == Avatar.State.HELD:
        messages.warning(request, avatar.reason)
        return
    if previous_id is not None and previous_id != avatar.pk:
        said = format_html("{} {}", said, undo_button(request, reverse("profiles:picture_use", args=[previous_id])))
    messages.success(request, said)
    for sentence in check_upload(avatar) if avatar.source == UPLOAD else ():
        messages.warning(request, sentence)
