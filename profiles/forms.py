"""The forms. They parse; `people` and `pictures` decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from profiles import settings
from profiles.models import Notice, Profile, is_neutral_handle
from profiles.models.display import get_policies, resolve_policy
from profiles.notices.choices import CHANNELS, SITE, is_wanted
from profiles.notices.kinds import RULES, get_kinds
from profiles.people.api_tokens import TokenRequest
from profiles.people.handles import suggest_handle
from profiles.people.links import LinkError, parse_links
from profiles.people.profiles import ProfileText
from profiles.scopes import READ, Scope, get_scopes, parse_scopes
from profiles.serving.snippets import FORMATS, SIZES


class _HandleField(forms.CharField):
    """A handle as people type it: "Lena.Mueller" means lena-mueller. The page asks whether it is free meanwhile."""

    def __init__(self) -> None:
        attrs = {"autocapitalize": "none", "autocomplete": "nickname", "spellcheck": "false", "data-handle": ""}
        help_text = _("2 to 30 characters: a-z, 0-9, - or _")
        super().__init__(max_length=60, label=_("Handle"), help_text=help_text, widget=forms.TextInput(attrs=attrs))

    def clean(self, value: str) -> str:
        typed = str(super().clean(value))
        return suggest_handle(typed) or typed


class HandleForm(forms.Form):
    """What a newcomer is called."""

    handle = _HandleField()
    display_name = forms.CharField(
        max_length=60,
        required=False,
        label=_("Name"),
        help_text=_("Shown instead of your handle."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    @classmethod
    def of(cls, profile: Profile) -> HandleForm:
        handle = "" if is_neutral_handle(profile.handle) else profile.handle
        return cls(initial={"handle": handle, "display_name": profile.display_name})

    def text(self, profile: Profile) -> ProfileText:
        """Return the texts of `profile` as a valid form changes them."""
        return replace(ProfileText.of(profile), **self.cleaned_data)


class ProfileForm(HandleForm):
    pronouns = forms.CharField(max_length=40, required=False, label=_("Pronouns"), help_text=_("Such as she/her."))
    bio = forms.CharField(
        max_length=280,
        required=False,
        label=_("About you"),
        help_text=_("Up to 280 characters. Web addresses become links."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    links = forms.CharField(
        required=False,
        label=_("Links"),
        help_text=_("Your pages elsewhere, one a line, up to 5."),
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "url", "spellcheck": "false"}),
    )
    is_found_by_email = forms.BooleanField(
        required=False,
        label=_("Let sites that know my e-mail address show my picture"),
        help_text=_(
            "As with Gravatar and Libravatar: they ask by a code made of an address you confirmed here. "
            "Who knows the address can then tell that you have an account."
        ),
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)
        if not settings.knows_addresses():
            del self.fields["is_found_by_email"]

    @classmethod
    def of(cls, profile: Profile) -> ProfileForm:
        words = {name: getattr(profile, name) for name in cls.base_fields}
        return cls(initial=words | {"links": "\n".join(profile.links)})

    def clean_links(self) -> tuple[str, ...]:
        try:
            return parse_links(self.cleaned_data["links"])
        except LinkError as error:
            raise forms.ValidationError(error.sentence, code=error.slug) from error

    def text(self, profile: Profile) -> ProfileText:
        words = {name: value for name, value in self.cleaned_data.items() if name != "is_found_by_email"}
        return replace(ProfileText.of(profile), **words)


class LossForm(forms.Form):
    """A person's policy for pictures whose right is lost."""

    on_loss = forms.ChoiceField(widget=forms.RadioSelect, label=_("What others see then"))
    returns_by_itself = forms.BooleanField(
        required=False,
        label=_("If it comes back, show it again without asking"),
        help_text=_("Unless you have chosen another picture since. Without this we only offer it to you."),
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["on_loss"] = forms.ChoiceField(
            choices=[(policy.value, policy.label) for policy in get_policies()],
            widget=forms.RadioSelect,
            label=self.base_fields["on_loss"].label,
        )

    @classmethod
    def of(cls, profile: Profile) -> LossForm:
        on_loss = resolve_policy(profile.on_loss).value
        return cls(initial={"on_loss": on_loss, "returns_by_itself": profile.returns_by_itself})


class NoticesForm(forms.Form):
    """Which notices a person wants on the site and by mail: a box for each kind that can be switched off."""

    def __init__(self, profile: Profile, data: Mapping[str, object] | None = None) -> None:
        super().__init__(data)
        self.channels = CHANNELS if settings.knows_addresses() else (SITE,)
        self.optional = [kind for kind in get_kinds() if not RULES[kind].is_required]
        self.required = [kind for kind in get_kinds() if RULES[kind].is_required]
        for kind, channel in product(self.optional, self.channels):
            initial = is_wanted(profile, kind, channel)
            self.fields[f"{kind}.{channel}"] = forms.BooleanField(required=False, initial=initial)

    @property
    def rows(self) -> list[tuple[Notice.Kind, list[tuple[str, forms.BoundField]]]]:
        """Return the kinds, each with its boxes by channel."""
        return [(kind, [(name, self[f"{kind}.{name}"]) for name in self.channels]) for kind in self.optional]

    @property
    def choices(self) -> dict[tuple[Notice.Kind, str], bool]:
        wanted = self.cleaned_data
        return {(kind, name): wanted[f"{kind}.{name}"] for kind, name in product(self.optional, self.channels)}


class ModerationForm(forms.Form):
    reason = forms.CharField(max_length=300, help_text=_("The person will read it."))


SHAPE_LABELS = {"circle": _("Circle"), "rounded": _("Rounded"), "square": _("Square")}


class UseForm(forms.Form):
    """How somebody wants to show a picture elsewhere. What is missing or unknown is what the field begins with."""

    size = forms.TypedChoiceField(
        coerce=int, choices=[(size, format_lazy(_("{size} pixels"), size=size)) for size in SIZES], initial=SIZES[1]
    )
    shape = forms.ChoiceField(choices=list(SHAPE_LABELS.items()), initial="circle")
    suffix = forms.ChoiceField(
        label=_("Format"),
        required=False,
        initial="",
        choices=[(suffix, suffix.upper() or _("Best for each browser")) for suffix in FORMATS],
    )

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> UseForm:
        """Return a valid form of what an address asks for."""
        form = cls(asked)
        if form.is_valid():
            return form
        begins = {name: field.initial for name, field in form.fields.items()}
        form = cls(begins | {name: asked[name] for name in begins if name in asked and name not in form.errors})
        form.full_clean()
        return form


def first_error(form: forms.Form) -> str:
    """Return the first error of a form that is not valid."""
    return next(str(error) for errors in form.errors.values() for error in errors)


_DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("A year"), "": _("Until I revoke it")}


class TokenForm(forms.Form):
    name = forms.CharField(max_length=60, help_text=_("To tell it apart from others, such as “Backup script”."))
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=lambda: [(scope.name, scope.label) for scope in get_scopes()],
        widget=forms.CheckboxSelectMultiple,
        initial=[READ.name],
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )
    days = forms.ChoiceField(label=_("It works for"), choices=list(_DAYS.items()), required=False, initial="90")

    def token_request(self, now: datetime) -> TokenRequest:
        """Return what a valid form asks for."""
        days = self.cleaned_data["days"]
        scopes = parse_scopes(" ".join(self.cleaned_data["scopes"]))
        return TokenRequest(self.cleaned_data["name"], scopes, now + timedelta(days=int(days)) if days else None)


def scope_labels(scopes: frozenset[Scope]) -> list[str]:
    return [scope.label for scope in get_scopes() if scope in scopes]
