"""The forms of webhooks. They parse; `profiles.people.webhook_endpoints` decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles.people.webhook_endpoints import MAX_URL
from profiles.sentences import gettext
from profiles.webhooks.events import get_event_types


class EventsForm(forms.Form):
    """Which events an endpoint gets."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(each.name, gettext(each.label)) for each in get_event_types()]
        self.fields["events"] = forms.MultipleChoiceField(
            label=_("Events"),
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            initial=[name for name, _label in choices],
            error_messages={"required": _("Choose at least one event.")},
        )


class AddressForm(forms.Form):
    """Where events are to be posted."""

    url = forms.CharField(
        max_length=MAX_URL,
        label=_("Address"),
        help_text=_("Where your program waits, such as https://example.org/hooks."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class EndpointForm(AddressForm, EventsForm):
    """An endpoint: its address and its events."""


class SiteEndpointForm(EndpointForm):
    """Where everybody's events are to be posted, and why."""

    reason = forms.CharField(max_length=300, label=_("Reason"), help_text=_("Why. It stands in the audit."))
