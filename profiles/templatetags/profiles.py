"""Tags and filters of the pages of `profiles`: the person, forms, notices, and what is said of pictures."""

from __future__ import annotations

from django import template
from django.contrib.humanize.templatetags.humanize import naturalday, naturaltime
from django.forms import BoundField
from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from profiles import settings
from profiles.app_labels import PROFILES
from profiles.models import Avatar, Profile
from profiles.notices.recording import get_asking
from profiles.page_parts import templates_at
from profiles.people.signed_in import own_profile
from profiles.presenters import notices, pictures, sharing
from profiles.presenters.links import linked
from profiles.presenters.notices import ShownNotice
from profiles.presenters.script_words import script_words
from profiles.serving.showing import ShownPicture
from profiles.source_words import Facts

register = template.Library()
register.simple_tag(script_words)
register.simple_tag(pictures.history_entry)
register.simple_tag(pictures.receipt_verdict)
register.simple_tag(notices.shown_notices)
register.simple_tag(sharing.person_summary)
register.simple_tag(sharing.person_json)
register.filter(notices.kind_label)
register.filter(notices.kind_hint)
register.filter(linked)
# Their texts are translated where django.contrib.humanize is installed.
register.filter(naturalday, expects_localtime=True)
register.filter(naturaltime)


@register.simple_tag(takes_context=True)
def my_profile(context: Context) -> Profile | None:
    """Return the profile of the person who is signed in, read once for a page; None for a guest."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return own_profile(request) if request and user and user.is_authenticated else None


@register.simple_tag
def site_name() -> str:
    return settings.current().site_name


@register.simple_tag
def site_origin() -> str:
    return settings.current().site_origin


@register.simple_tag
def max_picture_bytes() -> int:
    return settings.current().upload_max_bytes


@register.simple_tag(takes_context=True)
def page_parts(context: Context, place: str) -> SafeString:
    """Render what other apps add at a place of the page (profiles.page_parts.register_page_part)."""
    rendered = []
    engine = context.template.engine if context.template else Engine.get_default()
    for name in templates_at(place):
        with context.push():
            rendered.append(engine.get_template(name).render(context))
    return mark_safe("".join(rendered))  # noqa: S308 - templates escape what they show


@register.simple_tag(takes_context=True)
def asking_notices(context: Context) -> list[ShownNotice]:
    """Return the notices that ask the signed-in person for something: they stand on every page until they are read."""
    mine = my_profile(context)
    if mine is None or not mine.asking_notices:
        return []
    return notices.shown_notices(get_asking(mine), mine, context["request"].path)


@register.simple_tag
def shown_note(profile: Profile, shown: ShownPicture) -> pictures.ShownNote:
    """Return what the owner of `shown` is told about it."""
    return pictures.shown_note(shown, has_chosen=profile.avatar_id is not None, on_loss=profile.on_loss)


@register.simple_tag
def shown_proof(avatar: Avatar, name: str, facts: Facts) -> pictures.ShownProof:
    """Return the proof behind the mark of the person called `name`."""
    return pictures.shown_proof(avatar, name, facts)


@register.filter
def profiles_admin(page: str) -> str:
    """Return the URL name of a page of the admin about a model of `profiles`, such as "avatar_change"."""
    return f"admin:{PROFILES}_{page}"


@register.filter
def error_lead(field: BoundField) -> str:
    """Return the label as it stands before an error: with a colon, unless it is a question."""
    label = str(field.label)
    return label if label.endswith("?") else f"{label}:"


@register.filter
def help_unless_said(field: BoundField) -> str:
    """Return the help of a field; empty if an error says the same."""
    return "" if field.help_text in field.errors else str(field.help_text)


@register.filter
def control(field: BoundField) -> SafeString:
    """Render the widget without a placeholder, which would only repeat the label."""
    return field.as_widget(attrs={"placeholder": False})
