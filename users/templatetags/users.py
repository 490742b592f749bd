"""What pages about signing in need: allauth's forms in this site's words, names of browsers, and the wanted step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import get_language, gettext, override, pgettext
from django.utils.translation import gettext_lazy as _

from users.devices import device_name, shown_device
from users.names import sign_in_name
from users.proof import step_of

register = template.Library()
register.filter(sign_in_name)

# allauth's labels in this site's spelling. The field template adds "(optional)".
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
def in_our_words(form: BaseForm) -> BaseForm:
    """Give the fields of one of allauth's forms our labels and help, and return the form."""
    for field in form:
        field.label = our_label(field.label)
        field.help_text = str(_OUR_HELP.get(field.name, field.help_text))
    return form


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


@register.simple_tag(takes_context=True)
def wanted_step(context: Mapping[str, HttpRequest]) -> str:
    """Return what a person is about to do on pages that ask for a proof first; "" if that is not known."""
    return step_of(context["request"].GET.get("next", "") or context["request"].POST.get("next", ""))
