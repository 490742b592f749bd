"""The form that names the receiver of a token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from nft.core.evm.ens import MAX_NAME_CHARACTERS

MOST_COPIES = 2**256 - 1
"""The most that a contract can count (uint256)."""


class TransferForm(forms.Form):
    to = forms.CharField(
        label=_lazy("To whom?"),
        max_length=MAX_NAME_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    amount = forms.IntegerField(label=_lazy("How many?"), min_value=1, initial=1)

    def __init__(self, *args: Any, reads_names: bool, copies: int | None = 1, **kwargs: Any) -> None:
        """`copies`: how many the account holds, None if that is not known. Several are asked about."""
        super().__init__(*args, **kwargs)
        self.fields["to"].help_text = (
            _("An address, an ENS name, or the handle of somebody here.")
            if reads_names
            else _("An address, or the handle of somebody here.")
        )
        amount = self.fields["amount"]
        if copies == 1:
            del self.fields["amount"]
        elif copies is None:
            sentence = _("That is more than a contract can count.")
            amount.validators.append(MaxValueValidator(MOST_COPIES, sentence))
        else:
            amount.validators.append(MaxValueValidator(copies, _("You have %(limit_value)s.")))
            amount.help_text = _("You have %(count)s.") % {"count": copies}

    @property
    def copies(self) -> int:
        """Return how many copies are sent, by a valid form."""
        return int(self.cleaned_data.get("amount") or 1)
