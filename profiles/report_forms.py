"""The forms of reports and appeals."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles.models import MAX_WORDS, Avatar, Reason, ReportCase
from profiles.reports.reporting import Complaint
from profiles.sources import get_source

Subject = ReportCase.Subject


class ReportForm(forms.Form):
    """What is reported and why. A guest may leave an address for the answer."""

    subject = forms.ChoiceField(label=_("What do you report?"), widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("Why?"), choices=Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        max_length=MAX_WORDS,
        required=False,
        label=_("Tell us more"),
        help_text=_("For stolen work, say where the original is."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.EmailField(
        required=False,
        label=_("Your e-mail address"),
        help_text=_("We write to it once, to tell you what we decided."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    seen = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self, data: object = None, *, avatar: Avatar | None, seen: str, is_guest: bool, first: str = ""
    ) -> None:
        """`avatar`: what the page shows. `first`: what was chosen by the link that led here."""
        choices = _choices(avatar)
        chosen = first if first in dict(choices) else choices[0][0]
        super().__init__(data, initial={"subject": chosen, "seen": seen})  # type: ignore[arg-type]
        self.fields["subject"] = forms.ChoiceField(
            label=_("What do you report?"), choices=choices, widget=forms.RadioSelect
        )
        if not is_guest:
            del self.fields["email"]

    def complaint(self) -> Complaint:
        """Return what a valid form says."""
        said = self.cleaned_data
        return Complaint(said["subject"], said["reason"], said["words"].strip(), said["seen"])


class AppealForm(forms.Form):
    words = forms.CharField(
        max_length=MAX_WORDS,
        label=_("Why should we look at it again?"),
        help_text=_("Up to 1,000 characters. You can appeal once."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


def _choices(avatar: Avatar | None) -> list[tuple[str, str]]:
    page = (Subject.PROFILE.value, str(Subject.PROFILE.label))
    if avatar is None:
        return [page]
    choices = [(Subject.PICTURE.value, str(Subject.PICTURE.label)), page]
    if avatar.reference:
        label = _("The %(source)s itself, whoever shows it") % {"source": get_source(avatar.source).label}
        choices.append((Subject.TOKEN.value, label))
    return choices
