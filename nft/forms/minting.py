"""The form of a mint."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from nft.minting.errors import TextRefused
from nft.minting.requests import DESCRIPTION_CHARACTERS, NAME_CHARACTERS, MintOrder, parse_line
from nft.minting.sponsor import Offer
from nft.models import LinkedAccount
from profiles import settings as profiles_settings
from profiles.models import Avatar
from profiles.pictures.history import shown_bytes

SITE, WALLET = "site", "wallet"


class MintForm(forms.Form):
    image = forms.FileField(label="Picture", widget=forms.ClearableFileInput(attrs={"accept": "image/*"}))
    name = forms.CharField(label="Name", max_length=NAME_CHARACTERS)
    description = forms.CharField(
        label="Description",
        max_length=DESCRIPTION_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    account = forms.TypedChoiceField(label="Recipient account", coerce=uuid.UUID)
    payer = forms.ChoiceField(label="Who pays the network?", widget=forms.RadioSelect, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        accounts: Sequence[LinkedAccount],
        offer: Offer | None,
        chosen: Avatar | None = None,
        **kwargs: Any,
    ) -> None:
        """`offer` is what the site pays for this person, None if it pays for nobody.

        `chosen` is a picture of the person's that is minted if they send no other.
        """
        self.accounts, self.chosen = accounts, chosen
        super().__init__(*args, **kwargs)
        self.fields["image"].required = chosen is None
        self._offer_payment(offer)
        field = self.fields["account"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [(str(account.pk), _named(account)) for account in accounts]
        self.fields["key"].initial = uuid.uuid4

    def _offer_payment(self, offer: Offer | None) -> None:
        if offer is None:
            del self.fields["payer"]
            return
        field = self.fields["payer"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [(SITE, "The site pays"), (WALLET, "I pay from my wallet")]
        field.initial, field.help_text = (SITE, _left(offer.left)) if offer.left else (WALLET, offer.sentence)

    def clean_image(self) -> UploadedFile[Any] | None:
        image: UploadedFile[Any] | None = self.cleaned_data["image"]
        if image is None:
            return None
        if image.size is None or image.size > profiles_settings.current().upload_max_bytes:
            raise ValidationError(too_large())
        return image

    def clean_name(self) -> str:
        return _checked("name", self.cleaned_data["name"], 1, NAME_CHARACTERS)

    def clean_description(self) -> str:
        return _checked("description", self.cleaned_data["description"], 0, DESCRIPTION_CHARACTERS)

    def order(self) -> MintOrder:
        """Return the order of a valid form. Raise StorageError if the chosen picture can't be read."""
        data = self.cleaned_data
        return MintOrder(
            data["image"].read() if self.chosen is None or data["image"] else shown_bytes(self.chosen),
            data["name"],
            data["description"],
            data["account"],
            str(data["key"]),
            is_sponsored=data.get("payer") == SITE,
        )


def _left(count: int) -> str:
    tokens = "one more token" if count == 1 else f"{count} more tokens"
    return f"The site pays for {tokens} of yours today. You then sign nothing, and the token is yours all the same."


def too_large() -> str:
    return f"The picture is larger than the limit of {filesizeformat(profiles_settings.current().upload_max_bytes)}."


def _checked(field: str, text: str, low: int, high: int) -> str:
    try:
        return parse_line(field, text, low, high)
    except TextRefused as error:
        raise ValidationError(error.sentence) from error


def _named(account: LinkedAccount) -> str:
    return f"{account.label} ({account.address_text})" if account.label else account.address_text
