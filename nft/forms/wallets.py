"""Parse what people and programs send about accounts."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from nft.accounts.challenges import Wanted
from nft.accounts.errors import BAD_ADDRESS, MALFORMED_REQUEST, AccountError
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.models import SignInChallenge
from profiles.sentences import gettext as _

LABEL_LENGTH = 40  # of LinkedAccount.label


class AccountForm(forms.Form):
    label = forms.CharField(max_length=LABEL_LENGTH, required=False)
    is_public = forms.BooleanField(required=False)

    def clean_label(self) -> str:
        """Refuse invisible characters, which could make a label read as something else."""
        label = unicodedata.normalize("NFC", self.cleaned_data["label"])
        if any(unicodedata.category(character)[0] == "C" for character in label):
            raise ValidationError(_("A label can't hold invisible or control characters."))
        return label


def read_wanted(content: dict[str, Any]) -> Wanted:
    """Parse the JSON of a challenge request. Raise AccountError of the kind BAD_ADDRESS or MALFORMED_REQUEST."""
    address, chain_id, purpose = (content.get(name) for name in ("address", "chain_id", "purpose"))
    if not isinstance(chain_id, int) or isinstance(chain_id, bool):
        raise AccountError(_("“chain_id” must be given, as a whole number."), MALFORMED_REQUEST)
    if purpose not in SignInChallenge.Purpose.values:
        names = ", ".join(f"“{name}”" for name in SignInChallenge.Purpose.values)
        raise AccountError(_("“purpose” must be one of %(names)s.", names=names), MALFORMED_REQUEST)
    may_have_code = content.get("may_have_code") is True
    return Wanted(read_address(address), chain_id, SignInChallenge.Purpose(purpose), may_have_code=may_have_code)


def read_address(text: object) -> bytes:
    """Parse an address. Raise AccountError of the kind BAD_ADDRESS."""
    if not isinstance(text, str):
        raise AccountError(_("“address” must be given, as text."), BAD_ADDRESS)
    try:
        return parse_address(text)
    except InvalidIdentifier as error:
        raise AccountError(error.sentence, BAD_ADDRESS) from error
