"""The forms of pictures: the file or address, the cut, the description. They parse; `pictures` decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from profiles import settings
from profiles.images.errors import ImageRefused
from profiles.images.formats import UPLOAD_NAMES
from profiles.images.orientation import turn_of
from profiles.images.picture import MAX_ANGLE, MIDDLE, Crop, Edit
from profiles.sentences import gettext
from profiles.sources import can_fetch_pictures

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AltTextForm(forms.Form):
    alt_text = forms.CharField(
        max_length=300,
        required=False,
        label=_("Describe the picture"),
        help_text=_("Read out to people who can't see it."),
        error_messages={"max_length": _("A description may have up to 300 characters.")},
    )


def _fraction_field(label: StrOrPromise, initial: str, choices: dict[str, StrOrPromise]) -> forms.FloatField:
    """Return a field for a number that a script chooses freely, and a person from a list."""
    wrong = {"invalid": _("The part to show is given in numbers from 0 to 1.")}
    widget = forms.Select(choices=list(choices.items()))
    return forms.FloatField(label=label, required=False, initial=initial, widget=widget, error_messages=wrong)


class CropForm(forms.Form):
    """How to turn a picture, and the square of it to show: an `Edit` as lists, which `js/cropper.js` replaces."""

    crop_turn = forms.IntegerField(
        label=_("Turn"),
        required=False,
        initial=0,
        min_value=0,
        max_value=3,
        widget=forms.Select(
            choices=[(0, _("As it is")), (1, _("To the right")), (2, _("Upside down")), (3, _("To the left"))]
        ),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("A picture is turned by 0 to 3 quarters.")
        ),
    )
    crop_mirror = forms.BooleanField(label=_("Mirror it"), required=False)
    crop_x = _fraction_field(_("From left to right"), "0.5", {"0": _("Left"), "0.5": _("Middle"), "1": _("Right")})
    crop_y = _fraction_field(_("From top to bottom"), "0.5", {"0": _("Top"), "0.5": _("Middle"), "1": _("Bottom")})
    crop_size = _fraction_field(
        _("How much"),
        "1",
        {
            "1": _("As much as fits"),
            "0.75": _("Three quarters of it"),
            "0.5": _("Half of it"),
            "0.33": _("A third of it"),
        },
    )

    crop_angle = forms.FloatField(
        label=_("Straighten, in degrees"),
        required=False,
        initial=0,
        widget=forms.NumberInput(attrs={"min": -MAX_ANGLE, "max": MAX_ANGLE, "step": "any"}),
        error_messages={"invalid": _("Give degrees from -15 to 15.")},
    )

    def clean(self) -> dict[str, object]:
        said = {name: self.cleaned_data.get(f"crop_{name}") for name in ("x", "y", "size")}
        numbers = {name: getattr(MIDDLE, name) if number is None else number for name, number in said.items()}
        turn = turn_of(self.cleaned_data.get("crop_turn") or 0, is_mirrored=bool(self.cleaned_data.get("crop_mirror")))
        try:
            edit = Edit(Crop(**numbers), turn, angle=self.cleaned_data.get("crop_angle") or 0)
        except ImageRefused as refusal:
            raise forms.ValidationError(refusal.sentence, code="bad_crop") from refusal
        self.cleaned_data["edit"] = edit
        return self.cleaned_data

    def crop_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("crop_turn", "crop_x", "crop_y", "crop_size", "crop_angle")]


class FinishForm(AltTextForm, CropForm):
    """What describes an upload besides its bytes."""

    drops_rest = forms.BooleanField(
        label=_("Delete what I cut off"),
        required=False,
        help_text=_("If not, the whole picture stays, for you alone."),
    )

    def clean(self) -> dict[str, object]:
        super().clean()
        if self.cleaned_data["drops_rest"]:
            self.cleaned_data["edit"] = replace(self.cleaned_data["edit"], keeps_rest=False)
        return self.cleaned_data


class FetchForm(forms.Form):
    address = forms.CharField(
        label=_("Web address of a picture"),
        max_length=2048,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "spellcheck": "false"}),
    )


class UploadForm(FinishForm):
    content = forms.FileField(
        label=_("Picture file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
        allow_empty_file=True,
    )
    address = forms.CharField(
        label=FetchForm.base_fields["address"].label,
        required=False,
        max_length=2048,
        widget=FetchForm.base_fields["address"].widget,
    )
    field_order = ["content", "address", "alt_text"]

    def __init__(
        self, data: Mapping[str, object] | None = None, files: MultiValueDict[str, UploadedFile[bytes]] | None = None
    ) -> None:
        super().__init__(data, files)
        self.fields["content"].help_text = gettext(
            "%(upload_names)s, up to %(upload_limit)s.", upload_names=gettext(UPLOAD_NAMES), upload_limit=upload_limit()
        )
        if not can_fetch_pictures():
            del self.fields["address"]

    def clean_content(self) -> UploadedFile[bytes] | None:
        """Check the size only: empty and odd files go on to the decoder, which knows the reason."""
        file: UploadedFile[bytes] | None = self.cleaned_data["content"]
        if file is None:
            self._check_address()
        if file is not None and (file.size or 0) > settings.current().upload_max_bytes:
            raise forms.ValidationError(too_large(file.size or 0), code="too_many_bytes")
        return file

    def _check_address(self) -> None:
        """Raise ValidationError unless there is an address to fetch the picture from."""
        if not str(self.data.get("address", "")).strip():
            raise forms.ValidationError(_("Choose a picture first."), code="required")
        if "address" not in self.fields:
            sentence = _("This site takes no pictures from web addresses. Save the picture, then choose the file.")
            raise forms.ValidationError(sentence, code="no_fetcher")


def upload_limit() -> str:
    """Return the largest upload, for people."""
    return filesizeformat(settings.current().upload_max_bytes)


def too_large(size: int) -> str:
    return gettext(
        "This file has %(size)s. Pictures may have up to %(upload_limit)s.",
        size=filesizeformat(size),
        upload_limit=upload_limit(),
    )
