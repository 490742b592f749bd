"""The forms of reports and appeals, and what is done with a valid report."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from profiles import settings
from profiles.errors import ExpectedError
from profiles.limits import networks_of_request
from profiles.models import MAX_WORDS, Avatar, Profile, Reason, ReportCase
from profiles.people.signed_in import own_profile
from profiles.reports.reporting import Complaint, Reporter, Thing, sign_seen, take_report
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


class ThingReportForm(ReportForm):
    """A report of what another app's page shows: there is nothing to choose but why."""

    def __init__(self, data: object = None, *, is_guest: bool) -> None:
        super().__init__(data, avatar=None, seen="", is_guest=is_guest)
        del self.fields["subject"], self.fields["seen"]

    def complaint_about(self, thing: Thing, avatar: Avatar | None) -> Complaint:
        """Return what a valid form says. `avatar`: the entry of a person's history that shows the same, if any."""
        said = self.cleaned_data
        return Complaint(Subject.TOKEN.value, said["reason"], said["words"].strip(), sign_seen(avatar), thing)


class AppealForm(forms.Form):
    words = forms.CharField(
        max_length=MAX_WORDS,
        label=_("Why should we look at it again?"),
        help_text=_("Up to 1,000 characters. You can appeal once."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


def may_report(request: HttpRequest) -> bool:
    """Return whether this visitor may report something: guests only where the operator allows it."""
    return request.user.is_authenticated or settings.current().guest_reports


def send_report(request: HttpRequest, profile: Profile, form: ReportForm, complaint: Complaint) -> ExpectedError | None:
    """Take the report of a valid form, and thank for it. Return why it was refused, which the form says then."""
    own = own_profile(request) if request.user.is_authenticated else None
    email = form.cleaned_data.get("email", "")
    reporter = Reporter(own, networks_of_request(request), email, get_language() or "")
    try:
        take_report(profile, complaint, reporter, timezone.now())
    except ExpectedError as error:
        form.add_error(None, error.sentence)
        return error
    is_answered = own is not None or email
    thanks = _("Thank you. Our team looks at it, and you hear what we decide.") if is_answered else ""
    messages.success(request, thanks or _("Thank you. Our team looks at it."))
    return None


def _choices(avatar: Avatar | None) -> list[tuple[str, str]]:
    page = (Subject.PROFILE.value, str(Subject.PROFILE.label))
    if avatar is None:
        return [page]
    choices = [(Subject.PICTURE.value, str(Subject.PICTURE.label)), page]
    if avatar.reference:
        label = _("The %(source)s itself, whoever shows it") % {"source": get_source(avatar.source).label}
        choices.append((Subject.TOKEN.value, label))
    return choices
