"""Tags and filters of the site's pages: labels of allauth's forms, names of browsers, and next steps for a person."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from django import template
from django.apps import apps
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, override, pgettext
from django.utils.translation import gettext_lazy as _

from avatarsite import home_page, navigation, notice_pages, picture_pages, proof_pages, sharing
from avatarsite.home_page import NextStep
from avatarsite.picture_pages import ShownNote
from avatarsite.script_words import script_words
from profiles.models import Profile
from profiles.people.links import link_label
from profiles.serving.showing import ShownPicture
from users.devices import device_name, shown_device
from users.names import sign_in_name
from users.proof import step_of

if TYPE_CHECKING:
    from nft.accounts.public import PublicAccount


register = template.Library()
register.filter(sign_in_name)
register.filter(link_label)
register.filter(home_page.greeting)
register.simple_tag(navigation.settings_groups)
register.simple_tag(picture_pages.history_entry)
register.filter(notice_pages.kind_label)
register.filter(notice_pages.kind_hint)
register.simple_tag(notice_pages.shown_notices)
register.simple_tag(proof_pages.provenance_facts)
register.simple_tag(proof_pages.how_we_know)
register.simple_tag(proof_pages.mark_in_short)
register.simple_tag(proof_pages.receipt_verdict)
register.simple_tag(script_words)
register.simple_tag(sharing.person_summary)
register.simple_tag(sharing.person_json)

# allauth's labels in this site's spelling. Our field template adds "(optional)".
_OUR_LABELS = {
    "Email": _("E-mail"),
    "Email (optional)": _("E-mail"),
    "Username": _("Name"),
    "Login": _("Name or e-mail"),
    "Current Password": _("Current password"),
    "New Password": _("New password"),
    "New Password (again)": _("New password, once more"),
    "Password (again)": _("Password, once more"),
    "Authenticator code": _("Code from the app"),
    "Passwordless": _("Sign in with it alone"),
}
_OUR_HELP = {
    "password1": _("At least 8 characters."),
    "passwordless": _("You then need no password; your device asks for your fingerprint, face or PIN instead."),
}


@register.filter
def our_label(label: object) -> str:
    return str(_our_labels(get_language() or settings.SOURCE_LANGUAGE).get(str(label), label))


@lru_cache
def _our_labels(language: str) -> dict[str, str]:
    """Return our labels by allauth's in this language: its forms translate theirs before we see them."""
    with override(language):
        ours = {theirs: str(label) for theirs, label in _OUR_LABELS.items()}
        plain = {gettext(theirs): label for theirs, label in ours.items()}
        return ours | plain | {pgettext("field label", theirs): label for theirs, label in ours.items()}


@register.filter(name="shown_device")
def shown_device_of(user_agent: str) -> str:
    """Return the device that sends this user agent, in the language of the page."""
    return shown_device(device_name(user_agent))


@register.filter
def error_lead(field: BoundField) -> str:
    """Return the label as it stands before an error: with a colon, unless it is a question."""
    label = our_label(field.label)
    return label if label.endswith("?") else f"{label}:"


@register.filter
def our_help(field: BoundField) -> str:
    """Return the help, in this site's words for allauth's fields; empty if an error says the same."""
    if field.help_text in field.errors:
        return ""
    return str(_OUR_HELP.get(field.name, field.help_text))


@register.filter
def control(field: BoundField) -> SafeString:
    """Render the widget without a placeholder, which would only repeat the label."""
    return field.as_widget(attrs={"placeholder": False})


@register.simple_tag
def max_picture_bytes() -> int:
    limit: int = settings.AVATAR_MAX_BYTES
    return limit


@register.simple_tag(takes_context=True)
def wanted_step(context: Mapping[str, HttpRequest]) -> str:
    """Return what a person is about to do on pages that ask for a proof first; "" if that is not known."""
    return step_of(context["request"].GET.get("next", "") or context["request"].POST.get("next", ""))


@register.simple_tag
def public_accounts(profile: Profile) -> list[PublicAccount]:
    """Return the accounts that this person shows, with their ENS names."""
    if not apps.is_installed("nft"):
        return []
    from nft.accounts import public

    return public.public_accounts(profile.user_id, timezone.now())


@register.simple_tag(takes_context=True)
def mark_wallet_page(context: Mapping[str, HttpRequest]) -> str:
    """Let wallets open windows of their own from this page. Return nothing to show."""
    from nft import middleware  # pages with wallets exist only if nft is installed

    middleware.mark_wallet_page(context["request"])
    return ""


@register.simple_tag
def next_steps(profile: Profile, shown: ShownPicture) -> list[NextStep]:
    """Return what this person may want to do next."""
    done = home_page.read_progress(profile, shown)
    return home_page.next_steps(done, profile.get_absolute_url(), with_tokens=apps.is_installed("nft"))


@register.simple_tag
def shown_note(profile: Profile, shown: ShownPicture) -> ShownNote:
    """Return what the owner of `shown` is told about it."""
    return picture_pages.shown_note(shown, has_chosen=profile.avatar_id is not None, on_loss=profile.on_loss)
