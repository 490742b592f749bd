"""The form of a mint."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from nft.minting.drafts import DESCRIPTION_CHARACTERS, NAME_CHARACTERS, MintOrder, parse_line
from nft.minting.errors import TextRefused
from nft.minting.sponsor import Offer
from nft.models import LinkedAccount, MintRequest
from profiles import settings as profiles_settings
from profiles.models import Avatar
from profiles.pictures.history import shown_bytes

SITE, WALLET = "site", "wallet"


@dataclass(frozen=True)
class Wallets:
    """The accounts that may get the token, and what the site pays for their person, None if it pays for nobody."""

    accounts: Sequence[LinkedAccount]
    offer: Offer | None


class MintForm(forms.Form):
    image = forms.FileField(label=_lazy("Picture"), widget=forms.ClearableFileInput(attrs={"accept": "image/*"}))
    name = forms.CharField(label=_lazy("Name"), max_length=NAME_CHARACTERS)
    description = forms.CharField(
        label=_lazy("Description"),
        max_length=DESCRIPTION_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    account = forms.TypedChoiceField(label=_lazy("Which wallet gets it?"), coerce=uuid.UUID)
    payer = forms.ChoiceField(label=_lazy("Network fee"), widget=forms.RadioSelect, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        wallets: Wallets,
        draft: MintRequest | None = None,
        chosen: Avatar | None = None,
        **kwargs: Any,
    ) -> None:
        """`draft` has what was entered before, and its picture: it need not be chosen again.

        `chosen` is a picture of the person's that is minted if they send no other.
        """
        self.accounts, self.chosen = wallets.accounts, chosen
        kwargs["initial"] = {"key": uuid.uuid4()} if draft is None else _initial(draft, wallets)
        super().__init__(*args, **kwargs)
        self.fields["image"].required = chosen is None and (draft is None or draft.picture_id is None)
        self._offer_payment(wallets.offer)
        field = self.fields["account"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [(str(account.pk), _named(account)) for account in self.accounts]
        if len(self.accounts) == 1:
            field.widget = forms.HiddenInput()
            field.initial = self.accounts[0].pk

    def _offer_payment(self, offer: Offer | None) -> None:
        if offer is None:
            del self.fields["payer"]
            return
        field = self.fields["payer"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # tells the type checker
        free = _("Free (%(count)s left today)") % {"count": offer.left}
        field.choices = [(SITE, free), (WALLET, _("I pay"))]
        field.initial, field.help_text = (SITE, "") if offer.left else (WALLET, offer.sentence)

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

    def read_image(self) -> bytes | None:
        """Return the chosen file; None if there is none or it was refused."""
        image = self.cleaned_data.get("image")
        return image.read() if image else None

    @property
    def draft_key(self) -> str:
        """Return what names the draft of this form, once the form was validated; empty if somebody changed it."""
        return str(self.cleaned_data.get("key") or "")

    def order(self) -> MintOrder:
        """Return the order of a valid form. Raise StorageError if the chosen picture can't be read."""
        data, image = self.cleaned_data, self.read_image()
        if image is None and self.chosen is not None:
            image = shown_bytes(self.chosen)
        return MintOrder(
            image,
            data["name"],
            data["description"],
            data["account"],
            str(data["key"]),
            is_sponsored=data.get("payer") == SITE,
        )


def _initial(draft: MintRequest, wallets: Wallets) -> dict[str, Any]:
    """Return what was entered before. A wallet that was unlinked since leaves the choice to the field."""
    initial = {
        "name": draft.name,
        "description": draft.description,
        "payer": WALLET if draft.sponsor is None else SITE,
        "key": draft.idempotency_key,
    }
    is_linked = any(account.pk == draft.account_id for account in wallets.accounts)
    return initial | ({"account": draft.account_id} if is_linked else {})


def too_large() -> str:
    limit = filesizeformat(profiles_settings.current().upload_max_bytes)
    return _("The picture is larger than the limit of %(limit)s.") % {"limit": limit}


def _checked(field: str, text: str, low: int, high: int) -> str:
    try:
        return parse_line(field, text, low, high)
    except TextRefused as error:
        raise ValidationError(error.sentence) from error


def _named(account: LinkedAccount) -> str:
    return f"{account.label} ({account.address_text})" if account.label else account.address_text
